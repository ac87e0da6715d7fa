"""The report on time, as clients ask for it."""

from __future__ import annotations

from models.ids import Kind
from models.reports import time
from schema.inputs.base import input_type, optional
from schema.inputs.filters import IdFilter, among
from schema.reports.declaring import DeclaredReport
from schema.reports.narrowing import among_seen, first_day, last_day
from schema.scalars import Date
from schema.types.money import Money


@input_type
class TimeReportFilter:
    """Which time. All that is given must hold."""

    first_day: Date | None = first_day(time.USUAL_DAYS)
    last_day: Date | None = last_day()
    pipeline: IdFilter | None = among_seen(Kind.PIPELINE, "On jobs in one of these pipelines.")
    account: IdFilter | None = among_seen(Kind.ACCOUNT, "For one of these accounts.")
    tag: IdFilter | None = among_seen(Kind.TAG, "For accounts with one of these tags.")
    member: IdFilter | None = among(
        Kind.MEMBER,
        "Of one of these members. Others than you need the rights VIEW_REPORTS and MANAGE_TIME_ENTRIES, and then there "
        "is no residual.",
    )
    billable: bool | None = optional("Only what the client pays for, or only the rest; both when left out.")


REPORTS = (
    DeclaredReport(
        make=time.time_report,
        report=time.REPORT,
        name="time_report",
        called="Time",
        description="What time adds up to. The firm's with the right VIEW_REPORTS, else one's own.",
        filter=TimeReportFilter,
        takes=time.TimeFilter,
        depends=time.PERSONAL.depends,
        groups={
            "member": "Whose time it is. Of the firm's time it needs the right MANAGE_TIME_ENTRIES.",
            "account": "The client that it was spent for.",
            "pipeline": "The pipeline of the job; none for time on no job.",
            "job": "The job; none for time on no job. Of the firm's time it needs the right MANAGE_TIME_BUDGETS.",
            "tag": "A tag of the account; none for accounts without one. Under several tags it is in several rows.",
            "day": "The day.",
            "week": "The first day of the week, as the firm's weeks begin.",
            "month": "The first day of the month.",
        },
        figures={
            "minutes": (int, "How many minutes. A running timer counts when it is stopped."),
            "billable_minutes": (int, "Those of them that clients pay for."),
            "entries": (int, "How many time entries."),
            "amounts": (
                list[Money] | None,
                "What they are worth at their rates, each entry's amount rounded by itself: one sum for each currency, "
                "none where there is nothing.",
            ),
        },
        more={
            "first_day": (Date, "The first day that it is of."),
            "last_day": (Date, "The last day that it is of."),
        },
        usual=("account",),
        dear=frozenset({"amounts"}),
    ),
)
