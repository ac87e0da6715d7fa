"""The report on the age of present work: for how long the jobs in hand have been open, and on their stages."""

from dataclasses import replace

from models.queries import Q
from models.reports.frame import Summary, Wanted
from models.reports.jobs import DIMENSIONS, SOURCE, summarize_jobs
from models.reports.parts import Measure, Report
from models.reports.sight import Asker, Today
from models.rows import Category

IN_HAND = replace(
    SOURCE,
    tables=f"{SOURCE.tables} JOIN status ON status.id = job.status_id",
    where=f"status.category IN ('{Category.ACTIVE}', '{Category.CUSTOM}')",
)
# Whole days: what was opened today is of age 0.
_OPEN = "{today} - (job.created_at AT TIME ZONE {zone})::date"
_ON_STAGE = "{today} - (job.stage_entered_at AT TIME ZONE {zone})::date"
REPORT = Report(
    IN_HAND,
    DIMENSIONS,
    (
        Measure("jobs", "count(*)", each="1"),
        Measure("median", _OPEN, fraction=0.5),
        Measure("percentile85", _OPEN, fraction=0.85),
        Measure("oldest", _OPEN, fraction=1),
        Measure("median_on_stage", _ON_STAGE, fraction=0.5),
        Measure("percentile85_on_stage", _ON_STAGE, fraction=0.85),
    ),
)


async def age_report(asker: Asker, narrowed: Q | None, wanted: Wanted, today: Today) -> Summary:
    """How old the jobs in hand are that hold under a condition."""
    return await summarize_jobs(REPORT, asker, narrowed, wanted, day=await today())
