"""How the forecast is asked for."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.info import Info

from models.bounds import FORECAST_DAYS
from models.reports.flow import FlowFilter
from models.reports.forecast import forecast_report
from resolvers.filters import values_of
from resolvers.reports import asker_of, today_of
from schema.list_fields import argument, declare
from schema.reports.flow import FlowReportFilter
from schema.reports.forecast import Forecast


async def _read(info: Info, filter: Any = None) -> Any:
    context = info.context
    context.timing.momentary = True  # It is from the log, which may be pruned without a revision.
    return await forecast_report(asker_of(context), FlowFilter(**values_of(filter)), await today_of(context)())


_ARGUMENTS = [argument("filter", FlowReportFilter | None, "From which past, and of what.", default=None)]
declare(_read, _ARGUMENTS, Forecast | None)
forecast: Any = strawberry.field(
    resolver=_read,
    description="When the jobs that you see and that are neither completed nor archived will be completed, from how "
    f"many were on each day of the past, {FORECAST_DAYS} days: those of many futures are drawn from them. The same "
    "question has the same answer.",
)
