"""The laws of items and of money hold whatever is done at random by many who write at once: what holds each job is what
its items and links say, every sum is what its rows add up to, and what the log alone says is what the rows say."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from models.commands.tasks import create_task
from models.database import sql
from models.items.invoice_states import credit_invoice, send_invoice
from models.items.invoices import create_invoice
from models.items.payment_allocations import Allocation
from models.items.payments import apply_payment, record_payment, refund_payment
from models.items.time_billing import bill_time_entries
from models.rows.payments import PaymentMethod
from tests.domain.laws import money, recount
from tests.domain.laws.books import read_books
from tests.domain.laws.commands import COMMANDS
from tests.domain.laws.replay import Replay
from tests.domain.laws.writers import Office
from tests.kinds.invoices import billable_entry, line
from tests.kinds.proposals import make_invoiced
from tests.specimens import Spot
from tests.world import World

#: Set to a former run's seed, each writer makes that run's choices again: of what there is by then.
SEED = "JOBWIRE_TEST_SEED"


async def test_the_laws_hold_while_many_write(world: World) -> None:
    await _work_and_look(world, commands=600, moments=3, unknown=12)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
async def test_they_hold_for_long(world: World) -> None:
    await _work_and_look(world, commands=5_000, moments=10, unknown=0)


async def _work_and_look(world: World, *, commands: int, moments: int, unknown: int) -> None:
    """Let them work until so many commands are done, and look at several moments, while nobody writes. At most so many
    kinds of commands may never have been done: each was refused, or never came."""
    seed = os.environ.get(SEED) or secrets.token_hex(4)
    print(f"\n{SEED}={seed}", flush=True)
    office, log = await Office.found(world, seed), Replay(world.firm.id)
    for moment in range(1, moments + 1):
        await office.work_until(commands * moment // moments)
        assert await _broken(world.firm.id, log) == [], f"seed {seed}, after {office.told}"
    print(office.told, f"{log.revision:,} revisions, {len(log.items):,} items are left", sep="\n")
    # Most refusals are of what somebody else did meanwhile.
    assert office.refused.total() < 1.5 * office.done.total()
    never = COMMANDS.keys() - office.done.keys()
    assert len(never) <= unknown, f"seed {seed}: these commands were never done: {never}"
    assert {"CONFLICT", "RULE", "FORBIDDEN"} <= office.refused.keys()
    await _one_of_each(world)
    for control in CONTROLS:
        async with _undone():
            assert await sql(control.breaking, world.firm.id), f"seed {seed}: there is nothing for {control}"
            found = await _broken(world.firm.id, Replay(world.firm.id) if control.again else log)
        for told in control.told:
            assert any(told in each for each in found), f"seed {seed}: {control} is not found: {found}"
    assert await _broken(world.firm.id, log) == []


async def _one_of_each(world: World) -> None:
    """What the controls break, whatever there is by now."""
    owner, job = world.acting(world.owner), (await world.job()).id
    task = (await create_task(owner, name="Call", job_id=job)).value
    await create_task(owner, name="Dial", parent_id=task.id)
    entry = await billable_entry(owner, Spot(world.account.id, job))
    invoice = (await create_invoice(owner, job_id=job, lines=[line()])).value.id
    await bill_time_entries(owner, invoice_id=invoice, time_entry_ids=[entry])
    await send_invoice(owner, invoice_id=invoice)
    await credit_invoice(owner, invoice_id=invoice, amount=Decimal(1), reason="A fault of ours")
    paid = record_payment(owner, method=PaymentMethod.CHEQUE, amount=Decimal(50), account_id=world.account.id)
    payment = (await paid).value.id
    await apply_payment(owner, payment_id=payment, allocations=[Allocation(invoice, Decimal(10))])
    await refund_payment(owner, payment_id=payment, amount=Decimal(10))
    await make_invoiced(owner, "Books", Spot(world.account.id, job))


async def _broken(firm_id: UUID, log: Replay) -> list[str]:
    """Each law that does not hold of a firm, with what it does not hold of."""
    books = await read_books(firm_id)
    await log.follow()
    return [*recount.broken(books), *money.broken(books), *log.broken(books)]


@asynccontextmanager
async def _undone() -> AsyncIterator[None]:
    """What is written within is not kept."""
    async with in_transaction() as connection:
        yield
        await connection.rollback()


@dataclass(frozen=True)
class Control:
    """Rows as a fault of the product might leave them, and what then is told."""

    breaking: str
    told: tuple[str, ...]
    #: Whether the log is read from its beginning: what was read is not read again.
    again: bool = False


CONTROLS = [
    Control(
        "UPDATE job_item SET open = false, open_since = NULL, open_since_stay = NULL WHERE id = "
        "(SELECT min(id) FROM job_item WHERE firm_id = $1 AND open AND dismissed_at IS NULL) RETURNING id",
        ("open is False", "openItemCount is", "outstanding is"),
    ),
    Control(
        "UPDATE job_item SET dismissed_at = linked_at WHERE id = (SELECT min(id) FROM job_item "
        "WHERE firm_id = $1 AND kind = 'invoice' AND open AND dismissed_at IS NULL) RETURNING id",
        ("is dismissed from",),
    ),
    Control(
        "UPDATE job_item SET unlinked_at = linked_at, open = false, open_since = NULL, open_since_stay = NULL "
        "WHERE id = (SELECT min(id) FROM job_item WHERE firm_id = $1 AND unlinked_at IS NULL) RETURNING id",
        ("is linked to",),
    ),
    Control(
        "UPDATE task SET state = 'COMPLETED' WHERE id = (SELECT item FROM job_item WHERE firm_id = $1 "
        "AND kind = 'task' AND open AND dismissed_at IS NULL LIMIT 1) RETURNING id",
        ("open is True", "openItemCount is", "and the row says COMPLETED"),
    ),
    Control(
        "UPDATE job_item SET minutes = minutes + 1 WHERE id = (SELECT min(id) FROM job_item WHERE firm_id = $1 "
        "AND kind = 'time_entry' AND unlinked_at IS NULL) RETURNING id",
        ("its links do not say",),
    ),
    Control(
        "UPDATE invoice SET total = total + 0.01 WHERE id = (SELECT id FROM invoice WHERE firm_id = $1 "
        "AND sent_at IS NOT NULL LIMIT 1) RETURNING id",
        ("its lines come to", "log: invoice"),
    ),
    Control(
        "UPDATE invoice SET applied = applied - 0.01 WHERE id = (SELECT id FROM invoice WHERE firm_id = $1 "
        "AND applied > 0 AND pending = 0 LIMIT 1) RETURNING id",
        ("is applied to it", "is owed", "log: invoice"),
    ),
    Control(
        "UPDATE invoice SET state = 'PAID' WHERE id = (SELECT id FROM invoice WHERE firm_id = $1 "
        "AND sent_at IS NOT NULL AND state IN ('UNPAID', 'PARTIALLY_PAID') LIMIT 1) RETURNING id",
        ("its state is PAID", "and the row says PAID"),
    ),
    Control(
        "UPDATE invoice SET number = number + 1 WHERE id = (SELECT id FROM invoice WHERE firm_id = $1 "
        "AND number IS NOT NULL ORDER BY number DESC LIMIT 1) RETURNING id",
        ("numbers: those of invoice", "log: invoice"),
    ),
    Control(
        "INSERT INTO credit_note (firm_id, invoice_id, number, amount, reason, created_at) SELECT firm_id, invoice_id, "
        "number + 2, 0.01, '', created_at FROM credit_note WHERE firm_id = $1 ORDER BY number DESC LIMIT 1 "
        "RETURNING id",
        ("numbers: those of credit_note", "its credit notes come to", "log: the credit notes are"),
    ),
    Control(
        "INSERT INTO payment_allocation (firm_id, payment_id, invoice_id, amount, created_at) SELECT firm_id, "
        "payment_id, invoice_id, 0.01, created_at FROM payment_allocation WHERE firm_id = $1 LIMIT 1 RETURNING id",
        ("its allocations come to", "is applied, "),
    ),
    Control(
        "UPDATE payment SET refunded = refunded - 0.01 WHERE id = (SELECT id FROM payment WHERE firm_id = $1 "
        "AND refunded > 0 LIMIT 1) RETURNING id",
        ("it says", "is left, and the rows say"),
    ),
    Control(
        "UPDATE proposal SET invoice_awaited = NULL WHERE id = (SELECT id FROM proposal WHERE firm_id = $1 "
        "AND invoice_awaited IS NOT NULL ORDER BY id DESC LIMIT 1) RETURNING id",
        ("outstanding is", "and the row says None"),
    ),
    Control(
        "UPDATE time_entry SET invoice_id = NULL WHERE id = (SELECT id FROM time_entry WHERE firm_id = $1 "
        "AND invoice_id IS NOT NULL LIMIT 1) RETURNING id",
        ("it is billed by None",),
    ),
    Control(
        "DELETE FROM subtask WHERE id = (SELECT min(id) FROM subtask WHERE firm_id = $1) RETURNING id",
        ("log: subtasks are",),
    ),
    Control(
        "DELETE FROM event WHERE firm_id = $1 AND type = 'InvoiceBalanceChanged' AND revision = (SELECT max(revision) "
        "FROM event WHERE firm_id = $1 AND type = 'InvoiceBalanceChanged') RETURNING revision",
        ("log: invoice",),
        again=True,
    ),
    Control(
        "DELETE FROM event WHERE firm_id = $1 AND revision = (SELECT max(revision) FROM event WHERE firm_id = $1 "
        "AND type = 'PaymentApplied') RETURNING revision",
        ("log: after revision",),
        again=True,
    ),
]
