"""What is in a template of invoices."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from models import checks
from models.clock import day_in
from models.command import Change
from models.gathered import Gathered
from models.ids import Kind
from models.items.invoice_lines import Line, NewLine, check_lines, lines_of
from models.rights import Right
from models.rows.invoices import Invoice
from models.templates.content import Content, Rewrite, TemplateKind, Text, content
from models.templates.dates import checked_date, date_in, since, stored_date
from models.templates.relative_dates import RelativeDate
from models.texts import CHARGED, MEMO

#: By what lines are checked that are in no currency: that is told besides.
_ANY = "USD"
_OF_A_LINE = [field.name for field in fields(NewLine) if field.name != "time_entry_id"]
_EXACT = ("unit_price", "quantity", "discount", "tax_rate")


@content
@dataclass(frozen=True, slots=True)
class InvoiceContent(Content):
    """A draft of an invoice to be made: what it charges, in a currency that is its own, whatever the firm's becomes."""

    kind = TemplateKind.INVOICE
    source = Kind.INVOICE
    needs = Right.MANAGE_INVOICES

    currency: str
    lines: tuple[NewLine, ...] = ()
    memo: str = ""
    due_date: RelativeDate | None = None

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "lines": [_stored(line) for line in self.lines], "due_date": stored_date(self.due_date)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        lines = tuple(_line_in(line) for line in stored["lines"])
        return cls(stored["currency"], lines, stored["memo"], date_in(stored["due_date"]))

    def checked(self) -> Self:
        with Gathered() as check:
            currency = check(checks.currency, self.currency)
            lines = check(check_lines, self.lines, currency or _ANY)
            memo = check(MEMO.check, self.memo, "memo")
            check(checked_date, self.due_date, "due_date")
        return replace(self, currency=currency, lines=tuple(map(_general, lines)), memo=memo)

    def rewritten(self, each: Rewrite) -> Self:
        lines = (
            replace(line, description=each(Text(line.description, ("lines", place, "description"), CHARGED)))
            for place, line in enumerate(self.lines)
        )
        return replace(self, lines=tuple(lines), memo=each(Text(self.memo, ("memo",), MEMO)))

    @classmethod
    async def made_of(cls, change: Change, id: UUID, *path: str) -> Self:
        invoice = await change.scope.rows(Invoice).get(id, *path)
        # What bills time is of just that time.
        lines = [line for line in (await lines_of([id])).get(id, []) if line.time_entry_id is None]
        made = day_in(change.time_zone, invoice.created_at)
        return cls(invoice.currency, tuple(map(_general, lines)), invoice.memo, since(made, invoice.due_date))


def _general(line: Line) -> NewLine:
    return NewLine(**{name: getattr(line, name) for name in _OF_A_LINE})


def _stored(line: NewLine) -> dict[str, Any]:
    kept = {name: getattr(line, name) for name in _OF_A_LINE}
    return kept | {name: None if kept[name] is None else str(kept[name]) for name in _EXACT}


def _line_in(stored: Mapping[str, Any]) -> NewLine:
    exact = {name: None if stored[name] is None else Decimal(stored[name]) for name in _EXACT}
    return NewLine(**{**stored, **exact})
