"""What was done is taken back: the firm is then as it was, but for what the report lists."""

from decimal import Decimal
from typing import Any

import pytest

from models.actor import Actor
from models.audiences import Audience
from models.bounds import BULK
from models.commands.imports import NewJob, import_jobs
from models.commands.jobs import assign_job, assign_jobs, delete_jobs, set_job_budget, update_job
from models.commands.moves import complete_jobs, move_job, move_jobs
from models.commands.tasks import create_task, set_task_state
from models.errors import Forbidden, NotFound, RuleBroken
from models.event_kinds import KINDS
from models.events import TaskUnlinked
from models.firm.contacts import create_contact
from models.firm.personal_tokens import create_personal_token
from models.ids import Kind, encode
from models.items.folders import Folder, create_folder
from models.items.invoice_lines import NewLine
from models.items.invoice_states import send_invoice
from models.items.invoices import create_invoice
from models.items.links import OpenItems
from models.items.proposal_services import Service
from models.items.proposal_signing import send_proposal
from models.items.proposals import Proposal, create_proposal
from models.reasons import Parameter, Reason
from models.rights import Right
from models.rows import Job, JobItem, TaskState
from models.rows.invoices import Invoice, InvoiceState
from models.targets import Target
from models.undo.inverses import said_way
from models.undo.report import Lasting
from models.undo.undo import undo, undoable
from tests.api.test_statements import counted
from tests.domain.refusal import refused
from tests.domain.undoing import Firm, Hand, firm_of
from tests.world import World


def test_each_kind_of_event_is_taken_back_or_says_why_not() -> None:
    assert [name for name, kind in KINDS.items() if said_way(kind) is None] == [], "Say it in models/undo/inverses.py."


@pytest.mark.parametrize("seed", range(2))
async def test_right_after_an_undo_the_firm_is_as_it_was(world: World, seed: int) -> None:
    await expect_as_before(await Hand.of(world, seed), steps=120)


async def expect_as_before(hand: Hand, steps: int) -> None:
    """Commands and undos, in any order of which each undo takes back the last thing that stands."""
    done: list[tuple[int, Firm]] = []
    present = await firm_of(hand.world)
    for _ in range(steps):
        if done and hand.dice.random() < 0.4:
            revision, before = done.pop()
            present = await _take_back(hand, revision, before, present, done)
        elif (outcome := await hand.act()) is not None:
            done.append((outcome.revision, present))
            present = await firm_of(hand.world)
    while done:
        revision, before = done.pop()
        present = await _take_back(hand, revision, before, present, done)


async def _take_back(hand: Hand, revision: int, before: Firm, after: Firm, done: list[tuple[int, Firm]]) -> Firm:
    tried = await undoable(hand.actor, revision)
    assert tried is not None
    assert await firm_of(hand.world) == after, "It was only asked."
    if tried.refused is not None:
        # A task may leave an archived job, and cannot come back there.
        assert tried.refused.reason is Reason.ARCHIVED
        assert [type(entry.logged.event) for entry in tried.entries] == [TaskUnlinked]
        done.clear()
        return after
    taken_back = await undo(hand.actor, revision=revision)
    assert all(entry.taken_back for entry in taken_back.value.entries)
    assert await firm_of(hand.world) == before
    if hand.dice.random() < 0.5:
        tried = await undoable(hand.actor, taken_back.revision)
        assert tried is not None
        if tried.refused is None:
            again = await undo(hand.actor, revision=taken_back.revision)
            if all(entry.taken_back for entry in again.value.entries):
                assert await firm_of(hand.world) == after
                done.append((again.revision, before))
                return after
            await undo(hand.actor, revision=again.revision)
            assert await firm_of(hand.world) == before
        else:
            assert tried.refused.reason is Reason.NOTHING_TO_UNDO, "What was deleted by it is gone."
    await hand.forget_what_is_gone()
    return before


async def test_what_was_changed_since_is_not_lost(world: World) -> None:
    owner = world.acting(world.owner)
    first, second, third = await world.stages()
    one, other = await world.job("One"), await world.job("Other")
    moved = await move_jobs(owner, jobs=[Target(one.id), Target(other.id)], stage_id=second.id)
    await move_job(owner, job_id=other.id, stage_id=third.id)
    async with refused(world, RuleBroken, "revision") as caught:
        await undo(owner, revision=moved.revision)
    reasons = [(each.reason, each.parameters[Parameter.ID]) for each in caught.value.all]
    assert set(reasons) == {(Reason.CHANGED_SINCE, encode(Kind.JOB, other.id))}
    assert {each.parameters[Parameter.FIELD] for each in caught.value.all} >= {"stage_id", "stay"}
    tried = await undoable(owner, moved.revision)
    assert tried is not None
    assert tried.refused is not None
    # What it did not touch may be another, and what was changed back stands as it was left.
    await undo(owner, revision=moved.revision + 1)
    await update_job(owner, job_id=other.id, name="Another")
    await undo(owner, revision=moved.revision)
    assert await world.names_on(first) == ["One", "Another"]


