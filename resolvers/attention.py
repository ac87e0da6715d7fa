"""How the report on what needs attention is asked for."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.info import Info

from models.bounds import IDLE_DAYS, MINDED, NEAR_DAYS
from models.reports.attention import Wanted, attention_report
from resolvers.filters import asking, condition_of
from schema.enums import Concern
from schema.inputs.filters import JobFilter
from schema.list_fields import argument, declare
from schema.list_size import ListSize
from schema.reports.attention import AttentionReport

#: Days ahead, days without anything, and jobs of each concern, where nothing else was asked for.
USUAL_NEAR, USUAL_IDLE, USUAL_JOBS = 7, 14, 10


async def _read(
    info: Info,
    filter: Any = None,
    concerns: Any = None,
    near_days: int = USUAL_NEAR,
    idle_days: int = USUAL_IDLE,
    first: int = USUAL_JOBS,
) -> Any:
    wanted = Wanted(concerns, near_days, idle_days, first)
    asked = await asking(info.context, of_day=wanted.of_day)
    report = await attention_report(asked, await condition_of(filter, info.context), wanted)
    return report if info.context.holds(len(report.rows)) else None


_ARGUMENTS = [
    argument("filter", JobFilter | None, "Among which jobs.", default=None),
    argument("concerns", list[Concern] | None, "Which concerns; all when left out.", default=None),
    argument("near_days", int, f"How many days ahead a deadline is near, {NEAR_DAYS}.", default=USUAL_NEAR),
    argument("idle_days", int, f"After how many days without anything a job is idle, {IDLE_DAYS}.", default=USUAL_IDLE),
    argument("first", int, f"How many jobs of each concern, {MINDED}.", default=USUAL_JOBS),
]
declare(_read, _ARGUMENTS, AttentionReport | None)
attention: Any = strawberry.field(
    resolver=_read,
    description="What of the jobs that you see somebody should look at: each concern that some job gives, how many "
    "give it, and the first of them. Filters of `jobs` find the rest.",
    directives=[ListSize(assumed_size=USUAL_JOBS, slicing_arguments=["first"])],
)
