"""What a cell says, as people write it; and what is said to them where it cannot be read."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from interchange.imports import cells
from interchange.imports.cells import DateOrder, Reading
from interchange.imports.tables import Cell
from models.errors import Invalid
from models.seen import Priority
from models.texts import sameness

DMY, MDY, YMD = (Reading(dates=order) for order in (DateOrder.DMY, DateOrder.MDY, DateOrder.YMD))
PLAIN = Reading()


@pytest.mark.parametrize(
    ("cell", "how", "day"),
    [
        ("2026-01-31", PLAIN, date(2026, 1, 31)),
        ("2026-01-31T23:30:00Z", MDY, date(2026, 1, 31)),
        ("2026/1/5", DMY, date(2026, 1, 5)),
        ("31.01.2026", DMY, date(2026, 1, 31)),
        ("1/5/2026", DMY, date(2026, 5, 1)),
        ("1/5/2026", MDY, date(2026, 1, 5)),
        (" 01-05-2026 ", MDY, date(2026, 1, 5)),
        (date(2026, 1, 31), PLAIN, date(2026, 1, 31)),
        (datetime(2026, 1, 31, 12), PLAIN, date(2026, 1, 31)),
        ("  ", PLAIN, None),
        (None, PLAIN, None),
    ],
)
def test_dates(cell: Cell, how: Reading, day: date | None) -> None:
    assert cells.day(cell, "due_date", how) == day


@pytest.mark.parametrize(
    ("cell", "how", "told"),
    [
        ("1/5/2026", PLAIN, "the day might be the month. Say --dates DMY or MDY"),
        ("31.02.2026", DMY, "'31.02.2026' is no date. Write it as 31.01.2026"),
        ("01/31/2026", DMY, "is no date"),
        ("1/5/26", MDY, "is no date. Write it as 01/31/2026"),
        ("2026-13-01", PLAIN, "is no date. Write it as 2026-01-31"),
        ("soon", MDY, "is no date"),
        (46027, PLAIN, "is no date"),
        ("0000-01-01", PLAIN, "is no date"),
    ],
)
def test_what_is_no_date(cell: Cell, how: Reading, told: str) -> None:
    with pytest.raises(Invalid, match=told) as refused:
        cells.day(cell, "due_date", how)
    assert refused.value.path == ("due_date",)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("90", 90),
        (90.0, 90),
        ("1:30", 90),
        ("01:30:00", 90),
        ("100:05", 6_005),
        ("1.5 h", 90),
        ("1.5h", 90),
        ("2 hours", 120),
        ("90 min", 90),
        ("1 h 30 min", 90),
        ("1h30m", 90),
        ("0.33 h", 20),
        ("0.5", 1),
        (timedelta(hours=25, minutes=30), 1_530),
        (time(1, 30), 90),
        ("1,200", 1_200),
        ("0", 0),
        ("", None),
    ],
)
def test_lengths_of_time(cell: Cell, minutes: int | None) -> None:
    assert cells.minutes(cell, "minutes", PLAIN) == minutes


def test_numbers_alone_may_be_hours_and_decimals_may_have_a_comma() -> None:
    assert cells.minutes("1,5", "minutes", Reading(hours=True, decimal=",")) == 90
    assert cells.minutes(1.5, "minutes", Reading(hours=True, decimal=",")) == 90
    assert cells.minutes("1,5 h", "minutes", Reading(decimal=",")) == 90


@pytest.mark.parametrize("cell", ["1:60", "-5", "an hour", "1:30:20", "1.5.5 h", "1.500,5", "h", "1e9", "٣x", "1 h 30"])
def test_what_is_no_length_of_time(cell: Cell) -> None:
    with pytest.raises(Invalid, match=r"is no length of time\. Write minutes as 90, or 1:30, or 1\.5 h"):
        cells.minutes(cell, "minutes", PLAIN)


@pytest.mark.parametrize(
    ("cell", "decimal", "amount"),
    [
        ("95.50", ".", "95.50"),
        ("1,234.5", ".", "1234.5"),
        ("1.234,50", ",", "1234.50"),
        ("-3", ".", "-3"),
        (95.5, ",", "95.5"),
        (12, ".", "12"),
    ],
)
def test_amounts(cell: Cell, decimal: str, amount: str) -> None:
    assert cells.amount(cell, "rate", Reading(decimal=decimal)) == Decimal(amount)


@pytest.mark.parametrize(
    ("cell", "decimal"), [("$95", "."), ("95 USD", "."), ("1.234,50", "."), ("12,34", "."), ("NaN", "."), ("1e5", ".")]
)
def test_what_is_no_amount(cell: Cell, decimal: str) -> None:
    with pytest.raises(Invalid, match="is no amount"):
        cells.amount(cell, "rate", Reading(decimal=decimal))


@pytest.mark.parametrize(
    ("read", "cell", "found"),
    [
        (cells.text, " =1+1 ", "=1+1"),
        (cells.text, 17.0, "17"),
        (cells.text, 17.5, "17.5"),
        (cells.text, datetime(2026, 1, 31), "2026-01-31"),
        (cells.text, "\u00a0", None),
        (cells.several, "a; b,,c ", ["a", "b", "c"]),
        (cells.several, " ; ", None),
        (cells.addresses, "a@x.org b@x.org;c@x.org", ["a@x.org", "b@x.org", "c@x.org"]),
        (cells.yes_or_no, "Yes", True),
        (cells.yes_or_no, False, False),
        (cells.yes_or_no, 1.0, True),
        (cells.yes_or_no, "", None),
        (cells.one_of(Priority), "urgent", Priority.URGENT),
    ],
)
def test_texts_and_choices(read: Any, cell: Cell, found: Any) -> None:
    assert read(cell, "name", PLAIN) == found


def test_a_mapping_may_say_what_a_text_stands_for() -> None:
    how = Reading(values={"name": {sameness("Top"): "URGENT", sameness("Ja"): "yes"}})
    assert cells.one_of(Priority)("TOP", "name", how) is Priority.URGENT
    assert cells.yes_or_no("ja", "name", how) is True
    assert cells.several("ja, other", "name", how) == ["yes", "other"]
    with pytest.raises(Invalid, match="'Later' is none of LOW, MEDIUM, HIGH, URGENT"):
        cells.one_of(Priority)("Later", "name", how)
    with pytest.raises(Invalid, match="neither yes nor no"):
        cells.yes_or_no("maybe", "name", how)
