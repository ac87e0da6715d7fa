"""Rules of recurrence in their text form: `FREQ=MONTHLY;BYDAY=-1FR` (RFC 5545, section 3.3.10)."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

from models.errors import Invalid
from models.reasons import Reason
from models.recurrences.rules import Rule, Unit, Weekday

#: So long a text is read, and no longer.
LONGEST = 300
#: How often at most: each so-many-th day, week, month or year, ten years apart.
INTERVALS = {Unit.DAILY: 3_660, Unit.WEEKLY: 520, Unit.MONTHLY: 120, Unit.YEARLY: 10}
COUNTED = 1_000

_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_WEEKDAY = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?[1-9][0-9]{0,3}")
_EXAMPLE = "FREQ=MONTHLY;BYDAY=-1FR"
#: What is said elsewhere, or is not of whole days.
_ELSEWHERE = {
    "UNTIL": "Leave UNTIL out, and give the last day as the end.",
    "DTSTART": "Leave DTSTART out, and give the first day as the start.",
    **dict.fromkeys(("BYHOUR", "BYMINUTE", "BYSECOND"), "A rule is of whole days. Give the time of day beside it."),
    **dict.fromkeys(("BYYEARDAY", "BYWEEKNO"), "Say it with BYMONTH, BYMONTHDAY and BYDAY."),
}
_MONTH_AND_YEAR = (Unit.MONTHLY, Unit.YEARLY)


def _refused(told: str) -> Invalid:
    return Invalid(told, "rule", reason=Reason.FORMAT, format="RRULE")


def _number(text: str, name: str, least: int, most: int, *, from_end: bool = False) -> int:
    value = int(text) if _NUMBER.fullmatch(text) else 0
    if least <= value <= most or (from_end and -most <= value <= -least):
        return value
    told = f"{name} is a number from {least} to {most:,}"
    raise _refused(f"{told}, or from -{most:,} to -{least} counted from the end." if from_end else f"{told}.")


def _numbers(text: str, name: str, most: int, *, from_end: bool) -> frozenset[int]:
    return frozenset(_number(each, name, 1, most, from_end=from_end) for each in text.split(","))


def _unit(text: str) -> Unit:
    try:
        return Unit(text)
    except ValueError:
        raise _refused(f"FREQ is one of {', '.join(Unit)}.") from None


def _weekday(text: str) -> Weekday:
    if (match := _WEEKDAY.fullmatch(text)) is None or abs(int(match[1] or 1)) > 53:
        raise _refused(
            "BYDAY names days as MO, TU, WE, TH, FR, SA, SU, or as 1MO and -1FR: the first Monday, the last Friday."
        )
    return Weekday(_WEEKDAYS[match[2]], int(match[1]) if match[1] else None)


def _weekdays(text: str) -> frozenset[Weekday]:
    return frozenset(map(_weekday, text.split(",")))


def _week_start(text: str) -> int:
    if text not in _WEEKDAYS:
        raise _refused("WKST is one of MO, TU, WE, TH, FR, SA, SU.")
    return _WEEKDAYS[text]


_PARTS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "FREQ": ("unit", _unit),
    "INTERVAL": ("interval", partial(_number, name="INTERVAL", least=1, most=max(INTERVALS.values()))),
    "COUNT": ("count", partial(_number, name="COUNT", least=1, most=COUNTED)),
    "BYMONTH": ("months", partial(_numbers, name="BYMONTH", most=12, from_end=False)),
    "BYMONTHDAY": ("month_days", partial(_numbers, name="BYMONTHDAY", most=31, from_end=True)),
    "BYDAY": ("weekdays", _weekdays),
    "BYSETPOS": ("places", partial(_numbers, name="BYSETPOS", most=366, from_end=True)),
    "WKST": ("week_start", _week_start),
}


def normal(text: str) -> str:
    """A rule as it is kept: in capitals, without blanks and what it is called by."""
    return "".join(text.upper().split()).removeprefix("RRULE:").rstrip(";")


@lru_cache(maxsize=1_000)
def rule_of(text: str) -> Rule:
    """The rule that a text is, as `normal` has it. `Invalid` where it is none, or one that is not of whole days, or
    that nobody could follow to its end."""
    if len(text) > LONGEST:
        raise Invalid(
            f"A rule has at most {LONGEST} characters, and this has {len(text):,}.",
            "rule",
            reason=Reason.TOO_LONG,
            maximum=LONGEST,
            actual=len(text),
        )
    told: dict[str, Any] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if not equals:
            raise _refused(f"A rule is written as in RFC 5545, for example {_EXAMPLE}.")
        if name not in _PARTS:
            raise _refused(_ELSEWHERE.get(name, f"A rule has the parts {', '.join(_PARTS)}, and no others."))
        field, read = _PARTS[name]
        if field in told:
            raise _refused(f"{name} is there twice. Give it once.")
        told[field] = read(value)
    if "unit" not in told:
        raise _refused(f"A rule says how often: begin it with FREQ, for example {_EXAMPLE}.")
    rule = Rule(**told)
    _expect_to_fit(rule)
    return rule


def _expect_to_fit(rule: Rule) -> None:
    unit = rule.unit
    if rule.interval > INTERVALS[unit]:
        raise _refused(f"INTERVAL is at most {INTERVALS[unit]:,} where FREQ is {unit}: ten years.")
    if rule.month_days and unit is Unit.WEEKLY:
        raise _refused("A week has no BYMONTHDAY. Leave it out, or let FREQ be DAILY or MONTHLY.")
    numbered = [day for day in rule.weekdays if day.number is not None]
    if numbered and unit not in _MONTH_AND_YEAR:
        raise _refused("Numbers before the days of BYDAY are of a month or a year: let FREQ be MONTHLY or YEARLY.")
    if rule.places and unit not in _MONTH_AND_YEAR:
        raise _refused("BYSETPOS is of a month or a year: let FREQ be MONTHLY or YEARLY.")
    if rule.places and not (rule.months or rule.month_days or rule.weekdays):
        raise _refused("BYSETPOS chooses among the days of another part. Give BYDAY or BYMONTHDAY.")
