"""Payments: what they do to invoices, and that every sum is what its rows add up to."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.firm.contact_merging import merge_contacts
from models.ids import new_id
from models.items.invoice_states import credit_invoice, send_invoice, void_invoice
from models.items.invoices import update_invoice
from models.items.payment_allocations import Allocation, allocated
from models.items.payments import (
    apply_payment,
    clear_payment,
    fail_payment,
    link_payment,
    record_payment,
    refund_payment,
)
from models.items.reads import open_item_counts, outstanding
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import JobItem
from models.rows.invoices import Invoice, InvoiceState
from models.rows.payments import Payment, PaymentMethod, PaymentState
from tests.domain.refusal import counted, refused, told
from tests.domain.test_contacts import new_contact
from tests.domain.test_invoices import kept, new_invoice
from tests.world import World

CHEQUE, DEBIT = PaymentMethod.CHEQUE, PaymentMethod.BANK_DEBIT


def of(invoice: Invoice, amount: Any) -> Allocation:
    """So much of a payment for an invoice."""
    return Allocation(invoice.id, Decimal(amount))


async def pay(
    world: World, amount: Any, *allocations: Allocation, method: PaymentMethod = CHEQUE, **fields: Any
) -> Payment:
    """A payment of the world's account."""
    fields.setdefault("account_id", world.account.id)
    owner = world.acting(world.owner)
    made = record_payment(owner, method=method, amount=Decimal(amount), allocations=allocations, **fields)
    return (await made).value


async def states(*invoices: Invoice) -> list[tuple[str, Decimal]]:
    """The state of each, and its balance."""
    return [(each.state.value, each.balance) for each in [await kept(invoice) for invoice in invoices]]


async def test_a_payment_over_several_invoices_leaves_a_credit(world: World) -> None:
    job, ada = await world.job(), await new_contact(world, "Ada", world.account)
    one, two = await new_invoice(world, job.id, sent=True), await new_invoice(world, job.id, sent=True)
    before = await world.revision()
    payment = await pay(world, 350, of(one, 200), of(two, 100), contact_id=ada.id, reference=" 0815 ", job_id=job.id)
    assert (payment.state, payment.unapplied, payment.reference) == (PaymentState.CLEARED, Decimal(50), "0815")
    assert await states(one, two) == [("PAID", Decimal(0)), ("PARTIALLY_PAID", Decimal(100))]
    # A part is not enough.
    assert [held.item_id for held in (await outstanding([job.id]))[job.id]] == [two.id]
    # One revision; each with its job and once more with the account alone.
    assert await world.revision() == before + 1
    assert sorted(await told(world, before)) == ["InvoiceBalanceChanged"] * 4 + ["PaymentRecorded"] * 2
    event = next(logged.event for logged in await world.events(before))
    assert (event.acting_contact, event.amount.amount) == (ada.id, 350)  # type: ignore[attr-defined]
    payment = await _apply(world, payment, of(two, 150))
    assert (payment.unapplied, payment.version) == (Decimal(0), 2)
    async with refused(world, RuleBroken, "allocations", 1, match="still owed on the invoice: 0.00 USD"):
        await _apply(world, payment, of(two, 150), of(one, 201))
    # Sent again, nothing changes.
    assert (await _apply(world, payment, of(two, 150))).version == 2
    assert await states(two) == [("PARTIALLY_PAID", Decimal(50))]
    await pay(world, 50, of(two, 50), method=PaymentMethod.CASH)
    assert await states(two) == [("PAID", Decimal(0))]
    assert await outstanding([job.id]) == {}
    # Taken back, it is to be paid again.
    assert (await _apply(world, payment, of(one, 0))).unapplied == 200
    assert await states(one) == [("UNPAID", Decimal(200))]
    assert [held.item_id for held in (await outstanding([job.id]))[job.id]] == [one.id]
    assert await allocated([payment.id]) == {payment.id: {two.id: Decimal(150)}}


async def _apply(world: World, payment: Payment, *allocations: Allocation) -> Payment:
    owner = world.acting(world.owner)
    return (await apply_payment(owner, payment_id=payment.id, allocations=allocations)).value


async def test_an_id_sent_again_returns_the_first(world: World) -> None:
    id = new_id()
    invoice = await new_invoice(world, sent=True)
    made = await asyncio.gather(*(pay(world, 200, of(invoice, 200), id=id) for _ in range(3)))
    assert {payment.id for payment in made} == {id}
    assert await states(invoice) == [("PAID", Decimal(0))]


