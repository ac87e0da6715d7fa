"""Jobs are held before items, and all that a command needs in the order of their ids: of two that came for each
other's, each would wait for the other, and be tried again until it is given up."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.automation.moving import Stays, return_to_active
from models.automation.quota import Quota
from models.automation.running import run_automation
from models.automation.status_settings import StatusSettings
from models.commands.jobs import delete_job, delete_jobs
from models.commands.moves import archive_jobs, complete_job, move_jobs, set_job_status
from models.commands.relations import relate_job
from models.commands.statuses import create_status, delete_status
from models.commands.subtasks import set_task_parent
from models.commands.tasks import create_task, delete_task
from models.commands.time import update_time_entry
from models.commands.timers import start_timer
from models.firm.contact_merging import merge_contacts
from models.items.document_requests import decide_document, request_approval
from models.items.documents import create_document
from models.items.invoice_states import send_invoice, void_invoice
from models.items.invoices import create_invoice, unlink_invoice
from models.items.kinds import item_kinds
from models.items.notes import create_note, link_note
from models.items.payment_allocations import Allocation
from models.items.payments import apply_payment, fail_payment, record_payment
from models.items.time_billing import bill_time_entries
from models.rows import Category, Relation
from models.rows.invoices import Invoice
from models.rows.payments import PaymentMethod
from models.targets import Target
from tests.domain.automating import automation
from tests.kinds.documents import new_contact
from tests.kinds.invoices import billable_entry, line
from tests.kinds.proposals import make_invoiced
from tests.kinds.runs_of_automations import planned
from tests.locks import held, rows_held, until_waiting
from tests.specimens import Spot
from tests.world import World

Work = Coroutine[Any, Any, Any]

ITEMS = [kind.model._meta.db_table for kind in item_kinds().values()]


@dataclass
class Two:
    """Two jobs of a client."""

    world: World
    #: The one that comes first, and that somebody else holds.
    first: UUID
    #: The one that is named.
    second: UUID

    @property
    def owner(self) -> Actor:
        """Who asks."""
        return self.world.acting(self.world.owner)

    def spot(self, job: UUID) -> Spot:
        """On which items are made."""
        return Spot(self.world.account.id, job)

    async def blocking(self) -> None:
        """The second one blocks the first."""
        await relate_job(self.owner, job_id=self.second, other_job_id=self.first, relation=Relation.BLOCKS)

    async def sent(self, job: UUID, **fields: Any) -> UUID:
        """An invoice on a job, to be paid."""
        invoice = (await create_invoice(self.owner, job_id=job, lines=[line()], **fields)).value.id
        await send_invoice(self.owner, invoice_id=invoice)
        return invoice

    async def paid(self, **fields: Any) -> UUID:
        """A payment on the second job."""
        given = {"method": PaymentMethod.CHEQUE, "amount": Decimal(9), "job_id": self.second, **fields}
        return (await record_payment(self.owner, **given)).value.id


async def completing(two: Two) -> Work:
    await two.blocking()
    return complete_job(two.owner, job_id=two.second)


async def archiving(two: Two) -> Work:
    await two.blocking()
    return archive_jobs(two.owner, jobs=[Target(two.second)])


async def setting_a_status(two: Two) -> Work:
    await two.blocking()
    status = (await two.world.status(Category.COMPLETED)).id
    return set_job_status(two.owner, job_id=two.second, status_id=status)


async def returning(two: Two) -> Work:
    await two.blocking()
    actor = Actor.automation(two.world.firm.id, "Automove", 1)
    return return_to_active(actor, job_id=two.second, stays=Stays(1, 1), quota=Quota())


async def moving(two: Two) -> Work:
    stage = (await two.world.stages())[1].id
    return move_jobs(two.owner, jobs=[Target(two.second), Target(two.first)], stage_id=stage)


async def deleting_a_status(two: Two) -> Work:
    await two.blocking()
    made = await create_status(two.owner, pipeline_id=two.world.pipeline.id, name="Waits", color="#112233")
    await set_job_status(two.owner, job_id=two.second, status_id=made.value.id)
    completed = (await two.world.status(Category.COMPLETED)).id
    return delete_status(two.owner, status_id=made.value.id, replacement_status_id=completed)


async def deleting(two: Two) -> Work:
    await create_note(two.owner, text="Gone", job_id=two.second)
    await relate_job(two.owner, job_id=two.first, other_job_id=two.second, relation=Relation.RELATES)
    return delete_job(two.owner, job_id=two.second)


async def deleting_several(two: Two) -> Work:
    await create_note(two.owner, text="Gone", job_id=two.second)
    await two.blocking()
    return delete_jobs(two.owner, jobs=[Target(two.second)])


async def relating(two: Two) -> Work:
    return relate_job(two.owner, job_id=two.second, other_job_id=two.first, relation=Relation.RELATES)


async def adding_a_subtask(two: Two) -> Work:
    parent = (await create_task(two.owner, name="All", job_id=two.first)).value.id
    return create_task(two.owner, name="Part", job_id=two.second, parent_id=parent)


async def setting_a_parent(two: Two) -> Work:
    parent = (await create_task(two.owner, name="All", job_id=two.first)).value.id
    task = (await create_task(two.owner, name="Part", job_id=two.second)).value.id
    return set_task_parent(two.owner, task_id=task, parent_id=parent)


async def deleting_a_task(two: Two) -> Work:
    task = (await create_task(two.owner, name="All", job_id=two.second)).value.id
    await create_task(two.owner, name="Part", job_id=two.first, parent_id=task)
    return delete_task(two.owner, task_id=task)


async def starting_a_timer(two: Two) -> Work:
    await start_timer(two.owner, job_id=two.first)
    return start_timer(two.owner, job_id=two.second)


async def going_to_another_job(two: Two) -> Work:
    entry = await billable_entry(two.owner, two.spot(two.first))
    return update_time_entry(two.owner, time_entry_id=entry, job_id=two.second)


async def linking(two: Two) -> Work:
    note = (await create_note(two.owner, text="Both", job_id=two.first)).value.id
    return link_note(two.owner, note_id=note, job_id=two.second)


async def billing_time(two: Two) -> Work:
    entry = await billable_entry(two.owner, two.spot(two.first))
    invoice = (await create_invoice(two.owner, job_id=two.second)).value.id
    return bill_time_entries(two.owner, invoice_id=invoice, time_entry_ids=[entry])


async def voiding(two: Two) -> Work:
    entry = await billable_entry(two.owner, two.spot(two.first))
    invoice = (await create_invoice(two.owner, job_id=two.second)).value.id
    await bill_time_entries(two.owner, invoice_id=invoice, time_entry_ids=[entry])
    await send_invoice(two.owner, invoice_id=invoice)
    return void_invoice(two.owner, invoice_id=invoice)


async def paying(two: Two) -> Work:
    return two.paid(allocations=[Allocation(await two.sent(two.first), Decimal(9))])


async def applying(two: Two) -> Work:
    payment, invoice = await two.paid(), await two.sent(two.first)
    return apply_payment(two.owner, payment_id=payment, allocations=[Allocation(invoice, Decimal(9))])


async def failing(two: Two) -> Work:
    payment = await two.paid(allocations=[Allocation(await two.sent(two.first), Decimal(9))])
    return fail_payment(two.owner, payment_id=payment)


async def merging(two: Two) -> Work:
    contact, into = await new_contact(two.world), await new_contact(two.world, "Bea")
    document = (await create_document(two.owner, name="Return", job_id=two.first)).value.id
    await request_approval(two.owner, document_id=document, approver_ids=[contact])
    await decide_document(two.owner, document_id=document, contact_id=contact, approved=True)
    await two.paid(contact_id=contact)
    await two.sent(two.second, payer_id=contact)
    return merge_contacts(two.owner, contact_id=contact, into_id=into)


async def paying_for_a_proposal(two: Two) -> Work:
    await make_invoiced(two.owner, "Books", two.spot(two.first))
    (invoice,) = await Invoice.filter(account_id=two.world.account.id)
    await send_invoice(two.owner, invoice_id=invoice.id)
    # The proposal alone is on the first.
    await unlink_invoice(two.owner, invoice_id=invoice.id, job_id=two.first)
    return two.paid(allocations=[Allocation(invoice.id, Decimal(9))])


async def automating(two: Two) -> Work:
    await two.blocking()
    completed = StatusSettings((await two.world.status(Category.COMPLETED)).id)
    await automation(two.world, set_status=completed)
    run = await planned(two.owner, "Complete", two.spot(two.second))
    await run.save(force_create=True)
    robot = Actor.automation(two.world.firm.id, "Complete", 1)
    return run_automation(robot, run_id=run.id, quota=Quota())


@pytest.mark.parametrize(
    "prepared",
    [
        automating,
        completing,
        archiving,
        setting_a_status,
        returning,
        moving,
        deleting_a_status,
        deleting,
        deleting_several,
        relating,
        adding_a_subtask,
        setting_a_parent,
        deleting_a_task,
        starting_a_timer,
        going_to_another_job,
        linking,
        billing_time,
        voiding,
        paying,
        paying_for_a_proposal,
        applying,
        failing,
        merging,
    ],
)
async def test_who_waits_for_a_job_holds_no_later_one_and_no_item(
    world: World, database: str, prepared: Callable[[Two], Awaitable[Work]]
) -> None:
    first, second = sorted([(await world.job("One")).id, (await world.job("Two")).id])
    work = await prepared(Two(world, first, second))
    async with held(database, "job", first):
        waiting = asyncio.create_task(work)
        await until_waiting(waiting)
        assert not waiting.done()
        assert await rows_held(database, world.firm.id, "job", *ITEMS) == {("job", first)}
    await waiting
