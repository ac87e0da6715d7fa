"""Setting up the demo firms: everything but their jobs, each step by the command that a member would use."""

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from demo.clients import CLIENTS, CONTACTS, OTHER_CLIENTS, ROLES, TAGS, TITLES
from demo.people import (
    DAYS_OFF,
    EMPLOYEES,
    FIRM,
    OTHER_FIRM,
    OTHER_OWNER,
    OWNER,
    PASSWORD,
    TEAM,
    TIME_ZONE,
    Person,
    found,
)
from demo.pipelines import ALL_CARD_FIELDS, CUSTOM_STATUSES, OTHER_SERVICE, SERVICES, Service
from models import clock
from models.actor import Actor
from models.commands.accounts import create_account
from models.commands.firm import update_firm
from models.commands.firms import create_firm
from models.commands.members import create_member
from models.commands.pipelines import create_pipeline
from models.commands.stages import update_stage
from models.commands.statuses import create_status
from models.commands.tags import create_tag
from models.firm.absences import add_absence
from models.firm.account_contacts import link_contact
from models.firm.account_roles import create_account_role, set_account_role_holders
from models.firm.contacts import create_contact
from models.ids import Kind
from models.partitions import Busy, make_partitions
from models.scope import Scope
from models.seen import Account, AccountType, Firm, Job, Member, Pipeline, Stage, Status, Tag, Weekday, named
from models.words import words_of

#: How long a firm has been there when it is made: longer than what its jobs have behind them (`demo/past.py`).
FOUNDED = timedelta(days=190)


@dataclass(frozen=True, slots=True)
class DemoFirm:
    """A firm that is set up, and its owner as the actor of what follows."""

    owner: Actor
    services: Sequence[Service]
    #: The owner when the firm was founded, before all that its jobs have behind them.
    founder: Actor

    @property
    def scope(self) -> Scope:
        """What the owner sees: everything."""
        return Scope.whole(self.owner.firm_id)


async def demo_firm() -> DemoFirm:
    """The firm with a full team, made if it is not there."""
    firm = await _firm(FIRM, OWNER, SERVICES)
    if not await _has_jobs(firm):
        await _set_up(firm, TEAM, TAGS, CLIENTS)
    return firm


async def other_firm() -> DemoFirm:
    """The firm beside it, which neither sees nor is seen by the first; made if it is not there."""
    firm = await _firm(OTHER_FIRM, OTHER_OWNER, (OTHER_SERVICE,))
    if not await _has_jobs(firm):
        await _set_up(firm, (), {}, OTHER_CLIENTS)
    return firm


async def _firm(name: str, person: Person, services: Sequence[Service]) -> DemoFirm:
    owner = await found(person)
    if owner is None:
        await _found(name, person)
        owner = await found(person)
        assert owner is not None
    acting = Actor.member(owner.scope.firm_id, owner.member_id)
    since = (await owner.scope.rows(Firm).get(owner.scope.firm_id)).created_at
    return DemoFirm(acting, services, acting.acting_at(since))


async def _found(name: str, person: Person) -> None:
    since = clock.now() - FOUNDED
    await _make_months(since)
    await create_firm(
        name=name,
        owner_email=person.email,
        owner_name=person.name,
        password=PASSWORD,
        time_zone=TIME_ZONE,
        at=since,
    )


async def _make_months(since: datetime) -> None:
    """See to it that the log has partitions for what is past."""
    with suppress(Busy):  # Then the default one takes it: nothing is refused for want of a partition.
        while since < clock.now():
            await make_partitions(since)
            since += timedelta(days=28)


async def _has_jobs(firm: DemoFirm) -> bool:
    return await firm.scope.rows(Job).where().exists()


async def _set_up(
    firm: DemoFirm, team: Sequence[Person], tags: Mapping[str, str], clients: Mapping[str, AccountType]
) -> None:
    """Make what is missing, so that a set-up that was cut short is finished by the next one. Jobs come last: a firm
    that has any is whole, and what its people have renamed or deleted since is left as they want it."""
    await update_firm(firm.founder, country="US", region="NY", week_start=Weekday.SUNDAY)
    members = await _hire(firm, team)
    await _add_absences(firm, members)
    tag_ids = await _add_tags(firm, tags)
    await _add_clients(firm, clients, tag_ids, members)
    await _give_roles(firm, members)
    await _add_contacts(firm)
    await _add_pipelines(firm, members)


async def _hire(firm: DemoFirm, team: Sequence[Person]) -> dict[str, Member]:
    members = {member.email: member for member in await firm.scope.rows(Member).where()}
    for person in team:
        if person.email not in members:
            hired = await create_member(
                firm.founder,
                email=person.email,
                name=person.name,
                role=person.role,
                rights=person.rights,
                capacity=person.capacity,
                password=PASSWORD,
            )
            members[person.email] = hired.value
    return members


