"""The reports on jobs, as clients ask for them: how many there are, and what is used of their budgets."""

from __future__ import annotations

from models.reports import ages, budgets, jobs
from schema.inputs.filters import JobFilter
from schema.reports.declaring import DeclaredReport

_NO_RESIDUAL = "What is out of sight is told to those with the right VIEW_REPORTS, where there is no filter."
_NO_SUM = "null where there is none, and of what is cut or repeated."
_GROUPS = {
    "pipeline": "The pipeline.",
    "stage": "The stage.",
    "status": "The job status.",
    "assignee": "Who is assigned; none where nobody is. With several assignees a job is in several rows.",
    "account": "The client.",
    "tag": "A tag of the account; none for accounts without one. Under several tags it is in several rows.",
}

REPORTS = (
    DeclaredReport(
        make=jobs.job_report,
        report=jobs.REPORT,
        name="job_report",
        called="Job",
        description=f"How many jobs there are, archived ones too: of those that you see. {_NO_RESIDUAL}",
        filter=JobFilter,
        takes=None,
        depends=None,
        groups=_GROUPS,
        figures={"jobs": (int, "How many jobs.")},
        more={},
        usual=("stage",),
    ),
    DeclaredReport(
        make=budgets.budget_report,
        report=budgets.REPORT,
        name="budget_report",
        called="Budget",
        description="What the budgets of jobs add up to and what is used of them: of those jobs that you see. "
        f"{_NO_RESIDUAL}",
        filter=JobFilter,
        takes=None,
        depends=None,
        groups={
            **{name: _GROUPS[name] for name in ("pipeline", "assignee", "account", "tag")},
            "job": "The job.",
            "month": "The first day of the month in which it was completed; none where it is not.",
        },
        figures={
            "jobs": (int, "How many jobs that have a budget."),
            "over_budget": (int, "How many of them took more than their budget."),
            "budget": (int, "Their budgets, in minutes."),
            "tracked": (
                int,
                "The minutes that were tracked on them. A running timer counts when it is stopped.",
            ),
            "remaining": (int, "The minutes left of their budgets, negative where they are overrun."),
            "percent_used": (
                int | None,
                "How much of their budgets is used, in whole percent, rounded down; null where they add up to 0. Of "
                "completed jobs it says how good the estimates were: 100 is just right.",
            ),
        },
        more={},
        usual=("pipeline",),
    ),
    DeclaredReport(
        make=ages.age_report,
        report=ages.REPORT,
        name="age_report",
        called="Age",
        description="How old the jobs are that are neither completed nor archived, in days of the firm's calendar: of "
        f"those that you see. {_NO_RESIDUAL}",
        filter=JobFilter,
        takes=None,
        depends=None,
        groups=_GROUPS,
        figures={
            "jobs": (int, "How many jobs."),
            "median": (int | None, f"The days since they were opened that half of them do not exceed; {_NO_SUM}"),
            "percentile85": (
                int | None,
                f"The days since they were opened that 85 percent of them do not exceed; {_NO_SUM}",
            ),
            "oldest": (int | None, f"The days since the oldest was opened; {_NO_SUM}"),
            "median_on_stage": (
                int | None,
                f"The days since they came to their stages that half of them do not exceed; {_NO_SUM}",
            ),
            "percentile85_on_stage": (
                int | None,
                f"The days since they came to their stages that 85 percent of them do not exceed; {_NO_SUM}",
            ),
        },
        more={},
        usual=("stage",),
    ),
)
