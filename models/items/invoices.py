"""Invoices: what a client is to pay for. A draft is written and sent; what was sent is paid, credited or voided.

Sending and what follows is in `models.items.invoice_states`, billing time in `models.items.time_billing`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models import checks
from models.command import Change, command
from models.command_steps import made_before
from models.errors import Invalid
from models.events import Changes, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.gathered import Gathered
from models.ids import InvoiceId, Kind, new_id
from models.items import billed_entries, invoiced_proposals
from models.items import item as items
from models.items.clients import acting_contact
from models.items.invoice_lines import Line, NewLine, check_lines, lines_of, net_of, total_of, write_lines
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.naming import names_contact
from models.items.states import wrong_state
from models.money import Money
from models.reasons import Reason
from models.rights import Right
from models.rows import Firm, register
from models.rows.invoices import CreditNote, Invoice, InvoiceLine, InvoiceSeries, InvoiceState
from models.scope import Place, not_found
from models.texts import MEMO

__all__ = ["CreditNote", "Invoice", "InvoiceLine", "InvoiceSeries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEvent(ItemEvent):
    """Something happened to an invoice. It is told once for each job that the invoice is linked to."""

    subject = "invoice"
    beside = ("job",)

    invoice: InvoiceId


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCreated(InvoiceEvent):
    """A draft of an invoice was made."""

    withheld = {"total": Right.MANAGE_INVOICES}
    says = {"total": "What it came to, with tax."}

    total: Money

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceUpdated(InvoiceEvent):
    """An invoice's lines, due date, payer or memo changed."""

    withheld = {"from_total": Right.MANAGE_INVOICES, "to_total": Right.MANAGE_INVOICES}
    says = {"lines_changed": "Whether its lines changed."}

    changes: Changes
    lines_changed: bool
    from_total: Money
    to_total: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSent(InvoiceEvent):
    """An invoice was sent to the client: it has a number from then on, and its lines stay as they are."""

    says = {"number": "The number that it was given."}

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceBalanceChanged(InvoiceEvent):
    """What is paid of an invoice changed, or what counts as paid: a payment was applied or taken back, cleared or
    failed, or the firm counts what is on its way, or does so no longer."""

    withheld = {"from_balance": Right.MANAGE_INVOICES, "to_balance": Right.MANAGE_INVOICES}

    from_invoice_state: InvoiceState
    to_invoice_state: InvoiceState
    from_balance: Money
    to_balance: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceCredited(InvoiceEvent):
    """A credit note was made: that much of the invoice the client need not pay."""

    withheld = {"credited_amount": Right.MANAGE_INVOICES}
    says = {
        "credit_note_number": "The number of the credit note.",
        "credited_amount": "What the client need not pay after all.",
    }

    credit_note_number: int
    credited_amount: Money
    from_invoice_state: InvoiceState
    to_invoice_state: InvoiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceVoided(InvoiceEvent):
    """An invoice was voided: nobody is to pay it. It keeps its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLinked(InvoiceEvent, ItemLinked):
    """An invoice was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceUnlinked(InvoiceEvent, ItemUnlinked):
    """An invoice was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDeleted(InvoiceEvent):
    """A draft of an invoice was deleted."""

    ends = True

    title: str


register(Invoice)
register_item(Invoice, InvoiceLinked, InvoiceUnlinked)


class InvoiceFields(TypedDict, total=False):
    """What `update_invoice` may change besides the lines; what is left out stays."""

    due_date: date | None
    payer_id: UUID | None
    memo: str


@command("createInvoice", Right.MANAGE_INVOICES)
async def create_invoice(
    change: Change,
    *,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    currency: str | None = None,
    lines: Sequence[NewLine] = (),
    due_date: date | None = None,
    payer_id: UUID | None = None,
    memo: str = "",
    id: UUID | None = None,
) -> Invoice:
    """Make a draft of an invoice to an account, on a job of it if you name one. It has no number until it is sent."""
    if earlier := await made_before(change, Invoice, id, InvoiceCreated):
        return earlier
    usual = (await change.scope.rows(Firm).get(change.actor.firm_id)).currency
    with Gathered() as check:
        check(items.expect_place, account_id, job_id)
        paid_in = usual if currency is None else check(checks.currency, currency)
        # What is no currency is told as such: its lines are then checked as if they were in the firm's.
        kept = check(check_lines, lines, paid_in or usual)
        written = check(MEMO.check, memo, "memo")
    if payer_id is not None:
        at = await items.account_of(change, account_id, job_id)
        await acting_contact(change, at, payer_id, "payer_id")
    account, job = await items.open_place(change, account_id, job_id)
    invoice = Invoice(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        currency=paid_in,
        net=net_of(kept),
        total=total_of(kept),
        due_date=due_date,
        payer_id=payer_id,
        memo=written,
        created_at=change.now,
    )
    held = await items.create(change, invoice, job)
    await write_lines(invoice.firm_id, invoice.id, kept)
    items.tell(change, InvoiceCreated, held, total=invoice.money(invoice.total))
    return invoice


async def lock(change: Change, invoice_id: UUID, expected_version: int | None) -> Held[Invoice]:
    """An invoice, held, at the version that the caller saw."""
    held = await items.lock(change.scope.rows(Invoice), Invoice, invoice_id, "invoice_id")
    held.item.expect(expected_version)
    return held


@command("updateInvoice", Right.MANAGE_INVOICES)
async def update_invoice(
    change: Change,
    *,
    invoice_id: UUID,
    lines: Sequence[NewLine] | None = None,
    expected_version: int | None = None,
    **fields: Unpack[InvoiceFields],
) -> Invoice:
    """Change the lines of a draft; or the due date, the payer or the memo of an invoice that is not void."""
    present = await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    payer = fields.get("payer_id")
    if payer is not None and payer != present.payer_id:
        await acting_contact(change, present.account_id, payer, "payer_id")
    were = (await lines_of([invoice_id]))[invoice_id] if lines is not None else []
    await invoiced_proposals.hold_jobs([invoice_id, *billed_entries.entries_in(were)])
    held = await lock(change, invoice_id, expected_version)
    invoice = held.item
    differing = invoice.differing(fields)
    if lines is not None:
        were = (await lines_of([invoice_id]))[invoice_id]
        # What is there already is not checked.
        lines = None if [line.in_currency(invoice.currency) for line in lines] == were else lines
    with Gathered() as check:
        wanted = check.each(differing, {"memo": MEMO.check})
        kept = None if lines is None else check(check_lines, lines, invoice.currency)
    if not wanted and kept is None:
        return invoice
    _expect_changeable(invoice, kept)
    await items.expect_in_use(change, invoice)
    before, changed = invoice.total, invoice.change_to(wanted)
    if kept is not None:
        await billed_entries.free(change, _left_out(were, kept))
    await _write(change, held, kept, *changed)
    _tell_updated(change, held, before, changes=changes_of(changed), lines_changed=kept is not None)
    if "payer_id" in changed:
        await invoiced_proposals.tell_of_payer(change, held)
    return invoice


def _expect_changeable(invoice: Invoice, lines: Sequence[Line] | None) -> None:
    if invoice.state is InvoiceState.VOID:
        raise wrong_state(invoice, invoice.state, "This invoice is void. Make another one.")
    if lines is not None:
        expect_draft(invoice, "Credit it, or void it and make another one.", "lines")


class Sending(StrEnum):
    """What a draft is, and what it is not any more, to whoever is refused."""

    DRAFT = "DRAFT"
    SENT = "SENT"


def expect_draft(invoice: Invoice, remedy: str, *path: str) -> None:
    """`RuleBroken` where an invoice was sent."""
    if invoice.sent:
        raise wrong_state(invoice, Sending.SENT, f"This invoice was sent already. {remedy}", *path)


def _left_out(were: Sequence[Line], lines: Sequence[Line]) -> list[UUID]:
    """The time entries that an invoice no longer bills. `NotFound` for one that it did not bill before: those come with
    billing."""
    billed, named = billed_entries.entries_in(were), [line.time_entry_id for line in lines]
    for place, entry in enumerate(named):
        if entry is not None and entry not in billed:
            raise not_found(Kind.TIME_ENTRY, entry, "lines", place, "time_entry_id")
        if entry is not None and entry in named[:place]:
            told = "Another line bills this time entry. Each is billed once."
            raise Invalid(told, "lines", place, "time_entry_id", reason=Reason.NAMED_TWICE)
    return [entry for entry in billed if entry not in named]


async def _write(change: Change, held: Held[Invoice], lines: Sequence[Line] | None, *changed: str) -> None:
    invoice = held.item
    if lines is not None:
        await write_lines(invoice.firm_id, invoice.id, lines)
        invoice.net, invoice.total = net_of(lines), total_of(lines)
        changed = (*changed, "net", "total")
    await items.store(change, held, *changed)


async def add_lines(change: Change, held: Held[Invoice], were: Sequence[Line], added: Sequence[Line]) -> None:
    """Write further lines of a draft, and tell of it."""
    before = held.item.total
    await _write(change, held, [*were, *added])
    _tell_updated(change, held, before, changes={}, lines_changed=True)


def _tell_updated(change: Change, held: Held[Invoice], before: Decimal, **fields: Any) -> None:
    invoice = held.item
    totals = {"from_total": invoice.money(before), "to_total": invoice.money(invoice.total)}
    items.tell(change, InvoiceUpdated, held, **totals, **fields)


def _tell_of_payer(change: Change, held: Held[Invoice], before: UUID, after: UUID) -> None:
    changes = changes_of({"payer_id": (before, after)})
    _tell_updated(change, held, held.item.total, changes=changes, lines_changed=False)


names_contact(Invoice, "payer_id", _tell_of_payer)


link_invoice = linking(Invoice, Right.MANAGE_INVOICES)
unlink_invoice = unlinking(Invoice, Right.MANAGE_INVOICES)


@command("deleteInvoice", Right.MANAGE_INVOICES)
async def delete_invoice(change: Change, *, invoice_id: UUID, expected_version: int | None = None) -> Invoice:
    """Delete a draft. One that was sent is voided instead. The answer's invoice is what it was.

    The time that it billed can be billed again."""
    await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    await billed_entries.hold_jobs_with(invoice_id)
    held = await lock(change, invoice_id, expected_version)
    expect_draft(held.item, "Void it instead.")
    await billed_entries.free(change, await billed_entries.entries_of(invoice_id))
    await items.end(held)
    items.tell(change, InvoiceDeleted, held, title=held.item.title)
    await invoiced_proposals.follow(change, [held], gone=True)
    return held.item
