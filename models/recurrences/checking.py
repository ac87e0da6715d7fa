"""What a recurrence must be like to be kept, as far as it says so itself."""

import re
from collections.abc import Container, Iterable
from datetime import date

from models.bounds import OFFSET
from models.errors import Invalid, Refusal
from models.gathered import Gathered
from models.reasons import Parameter, Reason
from models.rows import Recurrence
from models.rows.recurrences import Frequency
from models.templates.content import expect_known
from models.templates.dates import date_in, expect_in_order
from models.templates.job_content import JobContent
from models.templates.relative_dates import Anchor, in_order

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
#: What a recurrence says of its jobs, by what jobs call it.
OF_JOBS = {field: f"job_{field}" for field in ("name", "period", "start_date", "due_date", "deadline")}
_NAMES = (Parameter.FIELD, Parameter.EARLIER, Parameter.LATER)
#: The years that a schedule may begin and end in.
FIRST, LAST = date(1970, 1, 1), date(2199, 12, 31)


def checked_time(value: str, field: str) -> str:
    """A time of day, to the minute."""
    if not _TIME.fullmatch(value):
        told = "A time of day is written as 09:30, from 00:00 to 23:59."
        raise Invalid(told, field, reason=Reason.FORMAT, format="TIME_OF_DAY")
    return value


def expect_whole(recurrence: Recurrence, given: Container[str]) -> None:
    """`Invalid`, of all at once, where its parts do not go together: of two of them one that was given is at fault."""
    with Gathered() as check:
        check(_expect_rule, recurrence, given)
        check(_expect_days, recurrence, given)
        check(_expect_dates, recurrence, given)
        check(_expect_shortcodes, recurrence)


def of_jobs(refusal: Refusal) -> None:
    """Have a refusal of a job, and what is beside it, say what a recurrence calls the fields at fault."""
    for each in refusal.all:
        each.path = tuple(OF_JOBS.get(str(step), step) for step in each.path[:1]) + each.path[1:]
        named = {name: OF_JOBS[text] for name in _NAMES if (text := each.parameters.get(name, "")) in OF_JOBS}
        each.parameters |= named


def at_fault(fields: Iterable[str], given: Container[str]) -> str:
    """Which of these fields is told to be at fault: the first one that was given, if any was."""
    fields = list(fields)
    return next((field for field in fields if field in given), fields[0])


def _expect_rule(recurrence: Recurrence, given: Container[str]) -> None:
    by_rule = recurrence.frequency is Frequency.RULE
    if by_rule and recurrence.rule is None:
        told = "Of the frequency RULE the rule is given: RFC 5545, such as FREQ=MONTHLY;BYDAY=-1FR."
        raise Invalid(told, at_fault(("frequency", "rule"), given), reason=Reason.MISSING, field="rule")
    if not by_rule and recurrence.rule is not None:
        told = "A rule goes with the frequency RULE. Leave one of the two out."
        raise Invalid(told, "rule", reason=Reason.ONLY_ONE, field="frequency")


def _expect_days(recurrence: Recurrence, given: Container[str]) -> None:
    first, last = recurrence.first_day, recurrence.last_day
    for field, day in (("first_day", first), ("last_day", last)):
        if day is not None and not FIRST <= day <= LAST:
            told = f"This is a day from {FIRST} to {LAST}."
            raise Invalid(told, field, reason=Reason.OUT_OF_RANGE, minimum=FIRST, maximum=LAST, unit="DATE")
    if last is not None and last < first:
        raise Invalid(
            f"The last day {last} is before the first day {first}.",
            at_fault(("last_day", "first_day"), given),
            reason=Reason.DATE_ORDER,
            earlier="first_day",
            earlier_day=first,
            later="last_day",
            later_day=last,
        )


def _expect_dates(recurrence: Recurrence, given: Container[str]) -> None:
    anchors = (Anchor.START_DATE, Anchor.DUE_DATE, Anchor.DEADLINE)
    dates = {
        anchor: relative for anchor in anchors if (relative := date_in(getattr(recurrence, OF_JOBS[anchor.field])))
    }
    if in_order(dates) is None:
        told = "These dates are counted from each other. Count one of them from the day of the occurrence: CREATED."
        raise Invalid(told, at_fault((OF_JOBS[anchor.field] for anchor in dates), given), reason=Reason.CIRCLE)
    due = dates.get(Anchor.DUE_DATE)
    try:
        expect_in_order(dates.get(Anchor.START_DATE), due)
    except Invalid as refusal:
        if due is None or at_fault(("job_due_date", "job_start_date"), given) == "job_due_date":
            of_jobs(refusal)
            raise
        told = f"The due date is counted from the same day, and would be before this. Give {due.offset} at most."
        path, least = ("job_start_date", "offset"), OFFSET.least
        raise Invalid(told, *path, reason=Reason.OUT_OF_RANGE, minimum=least, maximum=due.offset, unit="DAYS") from None


def _expect_shortcodes(recurrence: Recurrence) -> None:
    try:
        expect_known(JobContent(name=recurrence.job_name or "", period=recurrence.job_period))
    except Invalid as refusal:
        of_jobs(refusal)
        raise
