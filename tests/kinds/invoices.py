"""Invoices: how one is made, sent, and how their events come about."""

import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.commands.time import log_time, set_time_entry_rate
from models.ids import Kind
from models.items import invoice_states, invoices, time_billing
from models.items.invoice_lines import NewLine
from models.rights import Right
from models.rows import Account, TimeEntry
from models.rows.contacts import AccountContact
from models.rows.invoices import Invoice
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.lives import Cast, Life, Object, Step, given
from tests.planting import hidden_amount, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


def line(description: str = "Advice", price: str = "100", quantity: str = "2", **more: Any) -> NewLine:
    """Something to charge."""
    return NewLine(description, Decimal(price), Decimal(quantity), **more)


async def billable_entry(actor: Actor, spot: Spot, note: str = "Called them", rate: str = "60") -> UUID:
    """Time that can be billed."""
    place = {"job_id": spot.job} if spot.job is not None else {"account_id": spot.account}
    entry = (await log_time(actor, minutes=6, note=note, **place)).value  # type: ignore[arg-type]
    await set_time_entry_rate(actor, time_entry_id=entry.id, rate=Decimal(rate))
    return entry.id


async def make_draft(actor: Actor, word: str, spot: Spot, **fields: Any) -> UUID:
    """A draft with a line."""
    advice = hidden_text(f"{word} advice", Right.MANAGE_INVOICES)
    price = hidden_amount(100, 5, Right.MANAGE_INVOICES)
    lines = [line(advice, str(price), tax_rate=Decimal("8.875"))]
    memo = hidden_text(f"{word}\n\nThank you.", Right.MANAGE_INVOICES)
    made = invoices.create_invoice(actor, account_id=spot.account, job_id=spot.job, lines=lines, memo=memo, **fields)
    return (await made).value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A draft that bills time as well, to be paid by somebody."""
    there = await AccountContact.filter(account_id=spot.account).order_by("id").first()
    invoice = await make_draft(actor, word, spot, payer_id=None if there is None else there.contact_id)
    note = hidden_text(word, Right.MANAGE_TIME_ENTRIES, Right.MANAGE_INVOICES)
    rate = hidden_amount(60, 4, Right.MANAGE_RATES, Right.MANAGE_INVOICES)
    entry = await billable_entry(actor, spot, note, str(rate))
    await time_billing.bill_time_entries(actor, invoice_id=invoice, time_entry_ids=[entry])
    return invoice


async def make_loose(actor: Actor, word: str, spot: Spot) -> UUID:
    """A draft on no job."""
    return await make_draft(actor, word, Spot(spot.account))


async def make_sent(actor: Actor, word: str, spot: Spot, **fields: Any) -> UUID:
    """One that was sent."""
    invoice = await make_draft(actor, word, spot, **fields)
    await invoice_states.send_invoice(actor, invoice_id=invoice)
    return invoice


async def make_credited(actor: Actor, word: str, spot: Spot) -> UUID:
    """One of which the client need not pay a part."""
    invoice = await make_sent(actor, word, spot)
    amount = hidden_amount(1, 1, Right.MANAGE_INVOICES)
    reason = hidden_text(f"{word} gift", Right.MANAGE_INVOICES)
    await invoice_states.credit_invoice(actor, invoice_id=invoice, amount=amount, reason=reason)
    return invoice


async def payer(_actor: Actor, _word: str, spot: Spot) -> UUID:
    """Who is to pay a draft."""
    invoice = await Invoice.filter(account_id=spot.account, payer_id__isnull=False).order_by("id").first()
    assert invoice is not None and invoice.payer_id is not None
    return invoice.payer_id


async def make_entry(actor: Actor, word: str, spot: Spot) -> UUID:
    """Time that can be billed."""
    note = hidden_text(word, Right.MANAGE_TIME_ENTRIES)
    return await billable_entry(actor, spot, note, str(hidden_amount(60, 3, Right.MANAGE_RATES)))


async def billed_entry(_actor: Actor, _word: str, spot: Spot) -> UUID:
    """The entry that the draft bills."""
    entry = await TimeEntry.filter(account_id=spot.account, invoice_id__isnull=False).order_by("id").first()
    assert entry is not None
    return entry.id


async def _found_by(invoice: Invoice) -> tuple[str, str]:
    account = await Account.get(id=invoice.account_id)
    return re.sub(r"[^\w ]", "", f"{invoice.title} {account.name}"), str(invoice.number or "")


_ADVICE = [{"description": "Advice", "unitPrice": "100", "quantity": "2"}]
_drafted = Step(mutation="createInvoice", given=given(lines=_ADVICE), event="InvoiceCreated", awaits="SENDING")
_sent = Step(mutation="sendInvoice", event="InvoiceSent", awaits="PAYMENT")


def _paying(amount: str) -> Callable[[Cast], Object]:
    return lambda cast: {
        "accountId": cast.account,
        "method": "CHEQUE",
        "amount": "200",
        "contactId": cast.contact,
        "allocations": [{"invoiceId": cast.item["id"], "amount": amount}],
    }


def _having(amount: str, awaits: str | None) -> Step:
    """The invoice has so much of what the client paid."""
    return Step(
        mutation="applyPayment",
        given=lambda cast: {
            "paymentId": cast.made["recordPayment"]["id"],
            "allocations": [{"invoiceId": cast.item["id"], "amount": amount}],
        },
        event="InvoiceBalanceChanged",
        awaits=awaits,
        answers="payment",
        also=frozenset({"PaymentApplied"}),
    )


LIVES = [
    Life(
        made=_drafted,
        steps=[
            Step(mutation="updateInvoice", given=given(memo="Thank you."), event="InvoiceUpdated", awaits="SENDING"),
            _sent,
            # A part of it is paid, the whole of it, and nothing any more.
            Step(
                mutation="recordPayment",
                given=_paying("50"),
                event="InvoiceBalanceChanged",
                awaits="PAYMENT",
                answers="payment",
                also=frozenset({"PaymentRecorded"}),
            ),
            _having("200", None),
            _having("0", "PAYMENT"),
            Step(mutation="voidInvoice", event="InvoiceVoided"),
        ],
    ),
    # One that the client need not pay after all.
    Life(
        made=_drafted,
        steps=[
            _sent,
            Step(mutation="creditInvoice", given=given(amount="200", reason="A gift"), event="InvoiceCredited"),
        ],
    ),
    # One that nobody is sent.
    Life(made=_drafted, end=Step(mutation="deleteInvoice", event="InvoiceDeleted")),
]

SPECIMENS = Specimens(
    kind=Kind.INVOICE,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "loose invoice": make_loose,
        "sent invoice": make_sent,
        "credited invoice": make_credited,
        "payer": payer,
        "billed entry": billed_entry,
        "unbilled entry": make_entry,
    },
    chosen={
        "linkInvoice.invoiceId": "loose invoice",
        "creditInvoice.invoiceId": "sent invoice",
        "voidInvoice.invoiceId": "sent invoice",
        "invoices.payer": "payer",
        "updateInvoice.timeEntryId": "billed entry",
        "billTimeEntries.timeEntryIds": "unbilled entry",
    },
    not_any_more={
        "updateInvoice": [
            "UPDATE invoice SET memo = repeat('x', 30000) WHERE id = $1",
            "UPDATE account SET archived_at = now() WHERE id = (SELECT account_id FROM invoice WHERE id = $1)",
            "UPDATE contact SET archived_at = now() WHERE id = (SELECT payer_id FROM invoice WHERE id = $1)",
        ]
    },
    facts={"search": _found_by},
    lives=LIVES,
)


async def on_jobs(world: World, *more: UUID, sent: bool = False) -> UUID:
    """An invoice on a job that the employee sees, and on these."""
    making = make_sent if sent else make_draft
    invoice = await making(owner_of(world), "Advice", Spot(world.account.id, (await world.job()).id))
    for job in more:
        await invoices.link_invoice(owner_of(world), invoice_id=invoice, job_id=job)
    return invoice


@causes(invoices.InvoiceCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await make_draft(owner_of(world), "Advice", Spot(world.account.id, job))


@causes(invoices.InvoiceUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    invoice = await on_jobs(world, await hidden_job(world))
    entry = await billable_entry(owner_of(world), Spot(world.account.id, (await world.job()).id))
    yield
    await invoices.update_invoice(owner_of(world), invoice_id=invoice, memo="", lines=[line(), line()])
    await time_billing.bill_time_entries(owner_of(world), invoice_id=invoice, time_entry_ids=[entry])


@causes(invoices.InvoiceSent)
async def sent(world: World) -> AsyncIterator[None]:
    invoice = await on_jobs(world, await hidden_job(world))
    yield
    await invoice_states.send_invoice(owner_of(world), invoice_id=invoice)


@causes(invoices.InvoiceCredited)
async def credited(world: World) -> AsyncIterator[None]:
    invoice = await on_jobs(world, await hidden_job(world), sent=True)
    yield
    total = (await Invoice.get(id=invoice)).total
    await invoice_states.credit_invoice(owner_of(world), invoice_id=invoice, amount=total, reason="A gift")


@causes(invoices.InvoiceVoided)
async def voided(world: World) -> AsyncIterator[None]:
    invoice = await on_jobs(world, await hidden_job(world), sent=True)
    yield
    await invoice_states.void_invoice(owner_of(world), invoice_id=invoice)


@causes(invoices.InvoiceLinked)
async def linked(world: World) -> AsyncIterator[None]:
    invoice, jobs = await on_jobs(world), [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await invoices.link_invoice(owner_of(world), invoice_id=invoice, job_id=job)


@causes(invoices.InvoiceUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    invoice = await on_jobs(world, *jobs)
    yield
    for job in jobs:
        await invoices.unlink_invoice(owner_of(world), invoice_id=invoice, job_id=job)


@causes(invoices.InvoiceDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    invoice = await on_jobs(world, await hidden_job(world))
    yield
    await invoices.delete_invoice(owner_of(world), invoice_id=invoice)