async def test_nothing_is_paid_twice_whoever_pays_at_once(world: World) -> None:
    one, two = await new_invoice(world, sent=True), await new_invoice(world, sent=True)
    # In either order: nobody waits for another one who waits for them.
    wanted = [of(one, 150), of(two, 150)]
    done = await asyncio.gather(
        *(pay(world, 300, *(wanted if number % 2 else reversed(wanted))) for number in range(6)),
        return_exceptions=True,
    )
    refusals = [each for each in done if isinstance(each, RuleBroken)]
    assert len(refusals) == 5
    assert {each.reason for each in refusals} == {Reason.OUT_OF_RANGE}
    assert await states(one, two) == [("PARTIALLY_PAID", Decimal(50))] * 2
    assert await Payment.filter(firm_id=world.firm.id).count() == 1


async def test_what_is_no_payment(world: World) -> None:
    other, sent, draft = await world.new_account("Other"), await new_invoice(world, sent=True), await new_invoice(world)
    usual: dict[str, Any] = {"amount": "1"}
    for name, value in [("amount", "0"), ("amount", "0.001"), ("currency", "XXX"), ("reference", " ")]:
        async with refused(world, Invalid, name):
            await pay(world, **usual | {name: value})
    async with refused(world, Invalid, "allocations", match="at most 50"):
        await pay(world, 100, *(Allocation(new_id(), Decimal(1)) for _ in range(51)))
    async with refused(world, Invalid, "allocations", 0, "amount") as caught:
        await pay(world, 100, of(sent, 0), of(draft, "0.001"))
    assert [each.path for each in caught.value.all] == [("allocations", 0, "amount"), ("allocations", 1, "amount")]
    async with refused(world, Invalid, "allocations", 1):
        await pay(world, 100, of(sent, 1), of(sent, 1))
    async with refused(world, RuleBroken, "received_date"):
        await pay(world, 1, received_date=(await _today(world)) + timedelta(2))
    async with refused(world, NotFound, "allocations", 0, "invoice_id"):
        await pay(world, 1, Allocation(new_id(), Decimal(1)))
    async with refused(world, RuleBroken, "allocations", 1, match="draft"):
        await pay(world, 2, of(sent, 1), of(draft, 1))
    async with refused(world, RuleBroken, "allocations", 0, match="another client's"):
        await pay(world, 1, of(sent, 1), account_id=other.id)
    async with refused(world, RuleBroken, "allocations", 0, match="in USD"):
        await pay(world, 1, of(sent, 1), currency="EUR")
    async with refused(world, RuleBroken, "allocations", 0, match="owed on the invoice: 200.00 USD") as caught:
        await pay(world, 500, of(sent, "200.01"))
    assert caught.value.reason is Reason.OUT_OF_RANGE
    async with refused(world, RuleBroken, "allocations", match="left of the payment: 100.00 USD"):
        await pay(world, 100, of(sent, "100.01"))
    elsewhere = await new_contact(world, "Bob", other)
    async with refused(world, RuleBroken, "contact_id", match="not at the account"):
        await pay(world, 1, contact_id=elsewhere.id)
    await archive_account(world.acting(world.owner), account_id=other.id)
    async with refused(world, RuleBroken, "account_id", match="archived"):
        await pay(world, 1, account_id=other.id)


async def _today(world: World) -> Any:
    return (await sql("SELECT (now() AT TIME ZONE $1)::date AS day", world.firm.time_zone))[0]["day"]


async def test_what_is_owed_is_told_to_whoever_may_know(world: World) -> None:
    invoice = await new_invoice(world, sent=True)
    cashier = await world.member("Cid", Role.EMPLOYEE, Right.MANAGE_PAYMENTS, Right.VIEW_ALL_ACCOUNTS)
    async with refused(world, RuleBroken, "allocations", 0) as caught:
        await record_payment(
            world.acting(cashier),
            method=CHEQUE,
            amount=Decimal(500),
            account_id=world.account.id,
            allocations=[of(invoice, 300)],
        )
    assert (caught.value.reason, caught.value.parameters) == (Reason.ABOVE_BALANCE, {})
    assert "200" not in caught.value.message
    async with refused(world, Forbidden, match="MANAGE_PAYMENTS"):
        await record_payment(
            world.acting(world.employee), method=CHEQUE, amount=Decimal(5), account_id=world.account.id
        )


