"""The forecast, as clients see it."""

from __future__ import annotations

import strawberry

from models.forecasting import FARTHEST
from models.reports import forecast
from schema.enums import ReportCoverage
from schema.field_resolvers import TypeCheck
from schema.scalars import Date
from schema.types.base import column

_NULL = f"null where that is more than {FARTHEST:,} days ahead, or nothing was completed."


@strawberry.type(description="When the work in hand will be done, if the days to come are like those of the past.")
class Forecast:
    """Its objects are `models.reports.forecast.Forecast`."""

    covers: ReportCoverage = column("Of whom it tells: of what the one who asks may see.")
    first_day: Date = column("The first day of the past that it is from.")
    last_day: Date = column("The last day of it.")
    jobs: int = column("How many jobs are neither completed nor archived.")
    completed: int = column("How many were completed in that past.")
    median: Date | None = column(f"The day by which half of the futures have them all completed; {_NULL}")
    percentile85: Date | None = column(f"The day by which 85 percent of the futures have; {_NULL}")
    percentile95: Date | None = column(f"The day by which 95 percent of the futures have; {_NULL}")

    is_type_of = TypeCheck(lambda source: isinstance(source, forecast.Forecast))
