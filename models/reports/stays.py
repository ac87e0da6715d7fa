"""The rows of reports on flow: stays and completions, as the log keeps them (`models/stays.py`). Each is where it was:
at its account, in the pipeline that the job was in then, and whoever sees both sees it. Deleted jobs are among them."""

from collections.abc import Sequence
from enum import StrEnum

from models.reports.parts import Source
from models.rows import Job


class Course(StrEnum):
    """What stays are of, as their table has it."""

    STAGE = "STAGE"
    STATUS = "STATUS"


_PIPELINE = ("pipeline", "LEFT JOIN pipeline ON pipeline.id = stay.pipeline AND pipeline.firm_id = stay.firm_id")


def stays(course: Course) -> Source:
    """The stays of a firm's jobs, called `stay`. What lasts ends at infinity. A job that is archived is on no stage:
    where it is away from is no stay."""
    kind = course.value.lower()
    of = (kind, f"LEFT JOIN {kind} ON {kind}.id = stay.thing AND {kind}.firm_id = stay.firm_id")
    return _source("stay", f"stay.course = '{course}' AND NOT stay.away", [of, _PIPELINE])


def completions() -> Source:
    """The completions of a firm's jobs that last, called `stay`: from when they were opened, as far as that is known,
    until they were completed."""
    return _source("completion AS stay", "true", [_PIPELINE])


def _source(tables: str, where: str, joins: Sequence[tuple[str, str]]) -> Source:
    return Source(
        tables=tables,
        where=where,
        policy=Job.policy,
        firm="stay.firm_id",
        account="stay.account",
        pipeline="stay.pipeline",
        joins=joins,
    )
