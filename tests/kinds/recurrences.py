"""Recurrences: how one is made, and how their events come about."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

from models.actor import Actor
from models.events import recurrences as events
from models.firm.account_roles import AccountRole
from models.ids import Kind, encode
from models.recurrences.changed import adjust_occurrence
from models.recurrences.recurrences import (
    create_recurrence,
    delete_recurrence,
    end_recurrence,
    include_recurrence_accounts,
    split_recurrence,
    update_recurrence,
)
from models.rows import Firm, Job, Pipeline, Recurrence, RecurrenceAccount, Stage
from models.rows.recurrences import Frequency
from models.templates.relative_dates import Anchor, RelativeDate
from models.templates.templates import Template
from tests.kinds import account_roles, templates
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot, of_team
from tests.world import World

#: The day that all are counted from.
FIRST = date(2020, 1, 1)


@cache
def today() -> date:
    """A day of which nothing has been made, neither where the firms are nor in UTC. One for all firms of a process:
    those that are compared may be made before and after midnight."""
    return datetime.now(UTC).date()


async def _role(actor: Actor, spot: Spot) -> UUID:
    """A role that everybody sees: there is one, however many recurrences are made."""
    found = await AccountRole.filter(firm_id=actor.firm_id).order_by("id").first()
    return (
        await account_roles.make_loose(actor, (await Firm.get(id=actor.firm_id)).name, spot)
        if found is None
        else found.id
    )


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One for the account."""
    return await _make(actor, word, spot, [spot.account])


async def make_for_nobody(actor: Actor, word: str, spot: Spot) -> UUID:
    """One for no account."""
    return await _make(actor, f"{word} loose", spot, [])


async def _make(actor: Actor, word: str, spot: Spot, accounts: list[UUID]) -> UUID:
    """One for accounts, in the pipeline of the spot's job or the firm's first one, on every day, at its end."""
    if spot.job is not None:
        pipeline_id = (await Job.get(id=spot.job)).pipeline_id
    else:
        pipeline = await Pipeline.filter(firm_id=actor.firm_id).order_by("id").first()
        assert pipeline is not None
        pipeline_id = pipeline.id
    stage = await Stage.filter(pipeline_id=pipeline_id).order_by("position").first()
    assert stage is not None
    made = await create_recurrence(
        actor,
        name=f"{word} recurrence",
        pipeline_id=pipeline_id,
        stage_id=stage.id,
        frequency=Frequency.DAILY,
        first_day=FIRST,
        time_of_day="23:59",
        job_name=f"{word} [CURRENT_DATE]",
        job_due_date=RelativeDate(Anchor.CREATED, 10),
        assignee_ids=[await of_team(spot, actor)],
        assignee_role_ids=[await _role(actor, spot)],
    )
    recurrence = made.value.id
    # Also archived ones: they have been archived since.
    await RecurrenceAccount.bulk_create(
        [RecurrenceAccount(recurrence_id=recurrence, account_id=account) for account in accounts]
    )
    return recurrence


async def make_template(actor: Actor, word: str, spot: Spot) -> UUID:
    """A template that jobs of one are made of."""
    return await templates.make_job(actor, f"{word} recurring", spot)


async def make_of_template(actor: Actor, word: str, spot: Spot) -> UUID:
    """One whose jobs are made of it."""
    recurrence = await _make(actor, f"{word} templated", spot, [])
    template = await Template.filter(firm_id=actor.firm_id, name=f"{word} recurring template").first()
    assert template is not None
    await Recurrence.filter(id=recurrence).update(template_id=template.id, of_template=True)
    return recurrence


async def make_late(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of which three days have not been made."""
    recurrence = await _make(actor, f"{word} late", spot, [])
    await Recurrence.filter(id=recurrence).update(next_day=today() - timedelta(3))
    return recurrence


async def _accounts(recurrence: Recurrence) -> set[str]:
    found = await RecurrenceAccount.filter(recurrence_id=recurrence.id).values_list("account_id", flat=True)
    return {encode(Kind.ACCOUNT, id) for id in found}


SPECIMENS = Specimens(
    kind=Kind.RECURRENCE,
    make=make,
    hidden_with=frozenset({"pipeline"}),
    not_any_more={"updateRecurrence": ["UPDATE recurrence SET job_name = ' ' WHERE id = $1"]},
    facts={"account": _accounts},
    further={
        "template of recurrences": make_template,
        "recurrence of a template": make_of_template,
        "recurrence for nobody": make_for_nobody,
        "late recurrence": make_late,
    },
    chosen={
        "includeRecurrenceAccounts.recurrenceId": "recurrence for nobody",
        "recurrences.template": "template of recurrences",
        "splitRecurrence.recurrenceId": "late recurrence",
    }
    | {
        f"{mutation}.{field}": thing
        for mutation in ("createRecurrence", "updateRecurrence", "splitRecurrence")
        for field, thing in (("templateId", "template of jobs"), ("stageId", "second stage"))
    },
)


async def _one(world: World) -> UUID:
    return await make(owner_of(world), "Usual", Spot(world.account.id, (await world.job()).id))


@causes(events.RecurrenceCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    recurrence = await _one(world)
    await split_recurrence(owner_of(world), recurrence_id=recurrence, day=today() + timedelta(9), job_name="Others")


@causes(events.RecurrenceUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    recurrence = await _one(world)
    yield
    owner = owner_of(world)
    await update_recurrence(owner, recurrence_id=recurrence, name="Renamed", days_ahead=3, assignee_ids=[])


@causes(events.RecurrenceAccountsChanged)
async def accounts_changed(world: World) -> AsyncIterator[None]:
    recurrence, other = await _one(world), await world.new_account("Another")
    yield
    await include_recurrence_accounts(owner_of(world), recurrence_id=recurrence, account_ids=[other.id])


@causes(events.RecurrenceOccurrenceChanged)
async def occurrence_changed(world: World) -> AsyncIterator[None]:
    recurrence = await _one(world)
    yield
    await adjust_occurrence(owner_of(world), recurrence_id=recurrence, day=today(), skipped=True)


@causes(events.RecurrenceEnded)
async def ended(world: World) -> AsyncIterator[None]:
    recurrence = await _one(world)
    yield
    await end_recurrence(owner_of(world), recurrence_id=recurrence)


@causes(events.RecurrenceDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    recurrence = await _one(world)
    yield
    await delete_recurrence(owner_of(world), recurrence_id=recurrence)
