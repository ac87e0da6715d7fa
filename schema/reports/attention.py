"""The report on what needs attention, as clients see it."""

from __future__ import annotations

import strawberry

from models.ids import Kind
from models.reports import attention
from schema.enums import Concern, ReportCoverage
from schema.field_resolvers import TypeCheck
from schema.types.base import column, loaded
from schema.types.jobs import Job


@strawberry.type(description="A concern that jobs give.")
class AttentionRow:
    """Its objects are `models.reports.attention.Minded`."""

    concern: Concern = column("Why somebody should look at them.")
    count: int = column("How many jobs give it.")
    # The rows of a report count `first` times: so many jobs are told of each of the concerns, of which there are five.
    jobs: list[Job] = loaded(
        lambda row, context: context.load.several(Kind.JOB, row.ids),
        "The first of them: those that have given it for longest.",
        size=len(attention.Concern),
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, attention.Minded))


@strawberry.type(description="What needs attention.")
class AttentionReport:
    """Its objects are `models.reports.attention.Attention`."""

    covers: ReportCoverage = column("Of whom it tells: of what the one who asks may see.")
    rows: list[AttentionRow] = column("The concerns that some job gives, in a fixed order.")

    is_type_of = TypeCheck(lambda source: isinstance(source, attention.Attention))
