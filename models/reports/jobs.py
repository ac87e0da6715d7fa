"""The report on jobs: how many there are, where they stand, and who has them."""

from datetime import date

from models.ids import Kind
from models.queries import Q, sql_of
from models.reports.dimensions import account, pipeline, tag
from models.reports.frame import Summary, Wanted, summarize
from models.reports.parts import Dimension, Links, Measure, Report, Source
from models.reports.sight import Asker, Coverage, Today, coverage_of_seen, firm_asked
from models.reports.values import Values
from models.rows import Job

SOURCE = Source(
    tables="job",
    where="true",
    policy=Job.policy,
    firm="job.firm_id",
    account="job.account_id",
    pipeline="job.pipeline_id",
)
ASSIGNEE = Dimension("assignee", "job.id", Kind.MEMBER, links=Links("job_assignee", "job_id", "member_id"))
DIMENSIONS = (
    pipeline("job.pipeline_id"),
    Dimension("stage", "job.stage_id", Kind.STAGE),
    Dimension("status", "job.status_id", Kind.STATUS),
    ASSIGNEE,
    account("job.account_id"),
    tag("job.account_id"),
)
REPORT = Report(SOURCE, DIMENSIONS, (Measure("jobs", "count(*)"),))


async def job_report(asker: Asker, narrowed: Q | None, wanted: Wanted, _today: Today) -> Summary:
    """How many jobs there are under a condition: archived ones too, if it does not say otherwise."""
    return await summarize_jobs(REPORT, asker, narrowed, wanted)


async def summarize_jobs(
    report: Report, asker: Asker, narrowed: Q | None, wanted: Wanted, *, day: date | None = None
) -> Summary:
    """A report on jobs. What is out of sight is told to those with the right to reports, and only where nothing narrows
    the jobs: nearly every condition could make it one account's, or one member's."""
    firm = await firm_asked(asker)
    values, covers, conditions = Values(), coverage_of_seen(asker), []
    if narrowed is not None:
        # The ORM numbers its values from the first on.
        matching, values.given = sql_of(asker.scope.rows(Job).where(narrowed).only("id"))
        conditions.append(f"job.id IN ({matching})")
    residual = narrowed is None and covers is Coverage.FIRM
    return await summarize(report, wanted, asker, covers, firm, conditions, values, with_residual=residual, day=day)