async def test_what_is_taken_back_is_so_once(world: World) -> None:
    owner = world.acting(world.owner)
    job = await world.job()
    named = await update_job(owner, job_id=job.id, name="Another")
    await undo(owner, revision=named.revision)
    async with refused(world, RuleBroken, "revision") as caught:
        await undo(owner, revision=named.revision)
    assert caught.value.reason is Reason.UNDONE
    tried = await undoable(owner, named.revision)
    assert tried is not None
    assert tried.refused is not None
    assert (tried.refused.reason, tried.entries) == (Reason.UNDONE, [])
    (logged,) = await world.events(after=named.revision)
    assert (logged.cause, logged.hops) == (named.revision, 0)


async def test_a_call_sent_again_is_answered_as_before(world: World) -> None:
    owner = world.acting(world.owner)
    job = await world.job()
    named = await update_job(owner, job_id=job.id, name="Another")
    keyed = owner.calling("twice", "undoRevision", {"revision": named.revision})
    first = await undo(keyed, revision=named.revision)
    again = await undo(keyed, revision=named.revision)
    assert (again.value, again.revision) == (first.value, first.revision)


async def test_a_revision_of_which_something_is_out_of_sight_does_not_exist(world: World) -> None:
    owner, employee = world.acting(world.owner), world.acting(world.employee)
    seen = await world.job("Seen")
    hidden = await world.job("Hidden", account_id=(await world.new_account("Other")).id)
    moved = await move_jobs(owner, jobs=[Target(seen.id), Target(hidden.id)], stage_id=(await world.stages())[1].id)
    told = set()
    for actor, revision in ((employee, moved.revision), (employee, moved.revision + 10), (owner, moved.revision + 10)):
        async with refused(world, NotFound, "revision") as caught:
            await undo(actor, revision=revision)
        told.add((caught.value.message, caught.value.reason))
        assert await undoable(actor, revision) is None
    assert len(told) == 1
    stranger = await World.build("elsewhere")
    async with refused(stranger, NotFound, "revision"):
        await undo(stranger.acting(stranger.owner), revision=moved.revision)


async def test_whoever_may_not_do_what_takes_it_back_may_not_undo(world: World) -> None:
    job = await world.job()
    budgeted = await set_job_budget(world.acting(world.owner), job_id=job.id, budget=60)
    async with refused(world, Forbidden) as caught:
        await undo(world.acting(world.employee), revision=budgeted.revision)
    assert caught.value.parameters == {Parameter.RIGHTS: Right.MANAGE_TIME_BUDGETS}


async def test_what_was_dismissed_holds_the_job_again_and_the_stay_goes_on(world: World) -> None:
    owner = world.acting(world.owner)
    _, second, third = await world.stages()
    job = await world.job()
    await move_job(owner, job_id=job.id, stage_id=second.id)
    before = await Job.get(id=job.id)
    await create_task(owner, name="Open", job_id=job.id)
    moved = await move_job(owner, job_id=job.id, stage_id=third.id, open_items=OpenItems.DISMISS)
    await create_task(owner, name="Later", job_id=job.id)
    await undo(owner, revision=moved.revision)
    now = await Job.get(id=job.id)
    assert (now.stay, now.stage_entered_at, now.position) == (before.stay, before.stage_entered_at, before.position)
    links = await JobItem.filter(job_id=job.id).order_by("id")
    assert [(link.dismissed_at, link.open_since_stay) for link in links] == [(None, 2), (None, 2)]
    assert (await move_job(owner, job_id=job.id, stage_id=third.id)).value.stay == moved.value.stay + 1


async def test_what_an_automation_did_because_of_it_goes_with_it(world: World) -> None:
    owner = world.acting(world.owner)
    job = await world.job()
    before = await firm_of(world)
    moved = await move_job(owner, job_id=job.id, stage_id=(await world.stages())[1].id)
    automation = Actor.automation(world.firm.id, "Usual task", cause=moved.revision)
    task = await create_task(automation, name="Usual", job_id=job.id)
    further = Actor.automation(world.firm.id, "Usual team", cause=task.revision, hops=2)
    await assign_job(further, job_id=job.id, member_ids=[world.employee.id])
    report = (await undo(owner, revision=moved.revision)).value
    assert [type(entry.logged.event).__name__ for entry in report.entries] == [
        "JobMoved",
        "TaskCreated",
        "JobAssigneesChanged",
    ]
    assert await firm_of(world) == before
    # Done again, it is done without them.
    again = await undo(owner, revision=await world.revision())
    assert [entry.lasting for entry in again.value.entries if not entry.taken_back] == [Lasting.DELETED]


