"""The report on capacity, as clients ask for it."""

from __future__ import annotations

from models.bounds import REPORT_WEEKS
from models.ids import Kind
from models.reports import capacity
from schema.inputs.base import input_type, optional
from schema.inputs.filters import IdFilter, among
from schema.reports.declaring import DeclaredReport
from schema.scalars import Date

_OTHERS = "Of others it needs the right MANAGE_TIME_ENTRIES as well."


@input_type
class CapacityReportFilter:
    """Which weeks, and of whom. All that is given must hold."""

    first_day: Date | None = optional(
        "A day of the first week; the firm's present one when left out, or so that there are "
        f"{capacity.USUAL_WEEKS} weeks with the last."
    )
    last_day: Date | None = optional(
        f"A day of the last week, so that there are {REPORT_WEEKS} weeks; {capacity.USUAL_WEEKS} when left out."
    )
    member: IdFilter | None = among(
        Kind.MEMBER,
        "Of one of these members. Others than you need the rights VIEW_REPORTS and MANAGE_TEAM, and then there is no "
        "residual.",
    )


REPORTS = (
    DeclaredReport(
        make=capacity.capacity_report,
        report=capacity.REPORT,
        name="capacity_report",
        called="Capacity",
        description="How much time members have, week by week, and how much of it is planned. The firm's with the "
        "rights VIEW_REPORTS and MANAGE_TEAM, else one's own.",
        filter=CapacityReportFilter,
        takes=capacity.CapacityFilter,
        depends=capacity.PERSONAL.depends,
        groups={
            "member": "Whose time it is; none for work that nobody has who is active.",
            "week": "The first day of the week, as the firm's weeks begin; none for work without a due date.",
        },
        figures={
            "capacity": (int, "The minutes a week of those who are active: what they are now, in each week."),
            "days_off": (
                int,
                "How many days they are off: absences, and holidays of the firm's country and region, on what else "
                "would be working days.",
            ),
            "available": (int, "The minutes that are left of the capacity without the days off."),
            "estimated": (
                int,
                "The minutes that open tasks are estimated to take, from today on: split over their assignees, spread "
                "over the working days until they are due. What is overdue is of today.",
            ),
            "planned": (
                int | None,
                "`estimated`, and of jobs without estimated tasks what is left of their budgets, in the same way.",
            ),
            "tracked": (
                int | None,
                f"The minutes that were tracked. A running timer counts when it is stopped. {_OTHERS}",
            ),
            "free": (
                int | None,
                "What is available and neither tracked nor planned: in a row as far as you see it, in the total of "
                f"all. Below zero where there is more to do. {_OTHERS}",
            ),
            "undated": (
                int | None,
                "The minutes that would be planned if they had a due date. Whatever the weeks, they are in none.",
            ),
        },
        more={
            "first_day": (Date, "The first day of the first week that it is of."),
            "last_day": (Date, "The last day of the last week that it is of."),
        },
        usual=("week", "member"),
    ),
)