async def test_a_debit_counts_when_it_has_cleared(world: World) -> None:
    job = await world.job()
    invoice = await new_invoice(world, job.id, sent=True)
    payment = await pay(world, 200, of(invoice, 200), method=DEBIT)
    owner = world.acting(world.owner)
    assert (payment.state, await states(invoice)) == (PaymentState.PENDING, [("UNPAID", Decimal(0))])
    assert await open_item_counts([job.id]) == {job.id: 1}
    # What is on its way is not to be paid once more, nor given back, and the invoice is not to be voided.
    async with refused(world, RuleBroken, "allocations", 0):
        await pay(world, 1, of(invoice, 1))
    async with refused(world, RuleBroken, "payment_id", match="on its way"):
        await refund_payment(owner, payment_id=payment.id, amount=Decimal(1))
    async with refused(world, RuleBroken, "invoice_id", match="applied"):
        await void_invoice(owner, invoice_id=invoice.id)
    before = await world.revision()
    for _ in range(2):
        cleared = (await clear_payment(owner, payment_id=payment.id)).value
    assert (cleared.state, cleared.version, await states(invoice)) == (
        PaymentState.CLEARED,
        2,
        [("PAID", Decimal(0))],
    )
    assert sorted(set(await told(world, before))) == ["InvoiceBalanceChanged", "PaymentStateChanged"]
    assert await open_item_counts([job.id]) == {}
    assert (await kept(invoice)).pending == 0


@pytest.mark.parametrize("method", [DEBIT, CHEQUE])
async def test_what_failed_was_never_there(method: PaymentMethod, world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    invoice = await new_invoice(world, job.id, sent=True)
    payment = await pay(world, 200, of(invoice, 150), method=method)
    for _ in range(2):
        failed = (await fail_payment(owner, payment_id=payment.id, failure=" No funds ")).value
    assert (failed.state, failed.failure, failed.unapplied, failed.version) == (
        PaymentState.FAILED,
        "No funds",
        Decimal(0),
        2,
    )
    assert await states(invoice) == [("UNPAID", Decimal(200))]
    assert await open_item_counts([job.id]) == {job.id: 1}
    assert await allocated([payment.id]) == {}
    for refusing in (
        clear_payment(owner, payment_id=payment.id),
        apply_payment(owner, payment_id=payment.id, allocations=[of(invoice, 1)]),
        refund_payment(owner, payment_id=payment.id, amount=Decimal(1)),
    ):
        async with refused(world, RuleBroken, "payment_id", match="failed"):
            await refusing
    await void_invoice(owner, invoice_id=invoice.id)


async def test_the_firms_switch_decides_what_counts(world: World) -> None:
    owner, job = world.acting(world.owner), await world.job()
    debited, other = await new_invoice(world, job.id, sent=True), await new_invoice(world, job.id, sent=True)
    part = await new_invoice(world, job.id, sent=True)
    await pay(world, 250, of(debited, 200), of(part, 50), method=DEBIT)
    await pay(world, 200, of(other, 200))
    assert [state for state, _ in await states(debited, other, part)] == ["UNPAID", "PAID", "UNPAID"]
    before = await world.revision()
    await update_firm(owner, count_pending_ach=True)
    assert [state for state, _ in await states(debited, other, part)] == ["PAID", "PAID", "PARTIALLY_PAID"]
    assert await open_item_counts([job.id]) == {job.id: 1}
    assert await world.revision() == before + 1
    assert (await told(world, before)).count("InvoiceBalanceChanged") == 4
    # Of one that fails it is owed again, at once.
    failing = await new_invoice(world, job.id, sent=True)
    debit = await pay(world, 200, of(failing, 200), method=DEBIT)
    assert await states(failing) == [("PAID", Decimal(0))]
    await fail_payment(owner, payment_id=debit.id)
    assert await states(failing) == [("UNPAID", Decimal(200))]
    await update_firm(owner, count_pending_ach=False)
    assert [state for state, _ in await states(debited, other, part)] == ["UNPAID", "PAID", "UNPAID"]
    assert await open_item_counts([job.id]) == {job.id: 3}


async def test_the_switch_takes_as_many_statements_however_many_there_are(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    taken = []
    for number in (1, 5):
        for _ in range(number):
            invoice = await new_invoice(world, (await world.job()).id, sent=True)
            await pay(world, 200, of(invoice, 200), method=DEBIT)
        with counted(caplog) as statements:
            await update_firm(world.acting(world.owner), count_pending_ach=number == 1)
        taken.append(len(statements))
    assert taken[0] == taken[1]


async def test_what_is_left_is_given_back(world: World) -> None:
    owner, invoice = world.acting(world.owner), await new_invoice(world, sent=True)
    payment = await pay(world, 300, of(invoice, 200))
    for amount, kind in (("0", Invalid), ("100.01", RuleBroken)):
        async with refused(world, kind, "amount"):
            await refund_payment(owner, payment_id=payment.id, amount=Decimal(amount))
    for amount in ("30", "70"):
        back = (await refund_payment(owner, payment_id=payment.id, amount=Decimal(amount), reason="Too much")).value
    assert (back.refunded, back.unapplied) == (Decimal(100), Decimal(0))
    async with refused(world, RuleBroken, "payment_id", match="given back"):
        await fail_payment(owner, payment_id=payment.id)
    # What the client need not pay after all: taken back, given back, credited.
    await _apply(world, payment, of(invoice, 160))
    await refund_payment(owner, payment_id=payment.id, amount=Decimal(40))
    await credit_invoice(owner, invoice_id=invoice.id, amount=Decimal(40), reason="A fault of ours")
    assert await states(invoice) == [("PAID", Decimal(0))]
    async with refused(world, Conflict, "expected_version"):
        await refund_payment(owner, payment_id=payment.id, amount=Decimal(1), expected_version=1)
    async with refused(world, RuleBroken, "lines"):
        await update_invoice(owner, invoice_id=invoice.id, lines=[])
    await sql("UPDATE account SET archived_at = now() WHERE id = $1", world.account.id)
    for refusing in (
        refund_payment(owner, payment_id=payment.id, amount=Decimal(1)),
        apply_payment(owner, payment_id=payment.id, allocations=[of(invoice, 1)]),
    ):
        async with refused(world, RuleBroken, "payment_id", match="archived"):
            await refusing


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payment SET amount = 1 WHERE firm_id = $1",
        "DELETE FROM payment WHERE firm_id = $1",
        "UPDATE payment_allocation SET amount = 1 WHERE firm_id = $1",
        "DELETE FROM payment_allocation WHERE firm_id = $1",
        "UPDATE payment_refund SET amount = 1 WHERE firm_id = $1",
        "UPDATE invoice SET applied = 201 WHERE firm_id = $1",
        "UPDATE payment SET applied = 300 WHERE firm_id = $1",
    ],
)
async def test_the_database_refuses_what_must_never_be(statement: str, world: World) -> None:
    payment = await pay(world, 300, of(await new_invoice(world, sent=True), 200))
    await refund_payment(world.acting(world.owner), payment_id=payment.id, amount=Decimal(1))
    with pytest.raises(Exception, match=r"written once|violates check"):
        await sql(statement, world.firm.id)


