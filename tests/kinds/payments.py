"""Payments: how one is recorded, and how their events come about."""

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.firm.contact_merging import merge_contacts
from models.ids import Kind
from models.items import invoices, payments
from models.items.payment_allocations import Allocation
from models.rights import Right
from models.rows import Account
from models.rows.contacts import AccountContact
from models.rows.payments import Payment, PaymentMethod
from tests.kinds import contacts
from tests.kinds.invoices import make_sent
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Before, Life, Step, given
from tests.planting import hidden_amount, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot, paid: Decimal | None = None, **fields: Any) -> UUID:
    """A cheque over a thousand, of which an invoice has ninety by now, and a hundred was given back."""
    there = await AccountContact.filter(account_id=spot.account).order_by("id").first()
    invoice = await make_sent(actor, word, spot)
    if paid is None:
        paid = hidden_amount(90, 1, Right.MANAGE_PAYMENTS, Right.MANAGE_INVOICES)
    fields = {"method": PaymentMethod.CHEQUE, "contact_id": None if there is None else there.contact_id} | fields
    more = 10 if fields["method"] is PaymentMethod.CHEQUE else 0
    made = payments.record_payment(
        actor,
        account_id=spot.account,
        job_id=spot.job,
        amount=hidden_amount(1000, 6, Right.MANAGE_PAYMENTS),
        reference=hidden_text(f"{word} 12"[:80], Right.MANAGE_PAYMENTS),
        allocations=[Allocation(invoice, paid + more)],
        **fields,
    )
    payment = (await made).value.id
    if more:
        await payments.apply_payment(actor, payment_id=payment, allocations=[Allocation(invoice, paid)])
        back, reason = hidden_amount(100, 3, Right.MANAGE_PAYMENTS), hidden_text(f"{word} back", Right.MANAGE_PAYMENTS)
        await payments.refund_payment(actor, payment_id=payment, amount=back, reason=reason)
    return payment


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on no job."""
    return await make(actor, word, Spot(spot.account))


async def make_pending(actor: Actor, word: str, spot: Spot, paid: Decimal | None = None) -> UUID:
    """A bank debit that is still on its way."""
    return await make(actor, word, spot, paid, method=PaymentMethod.BANK_DEBIT)


async def make_failed(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that failed."""
    payment = await make_pending(actor, word, spot, Decimal(90))
    await payments.fail_payment(actor, payment_id=payment, failure=hidden_text(f"{word} failed", Right.MANAGE_PAYMENTS))
    return payment


async def make_euros(actor: Actor, word: str, spot: Spot) -> UUID:
    """An invoice in another currency, to be paid in that."""
    return await make_sent(actor, word, Spot(spot.account), currency="EUR")


async def payer(_actor: Actor, _word: str, spot: Spot) -> UUID:
    """Who paid."""
    payment = await Payment.filter(account_id=spot.account, payer_id__isnull=False).order_by("id").first()
    assert payment is not None and payment.payer_id is not None
    return payment.payer_id


async def _found_by(payment: Payment) -> tuple[str, str]:
    account = await Account.get(id=payment.account_id)
    return re.sub(r"[^\w ]", "", f"{payment.title.replace('-', ' ')} {account.name}"), ""


_PAID = {"method": "BANK_DEBIT", "amount": "100"}
_recorded = partial(Step, mutation="recordPayment", event="PaymentRecorded", for_client=True)

LIVES = [
    Life(
        before=[
            Before(
                mutation="createInvoice",
                given=lambda cast: {
                    "accountId": cast.account,
                    "lines": [{"description": "Advice", "unitPrice": "60", "quantity": "1"}],
                },
                thing="invoice",
            ),
            Before(
                mutation="sendInvoice",
                given=lambda cast: {"invoiceId": cast.made["createInvoice"]["id"]},
                thing="invoice",
            ),
        ],
        made=_recorded(given=given(**_PAID)),
        steps=[
            Step(
                mutation="applyPayment",
                given=lambda cast: {"allocations": [{"invoiceId": cast.made["createInvoice"]["id"], "amount": "60"}]},
                event="PaymentApplied",
                also=frozenset({"InvoiceBalanceChanged"}),
            ),
            Step(mutation="clearPayment", event="PaymentStateChanged", also=frozenset({"InvoiceBalanceChanged"})),
            Step(mutation="refundPayment", given=given(amount="40", reason="Too much"), event="PaymentRefunded"),
        ],
    ),
    # One that never comes.
    Life(
        made=_recorded(given=given(**_PAID)),
        steps=[Step(mutation="failPayment", given=given(failure="No funds"), event="PaymentStateChanged")],
    ),
]

