"""What becomes of an invoice once it is written: it is sent, credited, voided; and what counts as paid of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from models import checks
from models.bounds import CREDIT_NOTES
from models.command import Change, command
from models.database import fetch, hold_names, sql
from models.errors import RuleBroken
from models.gathered import Gathered
from models.items import billed_entries, invoiced_proposals
from models.items import item as items
from models.items.invoice_lines import lines_of
from models.items.invoices import (
    InvoiceBalanceChanged,
    InvoiceCredited,
    InvoiceSent,
    InvoiceVoided,
    Sending,
    lock,
)
from models.items.item import Held
from models.items.states import wrong_state
from models.money import Money, rounded
from models.reasons import Reason
from models.rights import Right
from models.rows import Firm
from models.rows.invoices import CreditNote, Invoice, InvoiceState, Series
from models.texts import NAME

# Whoever takes a number holds the series until the transaction ends: another one waits, and undone, it is not taken.
_NEXT = """
INSERT INTO invoice_series AS series (firm_id, series, reached) VALUES ($1, $2, 1)
ON CONFLICT (firm_id, series) DO UPDATE SET reached = series.reached + 1 RETURNING reached
"""


async def next_number(firm_id: UUID, series: Series) -> int:
    """The next number of a firm's."""
    (row,) = await sql(_NEXT, firm_id, series.value)
    number: int = row["reached"]
    return number


@command("sendInvoice", Right.MANAGE_INVOICES)
async def send_invoice(change: Change, *, invoice_id: UUID, expected_version: int | None = None) -> Invoice:
    """Send a draft: it gets the firm's next number, and its lines stay as they are from then on. Where there is nothing
    to pay, it is paid at once."""
    await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    await invoiced_proposals.hold_jobs([invoice_id])
    held = await lock(change, invoice_id, expected_version)
    invoice = held.item
    if invoice.state is InvoiceState.VOID:
        raise wrong_state(invoice, invoice.state, "This invoice is void. Make another one.")
    if invoice.sent:
        return invoice
    await items.expect_in_use(change, invoice)
    if not (await lines_of([invoice_id]))[invoice_id]:
        told = "This invoice charges nothing yet. Give it a line first."
        raise RuleBroken(told, "invoice_id", reason=Reason.TOO_FEW, minimum=1, actual=0)
    invoice.sent_at, invoice.issue_date = change.now, change.today
    invoice.state = invoice.state_where(pending_counts=False)
    invoice.number = await next_number(invoice.firm_id, Series.INVOICE)
    await items.store(change, held, "sent_at", "issue_date", "state", "number")
    items.tell(change, InvoiceSent, held, number=invoice.number)
    await invoiced_proposals.follow(change, [held])
    return invoice


@command("voidInvoice", Right.MANAGE_INVOICES)
async def void_invoice(change: Change, *, invoice_id: UUID, expected_version: int | None = None) -> Invoice:
    """Void an invoice of which nothing was paid or credited: nobody is to pay it, and it keeps its number.

    The time that it billed can be billed again."""
    await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    await billed_entries.hold_jobs_with(invoice_id)
    held = await lock(change, invoice_id, expected_version)
    invoice = held.item
    if invoice.state is InvoiceState.VOID:
        return invoice
    if not invoice.sent:
        raise wrong_state(invoice, Sending.DRAFT, "This invoice is a draft. Delete it instead.")
    if invoice.applied:
        told = "Payments are applied to this invoice. Take back what they have here first."
        raise wrong_state(invoice, invoice.state, told)
    if invoice.credited:
        told = "There are credit notes on this invoice. Credit what is left of it instead."
        raise wrong_state(invoice, invoice.state, told)
    await billed_entries.free(change, await billed_entries.entries_of(invoice_id))
    invoice.state = InvoiceState.VOID
    await items.store(change, held, "state")
    items.tell(change, InvoiceVoided, held)
    await invoiced_proposals.follow(change, [held])
    return invoice


@command("creditInvoice", Right.MANAGE_INVOICES)
async def credit_invoice(
    change: Change, *, invoice_id: UUID, amount: Decimal, reason: str, expected_version: int | None = None
) -> Invoice:
    """Make a credit note on an invoice that was sent: so much of its balance the client need not pay after all.

    It has a number of its own, and stays as it is."""
    await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    pending_counts = await hold_what_counts(change)
    await invoiced_proposals.hold_jobs([invoice_id])
    held = await lock(change, invoice_id, expected_version)
    invoice = held.item
    with Gathered() as check:
        kept = check(NAME.check, reason, "reason")
        credited = check(checks.payment, amount, invoice.currency, "amount")
    await items.expect_in_use(change, invoice)
    expect_payable(invoice, "invoice_id")
    if credited > invoice.balance:
        told = f"At most what is owed can be credited: {invoice.money(invoice.balance).amount:f} {invoice.currency}."
        raise above(told, invoice, "amount")
    await _expect_room(invoice)
    note = CreditNote(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        number=await next_number(invoice.firm_id, Series.CREDIT_NOTE),
        amount=credited,
        reason=kept,
    )
    await note.save(force_create=True)
    before = invoice.state
    invoice.credited += credited
    invoice.state = invoice.state_where(pending_counts=pending_counts)
    await items.store(change, held, "credited", "state")
    items.tell(
        change,
        InvoiceCredited,
        held,
        credit_note_number=note.number,
        credited_amount=invoice.money(credited),
        from_invoice_state=before,
        to_invoice_state=invoice.state,
    )
    await invoiced_proposals.follow(change, [held])
    return invoice


