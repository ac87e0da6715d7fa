"""Amounts of money, rounded to what a currency can be paid in. No amount is rounded anywhere else.

The minor units are those of ISO 4217 (https://www.iso.org/iso-4217-currency-codes.html): a yen has none, a dollar two,
a Kuwaiti dinar three. Halves go away from zero, as invoices have it."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from iso4217 import Currency

#: The most decimals that any currency has: as many are stored.
MOST_DECIMALS = 4
#: Of what was stored as a currency and is none by now.
_USUAL_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in units of a currency, which ISO 4217 has a code for: exact, and never a float."""

    amount: Decimal
    currency: str


def is_currency(code: str) -> bool:
    """Whether something can be paid in it: ISO 4217 has codes for gold and for nothing, too."""
    try:
        return Currency(code).exponent is not None
    except ValueError:
        return False


def minor_units(currency: str) -> int:
    """How many decimals an amount in this currency has."""
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    return _USUAL_DECIMALS if exponent is None else exponent


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount with just the decimals of its currency. Nothing is never less than nothing: there is no -0."""
    whole = amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)
    return whole if whole else abs(whole)


def shortest(number: Decimal) -> Decimal:
    """The same number, without zeros at its end that say nothing: as a quantity or a rate is shown."""
    return number.normalize() if number else Decimal()


def worth(rate: Decimal, minutes: int, currency: str) -> Decimal:
    """What these minutes are worth at a rate an hour: at the rate as it is shown."""
    return rounded(rounded(rate, currency) * minutes / 60, currency)
