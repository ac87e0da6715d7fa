"""The report on budgets: how much time jobs may take, how much they took, and how many took more."""

from dataclasses import replace

from models.ids import Kind
from models.queries import Q
from models.reports.dimensions import account, pipeline, tag
from models.reports.frame import Summary, Wanted
from models.reports.jobs import ASSIGNEE, SOURCE, summarize_jobs
from models.reports.parts import Dimension, Measure, Ratio, Report
from models.reports.sight import Asker, Today
from models.rights import Right
from models.time_sums import percent_used

# Of jobs with a budget alone: what is tracked on others is part of no comparison.
_SOURCE = replace(
    SOURCE,
    tables=f"{SOURCE.tables} LEFT JOIN LATERAL (SELECT sum(minutes) AS minutes FROM job_item "
    "WHERE job_id = job.id AND kind = 'time_entry' AND unlinked_at IS NULL) AS tracked ON true",
    where="job.budget IS NOT NULL",
)
_TRACKED = "coalesce(tracked.minutes, 0)"
REPORT = Report(
    _SOURCE,
    (
        pipeline("job.pipeline_id"),
        ASSIGNEE,
        account("job.account_id"),
        tag("job.account_id"),
        Dimension("job", "job.id", Kind.JOB),
        Dimension("month", "date_trunc('month', job.completed_at AT TIME ZONE {zone})::date"),
    ),
    (
        Measure("jobs", "count(*)"),
        Measure("over_budget", f"count(*) FILTER (WHERE {_TRACKED} > job.budget)"),
        Measure("budget", "sum(job.budget)"),
        Measure("tracked", f"sum({_TRACKED})"),
        Measure("remaining", f"sum(job.budget - {_TRACKED})"),
    ),
    (Ratio("percent_used", lambda sums: percent_used(sums["budget"], sums["tracked"])),),
    # Even which jobs have a budget is theirs to know.
    Right.MANAGE_TIME_BUDGETS,
)


async def budget_report(asker: Asker, narrowed: Q | None, wanted: Wanted, _today: Today) -> Summary:
    """What the budgets of jobs add up to, and what is used of them."""
    return await summarize_jobs(REPORT, asker, narrowed, wanted)