async def test_what_was_made_stays_where_somebody_went_on_with_it(world: World) -> None:
    owner = world.acting(world.owner)
    job = await world.job()
    made = await create_task(owner, name="Mine", job_id=job.id)
    started = await set_task_state(owner, task_id=made.value.id, state=TaskState.IN_PROGRESS)
    async with refused(world, RuleBroken, "revision"):
        await undo(owner, revision=made.revision)
    await undo(owner, revision=started.revision)
    await undo(owner, revision=made.revision)
    assert not await JobItem.filter(job_id=job.id).exists()


async def test_what_was_deleted_is_gone(world: World) -> None:
    owner = world.acting(world.owner)
    job = await world.job()
    await create_task(owner, name="On it", job_id=job.id)
    deleted = await delete_jobs(owner, jobs=[Target(job.id)])
    async with refused(world, RuleBroken, "revision") as caught:
        await undo(owner, revision=deleted.revision)
    assert caught.value.reason is Reason.NOTHING_TO_UNDO
    tried = await undoable(owner, deleted.revision)
    assert tried is not None
    assert {entry.lasting for entry in tried.entries} == {Lasting.DELETED}


async def test_many_are_taken_back_in_as_many_statements_as_two(world: World) -> None:
    taken: list[list[int]] = []
    for number in (2, BULK.most):
        firm = await World.build(f"{world.tag}x{number}")
        owner, stages = firm.acting(firm.owner), await firm.stages()
        place: dict[str, Any] = {
            "account_id": firm.account.id,
            "pipeline_id": firm.pipeline.id,
            "stage_id": stages[0].id,
        }
        jobs = (await import_jobs(owner, jobs=[NewJob(name=str(each), **place) for each in range(number)])).value
        targets = [Target(job.id) for job in jobs]
        revisions = [
            (await assign_jobs(owner, jobs=targets, member_ids=[firm.employee.id])).revision,
            (await move_jobs(owner, jobs=targets, stage_id=stages[1].id)).revision,
            (await complete_jobs(owner, jobs=targets)).revision,
        ]
        taken.append([])
        for revision in reversed(revisions):
            with counted() as statements:
                await undo(owner, revision=revision)
            taken[-1].append(len(statements))
    few, many = taken
    assert few == many


async def test_what_an_automation_sent_is_withdrawn_and_folders_go_from_within(world: World) -> None:
    owner = world.acting(world.owner)
    contact = (await create_contact(owner, name="Carla", account_id=world.account.id)).value.id
    job = await world.job()
    moved = await move_job(owner, job_id=job.id, stage_id=(await world.stages())[1].id)
    automation = Actor.automation(world.firm.id, "Usual", cause=moved.revision)
    lines = [NewLine("Advice", Decimal(100), quantity=Decimal(1))]
    invoice = (await create_invoice(automation, job_id=job.id, lines=lines)).value
    await send_invoice(automation, invoice_id=invoice.id)
    offered = [Service(name="Advice", price=Decimal(100))]
    proposal = (await create_proposal(automation, name="Advice", services=offered, job_id=job.id)).value
    await send_proposal(automation, proposal_id=proposal.id, signer_ids=[contact])
    folder = (await create_folder(automation, name="2026", account_id=world.account.id)).value
    await create_folder(automation, name="In", account_id=world.account.id, parent_id=folder.id)
    report = (await undo(owner, revision=moved.revision)).value
    lasting = {type(entry.logged.event).__name__: entry.lasting for entry in report.entries if not entry.taken_back}
    assert lasting == {"InvoiceCreated": Lasting.SENT, "InvoiceSent": Lasting.SENT}
    assert (await Invoice.get(id=invoice.id)).state is InvoiceState.VOID
    assert not await Proposal.exists(id=proposal.id)
    assert not await Folder.exists(account_id=world.account.id)


async def test_a_token_that_only_reads_may_ask(world: World) -> None:
    owner = world.acting(world.owner)
    named = await update_job(owner, job_id=(await world.job()).id, name="Another")
    token = (await create_personal_token(owner, name="Reports", days=1)).value
    reading = Actor.viewer(Audience.TEAM, world.firm.id, world.owner.id, token_id=token.id)
    tried = await undoable(reading, named.revision)
    assert tried is not None
    assert tried.refused is not None
    assert tried.refused.reason is Reason.PERSONAL_TOKEN