def expect_payable(invoice: Invoice, *path: str | int) -> None:
    """`RuleBroken` for an invoice of which nothing can be paid, or credited: a draft, or a void one."""
    if invoice.state is InvoiceState.VOID:
        raise wrong_state(invoice, invoice.state, "This invoice is void: nobody is to pay it.", *path)
    if not invoice.sent:
        raise wrong_state(invoice, Sending.DRAFT, "This invoice is a draft. Send it first.", *path)


def above(told: str, invoice: Invoice, *path: str | int) -> RuleBroken:
    """The refusal of more than an invoice's balance, to whoever may know that."""
    most = invoice.money(invoice.balance).amount
    return RuleBroken(told, *path, reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit=invoice.currency)


async def _expect_room(invoice: Invoice) -> None:
    there = await CreditNote.filter(invoice_id=invoice.id).count()
    if there >= CREDIT_NOTES.most:
        told = f"This invoice has {there} credit notes, and can have no more. Credit all that is left in one next time."
        raise RuleBroken(told, "invoice_id", reason=Reason.TOO_MANY, maximum=CREDIT_NOTES.most, actual=there + 1)


class Credited(NamedTuple):
    """A credit note, as it is shown."""

    number: int
    amount: Money
    reason: str
    created_at: datetime
    created_by_id: UUID | None


_CREDIT_NOTES = """
SELECT note.invoice_id, note.number, note.amount, invoice.currency, note.reason, note.created_at, note.created_by_id
FROM credit_note AS note JOIN invoice ON invoice.id = note.invoice_id WHERE note.invoice_id = ANY($1)
ORDER BY note.number
"""


async def credit_notes_of(invoices: Sequence[UUID]) -> dict[UUID, list[Credited]]:
    """The credit notes on each invoice, in order."""
    found: dict[UUID, list[Credited]] = defaultdict(list)
    for invoice, number, amount, currency, *rest in await fetch(_CREDIT_NOTES, invoices):
        found[invoice].append(Credited(number, Money(rounded(amount, currency), currency), *rest))
    return found


def _switch(firm_id: UUID) -> str:
    return f"what counts as paid of {firm_id}"


async def hold_what_counts(change: Change) -> bool:
    """Whether the firm counts what is on its way as paid. That stays so until the transaction ends; before any row is
    held, since who switches it waits for those who rely on it."""
    await hold_names(_switch(change.actor.firm_id), shared=True)
    return (await change.scope.rows(Firm).get(change.actor.firm_id)).count_pending_ach


async def hold_for_switching(change: Change, *, counts: bool) -> list[Held[Invoice]]:
    """The invoices that may change when the firm counts what is on its way as paid, or does so no longer. They are held
    before the firm is, with the proposals of which they were made: whoever changes one holds it, and then the firm for
    its revision."""
    firm_id = change.actor.firm_id
    await hold_names(_switch(firm_id))
    if (await change.scope.rows(Firm).get(firm_id)).count_pending_ach == counts:
        return []
    ids = [row["id"] for row in await sql("SELECT id FROM invoice WHERE firm_id = $1 AND pending > 0", firm_id)]
    await invoiced_proposals.hold_jobs(ids)
    held = await items.lock_several(change.scope.rows(Invoice), Invoice, ids, "invoice_id")
    await invoiced_proposals.lock_behind(change, held)
    return held


#: What moves nothing, of an invoice of which only what counts has changed.
STILL = (Decimal(), Decimal())


async def restate(
    change: Change, held: Sequence[Held[Invoice]], moved: Mapping[UUID, tuple[Decimal, Decimal]], *, counts: bool
) -> None:
    """Write what is paid of invoices, by id how much more is applied to each and how much more is on its way; and their
    states, in a firm that counts the latter or does not. Where nothing changed, nothing is told."""
    before = {each.item.id: (each.item.state, each.item.balance) for each in held}
    for each in held:
        invoice, (applied, pending) = each.item, moved.get(each.item.id, STILL)
        invoice.applied += applied
        invoice.pending += pending
        invoice.state = invoice.state_where(pending_counts=counts)
    changed = [
        each
        for each in held
        if moved.get(each.item.id, STILL) != STILL or each.item.state is not before[each.item.id][0]
    ]
    await items.store_several(change, changed, "applied", "pending", "state")
    for each in changed:
        invoice, (state, balance) = each.item, before[each.item.id]
        items.tell(
            change,
            InvoiceBalanceChanged,
            each,
            from_invoice_state=state,
            to_invoice_state=invoice.state,
            from_balance=invoice.money(balance),
            to_balance=invoice.money(invoice.balance),
        )
    await invoiced_proposals.follow(change, changed)
