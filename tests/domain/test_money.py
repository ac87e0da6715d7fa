"""Amounts of money in the decimals of their currency, halves away from zero."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from iso4217 import Currency

from models import checks
from models.commands.firm import update_firm
from models.commands.time import log_time, set_time_entry_rate
from models.errors import Invalid
from models.money import MOST_DECIMALS, is_currency, minor_units, rounded, worth
from models.rows import Firm, TimeEntry
from tests.domain.refusal import refused
from tests.world import World

#: One of each number of decimals.
CURRENCIES = ("JPY", "USD", "KWD", "CLF")
AMOUNTS = st.decimals(-(10**12), 10**12, places=6)


@pytest.mark.parametrize(
    ("rate", "minutes", "currency", "amount"),
    [
        ("32.25", 30, "USD", "16.13"),  # 16.125
        ("32.25", 90, "EUR", "48.38"),  # 48.375
        ("0.01", 30, "USD", "0.01"),
        ("0.01", 29, "USD", "0.00"),
        ("10", 60, "USD", "10.00"),
        ("100", 1, "USD", "1.67"),
        ("3225", 30, "JPY", "1613"),  # 1612.5
        ("1", 30, "JPY", "1"),
        ("32.251", 30, "KWD", "16.126"),  # 16.1255
        ("0", 30, "USD", "0.00"),
        ("9999999999.9999", 1440, "CLF", "239999999999.9976"),
    ],
)
def test_what_minutes_are_worth(rate: str, minutes: int, currency: str, amount: str) -> None:
    assert str(worth(Decimal(rate), minutes, currency)) == amount


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("10", "USD", "10.00"),
        ("1E+2", "USD", "100.00"),
        ("1E+2", "JPY", "100"),
        ("-0", "USD", "0.00"),
        ("-0.004", "USD", "0.00"),
        ("-0.005", "USD", "-0.01"),
        ("2.5", "JPY", "3"),
        ("-2.5", "JPY", "-3"),
        ("1.0005", "KWD", "1.001"),
        ("2.675", "XXY", "2.68"),
        ("2.675", "XAU", "2.68"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str, shown: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == shown


@given(AMOUNTS, st.sampled_from(CURRENCIES))
def test_rounding_goes_to_the_nearest_and_halves_go_away_from_zero(amount: Decimal, currency: str) -> None:
    shown = rounded(amount, currency)
    unit = Fraction(1, 10 ** minor_units(currency))
    assert -shown.as_tuple().exponent == minor_units(currency)  # type: ignore[operator]
    off = abs(Fraction(shown) - Fraction(amount))
    assert off < unit / 2 or (off == unit / 2 and abs(shown) > abs(amount))
    assert rounded(shown, currency) == shown
    assert rounded(-amount, currency) == -shown
    assert shown or not shown.is_signed()


@given(st.decimals(0, 10**10, places=4), st.integers(0, 2**31 - 1), st.sampled_from(CURRENCIES))
def test_an_amount_is_what_the_rate_that_is_shown_comes_to(rate: Decimal, minutes: int, currency: str) -> None:
    exact = Fraction(rounded(rate, currency)) * minutes / 60
    unit = 10 ** minor_units(currency)
    assert Fraction(worth(rate, minutes, currency)) == Fraction((exact * unit * 2 + 1) // 2, unit)


def test_every_currency_fits_the_column() -> None:
    units = {minor_units(currency.code) for currency in Currency}
    assert units <= set(range(MOST_DECIMALS + 1))
    for currency in CURRENCIES:
        assert is_currency(currency)
    for unknown in ("XXX", "XAU", "XXY", "usd", "", "US", "USDT", "EU\n"):
        assert not is_currency(unknown)


@pytest.mark.parametrize(
    ("currency", "fine", "not_fine", "said"),
    [
        ("USD", ("0", "-0", "10", "10.5", "10.50", "10.500", "9999999999.99"), ("0.001", "-0.01"), "two decimals"),
        ("JPY", ("0", "10", "10.0"), ("10.5", "0.1", "-1"), "without decimals"),
        ("KWD", ("10.505",), ("10.5055",), "three decimals"),
        ("CLF", ("10.5055",), ("10.50555",), "four decimals"),
    ],
)
def test_which_amounts_are_taken(currency: str, fine: tuple[str, ...], not_fine: tuple[str, ...], said: str) -> None:
    for text in fine:
        kept = checks.money(Decimal(text), currency, "rate")
        assert (kept, str(kept)) == (Decimal(text), str(rounded(Decimal(text), currency)))
    for text in (*not_fine, "10000000000", "1E+400", "NaN", "sNaN", "Infinity", "-Infinity"):
        with pytest.raises(Invalid, match=said):
            checks.money(Decimal(text), currency, "rate")


async def rated(world: World, rate: str) -> TimeEntry:
    entry = (await log_time(world.acting(world.owner), minutes=30, account_id=world.account.id)).value
    return (await set_time_entry_rate(world.acting(world.owner), time_entry_id=entry.id, rate=Decimal(rate))).value


@pytest.mark.parametrize(
    ("currency", "rate"), [("USD", "32.25"), ("JPY", "3225"), ("KWD", "32.251"), ("CLF", "32.2512")]
)
async def test_a_rate_is_kept_whole(world: World, currency: str, rate: str) -> None:
    await update_firm(world.acting(world.owner), currency=currency)
    entry = await rated(world, rate)
    stored = await world.row(TimeEntry, entry.id)
    for read in (entry, stored):
        assert str(read.rate_in(currency)) == rate
        assert read.amount_in(currency) == worth(Decimal(rate), 30, currency)


async def test_another_currency_converts_nothing_and_loses_nothing(world: World) -> None:
    owner = world.acting(world.owner)
    entry = await rated(world, "10.51")
    await update_firm(owner, currency="JPY")
    assert str(entry.rate_in("JPY")) == "11"
    before = await world.revision()
    for rate in ("11", "10.51"):  # As it is shown, and as it was set: neither is a change.
        await set_time_entry_rate(owner, time_entry_id=entry.id, rate=Decimal(rate))
    assert await world.revision() == before
    async with refused(world, Invalid, "rate", match="without decimals"):
        await set_time_entry_rate(owner, time_entry_id=entry.id, rate=Decimal("10.52"))
    await update_firm(owner, currency="USD")
    assert str((await world.row(TimeEntry, entry.id)).rate_in("USD")) == "10.51"


@pytest.mark.parametrize("currency", ["XXX", "XAU", "ABC", "DEM"])
async def test_a_currency_is_one_that_something_can_be_paid_in(world: World, currency: str) -> None:
    async with refused(world, Invalid, "currency"):
        await update_firm(world.acting(world.owner), currency=currency)
    await Firm.filter(id=world.firm.id).update(currency=currency)
    before = await world.revision()
    await update_firm(world.acting(world.owner), currency=currency, name=world.firm.name)
    assert await world.revision() == before