async def test_it_is_never_an_action_item(world: World) -> None:
    job = await world.job()
    payment = await pay(world, 5, method=DEBIT)
    await link_payment(world.acting(world.owner), payment_id=payment.id, job_id=job.id)
    assert await outstanding([job.id]) == {}
    assert (payment.open, payment.awaited) == (False, None)
    assert payment.title == f"Bank debit of {payment.received_date}"


async def test_who_paid_may_turn_out_to_be_another_one(world: World) -> None:
    ada, augusta = await new_contact(world, "Ada", world.account), await new_contact(world, "Augusta", world.account)
    payment, before = await pay(world, 5, contact_id=ada.id), await world.revision()
    await merge_contacts(world.acting(world.owner), contact_id=ada.id, into_id=augusta.id)
    assert (await Payment.get(id=payment.id)).payer_id == augusta.id
    assert (await told(world, before)).count("PaymentUpdated") == 1


# What the rows of a firm add up to, against what is kept beside them.
_WRONG = """
SELECT 'invoice' AS what, invoice.id FROM invoice LEFT JOIN LATERAL (
    SELECT coalesce(sum(moved.amount), 0) AS applied,
        coalesce(sum(moved.amount) FILTER (WHERE payment.state = 'PENDING'), 0) AS pending
    FROM payment_allocation AS moved JOIN payment ON payment.id = moved.payment_id WHERE moved.invoice_id = invoice.id
) AS paid ON true LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount), 0) AS credited FROM credit_note WHERE invoice_id = invoice.id
) AS note ON true
WHERE invoice.firm_id = $1 AND ((invoice.applied, invoice.pending, invoice.credited)
    IS DISTINCT FROM (paid.applied, paid.pending, note.credited)
    OR invoice.state <> CASE WHEN invoice.state = 'VOID' THEN 'VOID' WHEN invoice.sent_at IS NULL THEN 'UNPAID'
        WHEN note.credited + paid.applied - CASE WHEN $2 THEN 0 ELSE paid.pending END >= invoice.total THEN 'PAID'
        WHEN paid.applied - CASE WHEN $2 THEN 0 ELSE paid.pending END > 0 THEN 'PARTIALLY_PAID' ELSE 'UNPAID' END)
UNION ALL
SELECT 'payment', payment.id FROM payment WHERE payment.firm_id = $1 AND ((payment.applied, payment.refunded)
    IS DISTINCT FROM ((SELECT coalesce(sum(amount), 0) FROM payment_allocation WHERE payment_id = payment.id),
        (SELECT coalesce(sum(amount), 0) FROM payment_refund WHERE payment_id = payment.id)))
UNION ALL
SELECT 'link', link.item FROM job_item AS link JOIN invoice ON invoice.id = link.item
WHERE invoice.firm_id = $1 AND link.unlinked_at IS NULL AND link.open <> (invoice.state IN ('UNPAID', 'PARTIALLY_PAID'))
UNION ALL
SELECT 'numbers', firm_id FROM invoice WHERE firm_id = $1 GROUP BY firm_id
HAVING count(number) <> coalesce(max(number), 0) OR count(DISTINCT number) <> count(number)
UNION ALL
SELECT 'numbers of credit notes', firm_id FROM credit_note WHERE firm_id = $1 GROUP BY firm_id
HAVING count(*) <> max(number)
"""


