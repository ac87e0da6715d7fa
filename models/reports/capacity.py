"""The report on capacity: who has how much time in which week, and what is planned for it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from models.bounds import REPORT_WEEKS
from models.errors import Invalid
from models.ids import Kind
from models.policies import Policy
from models.reasons import Reason
from models.reports.frame import Summary, Wanted, summarize
from models.reports.narrowing import EARLIEST
from models.reports.parts import Dimension, Measure, Report, Source
from models.reports.sight import Asker, Coverage, Personal, Today, firm_asked, firm_of, in_sight, require_seen
from models.reports.values import Values
from models.reports.weeks import Weeks, week_of
from models.reports.workload import JOBS_OF_TIME, ROWS
from models.rights import Right
from models.rows import Firm, Member

#: How many weeks it is of where nothing else was asked for: the present one, and those after it.
USUAL_WEEKS = 8
_WEEK, _DAY = timedelta(7), timedelta(1)

_SOURCE = Source(
    tables=ROWS,
    where="true",
    # Its own rows are nothing that is seen by itself: what it adds up is the team's.
    policy=Policy(whole_team=True),
    firm="{firm}",
    account="NULL",
    pipeline="NULL",
    owner="fact.member_id",
    sight="fact.seen",
)
_PLANNED = "(fact.estimated + fact.budgeted)"
#: What is left of a budget is told by what is planned.
_BUDGETS, _OTHERS_TIME = Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES
REPORT = Report(
    _SOURCE,
    (Dimension("member", "fact.member_id", Kind.MEMBER), Dimension("week", "fact.week")),
    (
        Measure("capacity", "sum(fact.capacity)"),
        Measure("days_off", "sum(fact.days_off)"),
        Measure("available", "sum(fact.available)"),
        Measure("estimated", "sum(fact.estimated)"),
        Measure("planned", f"sum({_PLANNED})", right=_BUDGETS),
        Measure("tracked", "sum(fact.tracked)", others=_OTHERS_TIME),
        Measure("free", f"sum(fact.available - fact.tracked - {_PLANNED})", right=_BUDGETS, others=_OTHERS_TIME),
        Measure("undated", "sum(fact.undated)", right=_BUDGETS),
    ),
)
PERSONAL = Personal("capacity", (Right.VIEW_REPORTS, Right.MANAGE_TEAM), _OTHERS_TIME, chosen=False)


@dataclass(frozen=True, slots=True)
class CapacityFilter:
    """Of which weeks and members. None asks for nothing, of the days for the usual ones; nothing is among none of some
    ids."""

    first_day: date | None = None
    last_day: date | None = None
    member: Sequence[UUID] | None = None


async def capacity_report(asker: Asker, filter: CapacityFilter, wanted: Wanted, today: Today) -> Summary:
    """What there is to do, and who is there for it. What is planned is so from today on."""
    covers = PERSONAL.coverage(asker, filter.member)
    if filter.member:
        await require_seen(asker.scope, Member, filter.member, "member")
    firm = await firm_asked(asker)
    weeks = _weeks(filter, firm, await today())
    values = Values()
    report = await _of(weeks, asker, values)
    conditions = []
    if filter.member is not None:
        conditions.append(f"fact.member_id = ANY({values.place(filter.member)}::uuid[])")
    if covers is Coverage.OWN:
        # Time that is out of sight is one's own all the same. Tasks and jobs are not.
        conditions.append("(fact.tracked > 0 OR fact.seen)")
    residual = covers is Coverage.OWN or filter.member is None
    found = await summarize(report, wanted, asker, covers, firm, conditions, values, with_residual=residual)
    return replace(found, first_day=weeks.first_day, last_day=weeks.last_day)


def _weeks(filter: CapacityFilter, firm: Firm, today: date) -> Weeks:
    """The weeks of the days that were asked for, each of them whole."""
    none = Weeks(firm, EARLIEST, EARLIEST, today)
    for day in (filter.first_day, filter.last_day):
        if day is not None and not EARLIEST <= day <= none.horizon:
            raise Invalid(
                f"A report on capacity is of days from {EARLIEST} to {none.horizon}.",
                "filter",
                reason=Reason.OUT_OF_RANGE,
                minimum=EARLIEST,
                maximum=none.horizon,
                unit="DATE",
            )
    usual = (USUAL_WEEKS - 1) * _WEEK
    if filter.first_day is None and filter.last_day is not None:
        first = week_of(firm, filter.last_day) - usual
    else:
        first = week_of(firm, filter.first_day or today)
    last = week_of(firm, filter.last_day) if filter.last_day is not None else first + usual
    if (number := (last - first).days // 7 + 1) not in REPORT_WEEKS:
        raise Invalid(
            f"A report on capacity is of {REPORT_WEEKS} weeks, and these would be {max(0, number):,}.",
            "filter",
            reason=Reason.OUT_OF_RANGE,
            minimum=REPORT_WEEKS.least,
            maximum=REPORT_WEEKS.most,
            unit="WEEKS",
        )
    return Weeks(firm, first, last + _WEEK - _DAY, today)


async def _of(weeks: Weeks, asker: Asker, values: Values) -> Report:
    """The report, with the places of what its rows are made of."""
    # Whose calendar was not asked for yet, of that it is read first.
    first_days, usual, worked, counted = await asyncio.to_thread(
        lambda: (weeks.first_days, weeks.usual, weeks.worked, weeks.counted())
    )
    places = {
        "firm": f"{values.place(firm_of(_SOURCE, asker.scope))}::uuid",
        "first": f"{values.place(weeks.first_day)}::date",
        "end": f"{values.place(weeks.last_day + _DAY)}::date",
        "today": f"{values.place(weeks.today)}::date",
        "horizon": f"{values.place(weeks.horizon)}::date",
        "weeks": values.place(first_days),
        "usual": values.place(usual),
        "worked": values.place(worked),
        "counted": values.place(counted),
        "task_seen": _seen("task.account_id", asker, values),
        "job_seen": _seen("job.account_id", asker, values),
        "time_seen": _seen("entry.account_id", asker, values),
        # Where all pipelines are in sight, none of them matters.
        "time_jobs": "" if asker.scope.pipelines is None else JOBS_OF_TIME,
    }
    source = replace(_SOURCE, tables=ROWS.format_map(places), firm=places["firm"])
    return replace(REPORT, source=source)


def _seen(account: str, asker: Asker, values: Values) -> str:
    """Whether what is of this account, and of a job or of none, is in sight."""
    return in_sight(replace(_SOURCE, account=account, pipeline="job.pipeline_id", sight=None), asker.scope, values)
