"""Billing time: time entries become lines of a draft."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from models import checks
from models.bounds import BILLED, INVOICE_LINES
from models.command import Change, command
from models.errors import RuleBroken
from models.gathered import Gathered
from models.ids import Kind
from models.items import billed_entries, invoices
from models.items import item as items
from models.items.invoice_lines import Line, expect_payable, lines_of, percent
from models.items.states import wrong_state
from models.reasons import Reason
from models.rights import Right
from models.rows import Firm, TimeEntry
from models.rows.invoices import Invoice


class _Unbillable(StrEnum):
    """Why a time entry is not billed."""

    RUNNING = "RUNNING"
    NOT_BILLABLE = "NOT_BILLABLE"
    WITHOUT_RATE = "WITHOUT_RATE"
    BILLED = "BILLED"


_REMEDIES = {
    _Unbillable.RUNNING: "This timer is running. Stop it first.",
    _Unbillable.NOT_BILLABLE: "This time entry is not billable. Leave it out, or make it billable first.",
    _Unbillable.WITHOUT_RATE: "This time entry has no rate. Set one first.",
    _Unbillable.BILLED: "This time entry is billed already, on another invoice. Each is billed once.",
}


@command("billTimeEntries", Right.MANAGE_INVOICES)
async def bill_time_entries(
    change: Change,
    *,
    invoice_id: UUID,
    time_entry_ids: Sequence[UUID],
    tax_rate: Decimal = Decimal(),
    expected_version: int | None = None,
) -> Invoice:
    """Bill time entries of the client on a draft: each becomes a line, at its own rate. Which it bills already stay as
    they are. Besides the right to invoices it needs MANAGE_RATES.

    An entry is billed once, and its minutes, its rate and whether it is billable stay as they are, until the line is
    taken out, the draft deleted or the invoice voided."""
    change.require(Right.MANAGE_RATES, "Billing time", "time_entry_ids")
    with Gathered() as check:
        wanted = check(checks.several, time_entry_ids, "time_entry_ids", most=BILLED.most)
        rate = check(percent, tax_rate, "tax_rate")
    await change.scope.rows(Invoice).get(invoice_id, "invoice_id")
    await items.hold_jobs([invoice_id, *await change.seen.rows(TimeEntry).many(wanted)])
    held = await invoices.lock(change, invoice_id, expected_version)
    invoice = held.item
    entries = await items.lock_several(change.seen.rows(TimeEntry), TimeEntry, wanted, "time_entry_ids")
    added = [entry for entry in entries if entry.item.invoice_id != invoice_id]
    if not added:
        return invoice
    invoices.expect_draft(invoice, "Make another one for this time.")
    await items.expect_in_use(change, invoice)
    await _expect_same_currency(change, invoice)
    for entry in added:
        _expect_billable(entry.item, invoice, wanted.index(entry.item.id))
    were = (await lines_of([invoice_id]))[invoice_id]
    lines = [_line_of(entry.item, invoice, rate) for entry in added]
    _expect_room(were, lines)
    expect_payable([*were, *lines], invoice.currency, "time_entry_ids")
    await billed_entries.keep(change, added, invoice_id)
    await invoices.add_lines(change, held, were, lines)
    return invoice


async def _expect_same_currency(change: Change, invoice: Invoice) -> None:
    # Rates are in whatever is the firm's currency.
    firm = await change.scope.rows(Firm).get(change.actor.firm_id)
    if firm.currency != invoice.currency:
        told = f"This invoice is in {invoice.currency}, and rates are in {firm.currency}. Make one in that."
        raise RuleBroken(
            told, "invoice_id", reason=Reason.OTHER_CURRENCY, expected=firm.currency, actual=invoice.currency
        )


def _expect_billable(entry: TimeEntry, invoice: Invoice, place: int) -> None:
    path = ("time_entry_ids", place)
    if entry.account_id != invoice.account_id:
        told = "This time was spent for another client. Bill it on an invoice to them."
        raise RuleBroken(told, *path, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
    holding = {
        _Unbillable.RUNNING: entry.running,
        _Unbillable.NOT_BILLABLE: not entry.billable,
        _Unbillable.WITHOUT_RATE: entry.rate is None,
        _Unbillable.BILLED: entry.billed,
    }
    for state, holds in holding.items():
        if holds:
            raise wrong_state(entry, state, _REMEDIES[state], *path)


def _line_of(entry: TimeEntry, invoice: Invoice, tax_rate: Decimal) -> Line:
    price = entry.rate_in(invoice.currency)
    assert price is not None
    return Line(invoice.currency, entry.title, price, None, entry.minutes, Decimal(), tax_rate, entry.id)


def _expect_room(were: Sequence[Line], added: Sequence[Line]) -> None:
    lines = len(were) + len(added)
    if lines > INVOICE_LINES.most:
        raise RuleBroken(
            f"The invoice would have {lines} lines; at most {INVOICE_LINES.most} are allowed. Bill the rest on another "
            "one.",
            "time_entry_ids",
            reason=Reason.TOO_MANY,
            maximum=INVOICE_LINES.most,
            actual=lines,
        )