async def test_every_sum_is_what_its_rows_add_up_to_whoever_writes_at_once(world: World) -> None:
    """The laws of money, under commands at random by several writers at once."""
    owner, chance = world.acting(world.owner), random.Random(71)
    jobs = [(await world.job()).id for _ in range(2)]
    invoices = [await new_invoice(world, jobs[number % 2], sent=number > 1) for number in range(5)]
    payments = [await pay(world, 300, method=method) for method in (CHEQUE, DEBIT, DEBIT)]

    def amount() -> Decimal:
        return Decimal(chance.choice(["0.01", "40", "99.99", "200", "350"]))

    def some() -> list[Allocation]:
        return [
            of(each, chance.choice([amount(), Decimal(0)])) for each in chance.sample(invoices, chance.randint(1, 3))
        ]

    def one(things: list[Any]) -> UUID:
        id: UUID = chance.choice(things).id
        return id

    commands: list[Callable[[], Awaitable[Any]]] = [
        lambda: pay(world, 200, *(each for each in some() if each.amount), method=chance.choice(list(PaymentMethod))),
        lambda: apply_payment(owner, payment_id=one(payments), allocations=some()),
        lambda: apply_payment(owner, payment_id=one(payments), allocations=some()),
        lambda: refund_payment(owner, payment_id=one(payments), amount=amount()),
        lambda: clear_payment(owner, payment_id=one(payments)),
        lambda: fail_payment(owner, payment_id=one(payments)),
        lambda: credit_invoice(owner, invoice_id=one(invoices), amount=amount(), reason="At random"),
        lambda: send_invoice(owner, invoice_id=one(invoices)),
        lambda: void_invoice(owner, invoice_id=one(invoices)),
        lambda: update_firm(owner, count_pending_ach=chance.random() < 0.5),
    ]
    kinds: set[str] = set()
    for _ in range(12):
        done = await asyncio.gather(*(chance.choice(commands)() for _ in range(8)), return_exceptions=True)
        for each in done:
            assert not isinstance(each, BaseException) or isinstance(each, Refusal), each
            kinds.add(type(each).__name__)
            if isinstance(each, Payment):
                payments.append(each)
        invoices.append(await new_invoice(world, chance.choice(jobs), sent=True))
        counts = (await sql("SELECT count_pending_ach FROM firm WHERE id = $1", world.firm.id))[0]["count_pending_ach"]
        assert await sql(_WRONG, world.firm.id, counts) == []
    assert kinds >= {"Payment", "Outcome", "RuleBroken"}
    recounted = {
        job: await JobItem.filter(job_id=job, open=True, unlinked_at__isnull=True, dismissed_at__isnull=True).count()
        for job in jobs
    }
    assert await open_item_counts(jobs) == {job: number for job, number in recounted.items() if number}
    assert {invoice.state for invoice in await Invoice.filter(firm_id=world.firm.id)} > {InvoiceState.PAID}
