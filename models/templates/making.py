"""Making a thing of a template: what is read for it, and what is told of whatever its filled-in content breaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Refusal
from models.ids import Kind
from models.items import item as items
from models.rows import Job
from models.scope import not_found
from models.templates.content import Content, filled_in, told_of
from models.templates.dates import day_of
from models.templates.relative_dates import Calendar, RelativeDate
from models.templates.shortcodes import Facts, JobFacts
from models.templates.templates import Template, contents_of, expect_kind

C = TypeVar("C", bound=Content)

_FACTS = """
SELECT firm.name AS firm, firm.country, firm.region, account.name AS account,
       (SELECT name FROM pipeline WHERE id = $2) AS pipeline
FROM account JOIN firm ON firm.id = account.firm_id WHERE account.id = $1
"""


class Known(NamedTuple):
    """What is known of what a thing is made for."""

    account_id: UUID
    facts: Facts
    calendar: Calendar

    async def day(self, relative: RelativeDate | None, field: str) -> date | None:
        """The day that a date of the template means here; or `RuleBroken`, as `day_of`."""
        return await day_of(relative, self.facts, self.calendar, field, "template_id")


async def content_for(change: Change, cls: type[C], template_id: UUID) -> C:
    """What is in a template of this kind."""
    template = await change.scope.rows(Template).get(template_id, "template_id")
    expect_kind(template, cls.kind, "template_id")
    # None where it has been deleted meanwhile.
    found: list[Any] = (await contents_of([template.id])).get(template.id, [])
    for content in found:
        return content  # type: ignore[no-any-return]
    raise not_found(Kind.TEMPLATE, template_id, "template_id")


async def known_of(change: Change, account_id: UUID | None, job_id: UUID | None) -> Known:
    """What shortcodes and dates are filled in from, of an account, or of a job of it. Nothing is held: whoever makes
    the thing holds what it needs, in its own order."""
    items.expect_place(account_id, job_id)
    job = None if job_id is None else await change.scope.rows(Job).get(job_id, "job_id")
    account = await items.account_of(change, account_id, None) if job is None else job.account_id
    return await known_at(account, job, change.today)


async def known_at(account_id: UUID, job: Job | None, day: date) -> Known:
    """What is known of an account and a job of it that are in sight."""
    (row,) = await sql(_FACTS, account_id, None if job is None else job.pipeline_id)
    of_job = None if job is None else _job_facts(job, row["pipeline"])
    facts = Facts(day=day, firm=row["firm"], account=row["account"], job=of_job)
    return Known(account_id, facts, Calendar(row["country"], row["region"]))


def _job_facts(job: Job, pipeline: str) -> JobFacts:
    return JobFacts(
        name=job.name,
        pipeline=pipeline,
        start_date=job.start_date,
        due_date=job.due_date,
        deadline=job.deadline,
        period=job.period,
    )


async def filled_at(
    change: Change, cls: type[C], template_id: UUID, account_id: UUID | None, job_id: UUID | None
) -> tuple[C, Known]:
    """What is in a template of this kind, filled in with what is known of an account or a job; and what that is."""
    content = await content_for(change, cls, template_id)
    known = await known_of(change, account_id, job_id)
    return filled_in(content, known.facts, "template_id"), known


@contextmanager
def told_of_template(*own: str, **dates: date | None) -> Iterator[None]:
    """A block of which the refusals name the template, where they are not of what the caller sent: fields that are only
    theirs (`own`), and those of the `dates` that they gave. Its content may be too long once it is filled in."""
    own = (*own, *(name for name, day in dates.items() if day is not None))
    try:
        yield
    except Refusal as refusal:
        for each in refusal.all:
            if each.path and each.path[0] not in own:
                told_of(each, "As the template is filled in", "template_id")
        raise
