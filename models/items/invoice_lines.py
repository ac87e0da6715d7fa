"""What an invoice charges: its lines, and what they add up to.

Each line is rounded to what its currency can be paid in; of each rate of tax the tax is worked out once, on the sum of
its lines. See docs/decisions/0071-what-an-invoice-adds-up-to.md."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import INVOICE_LINES, MINUTES_CHARGED, PERCENT, QUANTITY
from models.database import fetch, sql
from models.errors import Invalid, Refusal
from models.gathered import Gathered, together
from models.money import Money, rounded
from models.reasons import Reason
from models.rows.invoices import InvoiceLine
from models.texts import CHARGED

#: The decimals of a quantity, and of a rate in percent.
QUANTITY_DECIMALS, PERCENT_DECIMALS = 4, 3


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line as somebody wrote it."""

    description: str
    unit_price: Decimal
    quantity: Decimal | None = None
    minutes: int | None = None
    discount: Decimal = Decimal()
    tax_rate: Decimal = Decimal()
    #: The time entry that it bills, which the invoice has already.
    time_entry_id: UUID | None = None

    def in_currency(self, currency: str) -> "Line":
        """The line as it is kept, if nothing is wrong with it."""
        return Line(
            currency,
            self.description,
            self.unit_price,
            Decimal(1) if self.quantity is None and self.minutes is None else self.quantity,
            self.minutes,
            self.discount,
            self.tax_rate,
            self.time_entry_id,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One of the things that an invoice charges: so many, or for so long at the price of an hour."""

    currency: str
    description: str
    unit_price: Decimal
    quantity: Decimal | None
    minutes: int | None
    discount: Decimal
    tax_rate: Decimal
    time_entry_id: UUID | None = None

    @property
    def net(self) -> Decimal:
        """What it comes to, less its discount, without tax."""
        kept = 100 - self.discount
        if self.minutes is not None:
            return rounded(self.unit_price * self.minutes * kept / 6_000, self.currency)
        assert self.quantity is not None
        return rounded(self.unit_price * self.quantity * kept / 100, self.currency)

    def money(self, amount: Decimal) -> Money:
        """An amount in its currency."""
        return Money(rounded(amount, self.currency), self.currency)


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax at one rate, on all that is charged at it."""

    rate: Decimal
    net: Money
    amount: Money


def net_of(lines: Iterable[Line]) -> Decimal:
    """What lines come to without tax."""
    return sum((line.net for line in lines), Decimal())


def taxes_on(_invoice: Any, lines: Iterable[Line]) -> list[Tax]:
    """The tax on an invoice that has these lines."""
    return taxes_of(lines)


def taxes_of(lines: Iterable[Line]) -> list[Tax]:
    """The tax at each rate that lines have, the lowest rate first."""
    charged: dict[Decimal, list[Line]] = defaultdict(list)
    for line in lines:
        if line.tax_rate:
            charged[line.tax_rate].append(line)
    taxes = []
    for rate, of_rate in sorted(charged.items()):
        net, first = net_of(of_rate), of_rate[0]
        taxes.append(Tax(rate, first.money(net), first.money(net * rate / 100)))
    return taxes


def total_of(lines: Sequence[Line]) -> Decimal:
    """What lines come to with tax."""
    return net_of(lines) + sum((tax.amount.amount for tax in taxes_of(lines)), Decimal())


def check_lines(given: Sequence[NewLine], currency: str, path: str = "lines") -> list[Line]:
    """The lines as they are kept, or `Invalid` with all that is wrong with any of them."""
    if len(given) not in INVOICE_LINES:
        told = f"An invoice has at most {INVOICE_LINES.most} lines, and these are {len(given)}."
        raise Invalid(told, path, reason=Reason.TOO_MANY, maximum=INVOICE_LINES.most, actual=len(given))
    lines: list[Line] = []
    refused: list[Refusal] = []
    for place, line in enumerate(given):
        try:
            lines.append(_check_line(line, currency))
        except Refusal as refusal:
            refused.append(refusal.within(path, place))
    if refused:
        raise together(refused)
    expect_payable(lines, currency, path)
    return lines


def _check_line(given: NewLine, currency: str) -> Line:
    with Gathered() as check:
        description = check(CHARGED.check, given.description, "description")
        price = check(checks.money, given.unit_price, currency, "unit_price")
        quantity = check(_quantity, given)
        minutes = None if given.minutes is None else check(checks.minutes, given.minutes, "minutes", MINUTES_CHARGED)
        discount = check(percent, given.discount, "discount")
        tax_rate = check(percent, given.tax_rate, "tax_rate")
    return Line(currency, description, price, quantity, minutes, discount, tax_rate, given.time_entry_id)


def _quantity(given: NewLine) -> Decimal | None:
    if given.minutes is not None:
        if given.quantity is not None:
            told = "Say how many of it, or for how many minutes, not both."
            raise Invalid(told, "quantity", reason=Reason.ONLY_ONE, field="minutes")
        return None
    return checks.number(
        Decimal(1) if given.quantity is None else given.quantity, "quantity", QUANTITY, QUANTITY_DECIMALS, "THINGS"
    )


def percent(value: Decimal, field: str) -> Decimal:
    """A part of a hundred."""
    return checks.number(value, field, PERCENT, PERCENT_DECIMALS, "PERCENT")


def expect_payable(lines: Sequence[Line], currency: str, path: str) -> None:
    """`Invalid` where lines come to more than any amount that is kept."""
    if total_of(lines) > checks.LARGEST_AMOUNT:
        most = rounded(checks.LARGEST_AMOUNT, currency)
        told = f"Together these come to more than {most:f} {currency}. Charge them in several parts."
        raise Invalid(told, path, reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit=currency)


_KEPT = [name for name in Line.__slots__ if name != "currency"]
_LINES = f"""
SELECT line.invoice_id, invoice.currency, {", ".join(f"line.{name}" for name in _KEPT)}
FROM invoice_line AS line JOIN invoice ON invoice.id = line.invoice_id
WHERE line.invoice_id = ANY($1) ORDER BY line.invoice_id, line.place
"""


async def lines_of(invoices: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """The lines of each invoice, in order."""
    found: dict[UUID, list[Line]] = defaultdict(list)
    for invoice, *values in await fetch(_LINES, invoices):
        found[invoice].append(Line(*values))
    return found


async def write_lines(firm_id: UUID, invoice_id: UUID, lines: Sequence[Line]) -> None:
    """Put these lines in place of all that an invoice has, which is held."""
    await sql("DELETE FROM invoice_line WHERE invoice_id = $1", invoice_id)
    if lines:
        await InvoiceLine.bulk_create([_row(firm_id, invoice_id, place, line) for place, line in enumerate(lines)])


def _row(firm_id: UUID, invoice_id: UUID, place: int, line: Line) -> InvoiceLine:
    kept = {name: getattr(line, name) for name in _KEPT}
    return InvoiceLine(firm_id=firm_id, invoice_id=invoice_id, place=place, **kept)