SPECIMENS = Specimens(
    kind=Kind.PAYMENT,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "loose payment": make_loose,
        "pending payment": make_pending,
        "debit": make_pending,
        "failed payment": make_failed,
        "invoice in euros": make_euros,
        "who paid": payer,
    },
    chosen={
        "linkPayment.paymentId": "loose payment",
        "clearPayment.paymentId": "pending payment",
        "failPayment.paymentId": "debit",
        "recordPayment.invoiceId": "invoice in euros",
        "applyPayment.invoiceId": "sent invoice",
        "payments.payer": "who paid",
    },
    facts={"search": _found_by},
    lives=LIVES,
)


async def on_jobs(world: World, *more: UUID, **fields: Any) -> UUID:
    """A payment on a job that the employee sees, and on these."""
    payment = await make(owner_of(world), "Ada", Spot(world.account.id, (await world.job()).id), **fields)
    for job in more:
        await payments.link_payment(owner_of(world), payment_id=payment, job_id=job)
    return payment


@causes(payments.PaymentRecorded)
async def recorded(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make(owner_of(world), "Ada", Spot(world.account.id, job))


@causes(invoices.InvoiceBalanceChanged)
async def paid(world: World) -> AsyncIterator[None]:
    invoice = await make_sent(owner_of(world), "Advice", Spot(world.account.id, (await world.job()).id))
    await invoices.link_invoice(owner_of(world), invoice_id=invoice, job_id=await hidden_job(world))
    yield
    total = (await invoices.Invoice.get(id=invoice)).total
    await payments.record_payment(
        owner_of(world),
        account_id=world.account.id,
        method=PaymentMethod.CARD,
        amount=total,
        allocations=[Allocation(invoice, total)],
    )


@causes(payments.PaymentApplied)
async def applied(world: World) -> AsyncIterator[None]:
    payment = await on_jobs(world, await hidden_job(world))
    invoice = await make_sent(owner_of(world), "Advice", Spot(world.account.id))
    yield
    wanted = [Allocation(invoice, Decimal(50))]
    await payments.apply_payment(owner_of(world), payment_id=payment, allocations=wanted)


@causes(payments.PaymentStateChanged)
async def cleared(world: World) -> AsyncIterator[None]:
    debits = [await on_jobs(world, await hidden_job(world), method=PaymentMethod.BANK_DEBIT) for _ in range(2)]
    yield
    await payments.clear_payment(owner_of(world), payment_id=debits[0])
    await payments.fail_payment(owner_of(world), payment_id=debits[1], failure="No funds")


@causes(payments.PaymentRefunded)
async def refunded(world: World) -> AsyncIterator[None]:
    payment = await on_jobs(world, await hidden_job(world))
    yield
    await payments.refund_payment(owner_of(world), payment_id=payment, amount=Decimal(5))


@causes(payments.PaymentUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    ada = await contacts.make(owner_of(world), "Ada", Spot(world.account.id))
    augusta = await contacts.make(owner_of(world), "Augusta", Spot(world.account.id))
    await on_jobs(world, await hidden_job(world), contact_id=ada)
    yield
    await merge_contacts(owner_of(world), contact_id=ada, into_id=augusta)


@causes(payments.PaymentLinked)
async def linked(world: World) -> AsyncIterator[None]:
    payment, jobs = await on_jobs(world), [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await payments.link_payment(owner_of(world), payment_id=payment, job_id=job)


@causes(payments.PaymentUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    payment = await on_jobs(world, *jobs)
    yield
    for job in jobs:
        await payments.unlink_payment(owner_of(world), payment_id=payment, job_id=job)