async def _add_absences(firm: DemoFirm, members: Mapping[str, Member]) -> None:
    present = {(absence.member_id, absence.note) for absence in await firm.scope.rows(named(Kind.ABSENCE)).where()}
    today = (await firm.scope.rows(Firm).get(firm.owner.firm_id)).today(clock.now())
    for off in DAYS_OFF:
        member = members.get(off.email)
        if member is not None and (member.id, off.note) not in present:
            first, last = (today + timedelta(days) for days in (off.first, off.last))
            await add_absence(firm.founder, first_day=first, last_day=last, note=off.note, member_id=member.id)


async def _add_tags(firm: DemoFirm, tags: Mapping[str, str]) -> list[UUID]:
    present = {tag.name: tag.id for tag in await firm.scope.rows(Tag).where()}
    for name, color in tags.items():
        if name not in present:
            present[name] = (await create_tag(firm.founder, name=name, color=color)).value.id
    return [present[name] for name in tags]


async def _add_clients(
    firm: DemoFirm, clients: Mapping[str, AccountType], tags: Sequence[UUID], members: Mapping[str, Member]
) -> None:
    present = {account.name for account in await firm.scope.rows(Account).where()}
    staff = [members[email].id for email in EMPLOYEES if email in members]
    for name, kind in clients.items():
        chance = random.Random(name)
        carried = chance.sample(tags, min(len(tags), chance.choice((0, 1, 1, 2))))
        team = chance.sample(staff, min(len(staff), chance.choice((1, 2, 2, 3))))
        if name not in present:
            await create_account(firm.founder, name=name, type=kind, tag_ids=carried, team_ids=team)


async def _add_contacts(firm: DemoFirm) -> None:
    """Whoever is a client themselves is their own contact. Others have one or two of a few, who are at several."""
    contacts = firm.scope.rows(named(Kind.CONTACT))
    known = {contact.name: contact.id for contact in await contacts.where()}
    for account in await firm.scope.rows(Account).where().order_by("name_order", "id"):
        chance = random.Random(account.name)
        alone = account.type is AccountType.INDIVIDUAL
        people = [(account.name, "en-US")] if alone else chance.sample(CONTACTS, chance.choice((1, 2)))
        for place, (name, language) in enumerate(people):
            if name not in known:
                address = f"{'.'.join(words_of(name))}@clients.example"
                made = create_contact(firm.founder, name=name, emails=[address], language=language)
                known[name] = (await made).value.id
            # Where somebody is already, nothing changes: it may be done again.
            await link_contact(
                firm.founder,
                contact_id=known[name],
                account_id=account.id,
                title=None if alone else chance.choice(TITLES),
                signs=place == 0,
                gets_mail=True,
            )


async def _give_roles(firm: DemoFirm, members: Mapping[str, Member]) -> None:
    present = {role.name: role.id for role in await firm.scope.rows(named(Kind.ACCOUNT_ROLE)).where()}
    for name in ROLES:
        if name not in present:
            present[name] = (await create_account_role(firm.founder, name=name)).value.id
    staff = [members[email].id for email in EMPLOYEES if email in members]
    for account in await firm.scope.rows(Account).where():
        # Who reviews is not who prepares; and the same people again, when it is done again.
        chance = random.Random(account.name)
        holders = chance.sample(staff, min(len(staff), chance.choice((1, 2, 2, 3))))
        for name, holder in zip(ROLES, holders, strict=False):
            await set_account_role_holders(
                firm.founder, account_id=account.id, account_role_id=present[name], member_ids=[holder]
            )


async def _add_pipelines(firm: DemoFirm, members: Mapping[str, Member]) -> None:
    present = {pipeline.name: pipeline for pipeline in await firm.scope.rows(Pipeline).where()}
    for service in firm.services:
        pipeline = present.get(service.name)
        if pipeline is None:
            staff = [members[EMPLOYEES[number - 1]].id for number in service.employees]
            pipeline = await _add_pipeline(firm, service, staff)
        await _add_statuses(firm, pipeline)
        await _let_jobs_move_on(firm, service, pipeline)


async def _add_pipeline(firm: DemoFirm, service: Service, staff: Sequence[UUID]) -> Pipeline:
    made = await create_pipeline(
        firm.founder, name=service.name, stages=service.stages, member_ids=staff, card_fields=ALL_CARD_FIELDS
    )
    return made.value


async def _let_jobs_move_on(firm: DemoFirm, service: Service, pipeline: Pipeline) -> None:
    """From every stage but the last; and to some only for those whom they concern."""
    tags = {tag.name: tag.id for tag in await firm.scope.rows(Tag).where()}
    *stages, _ = await firm.scope.rows(Stage).where(pipeline_id=pipeline.id).order_by("position", "id")
    for stage in stages:
        condition = service.only_for.get(stage.name)
        chosen = [tags[condition]] if condition in tags else []
        await update_stage(firm.founder, stage_id=stage.id, automove=True, conditional_tag_ids=chosen)


async def _add_statuses(firm: DemoFirm, pipeline: Pipeline) -> None:
    present = {status.name for status in await firm.scope.rows(Status).where(pipeline_id=pipeline.id)}
    for status in CUSTOM_STATUSES:
        if status.name not in present:
            await create_status(
                firm.founder,
                pipeline_id=pipeline.id,
                name=status.name,
                color=status.color,
                counts_as_overdue=status.counts_as_overdue,
            )
