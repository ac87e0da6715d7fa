"""The forecast of when the work in hand will be done, from how much of it was done on each day."""

from asyncio import to_thread
from dataclasses import dataclass
from datetime import date, timedelta

from models.bounds import FORECAST_DAYS, REPORT_ROWS
from models.checks import days
from models.forecasting import days_until_done
from models.reports.ages import IN_HAND
from models.reports.flow import USUAL_DAYS, FlowFilter, throughput_report
from models.reports.frame import Wanted, summarize
from models.reports.narrowing import among, days_asked
from models.reports.parts import Measure, Report
from models.reports.sight import Asker, Coverage, firm_asked
from models.reports.values import Values

_JOBS = Report(IN_HAND, (), (Measure("jobs", "count(*)"),))
_COLUMNS = {"pipeline": "job.pipeline_id", "account": "job.account_id", "tag": "job.account_id"}
#: What of the past does not matter: how long it took.
_TIMES = frozenset({"median", "percentile85"})
_SHARES = (0.5, 0.85, 0.95)


@dataclass(frozen=True, slots=True)
class Forecast:
    """By which day so many futures have it all done; None where that is too far."""

    covers: Coverage
    #: The past that it is from.
    first_day: date
    last_day: date
    jobs: int
    completed: int
    median: date | None
    percentile85: date | None
    percentile95: date | None


async def forecast_report(asker: Asker, filter: FlowFilter, day: date) -> Forecast:
    """When the jobs in hand will be completed, reckoned from the firm's day on, if the days to come are like these of
    the past. It is of what one sees: what is out of sight has no days."""

    async def present() -> date:
        return day

    first_day, last_day = await days_asked(filter, present, USUAL_DAYS)
    length = days((last_day - first_day).days + 1, "filter", FORECAST_DAYS)
    wanted = Wanted(("day",), None, REPORT_ROWS.most, _TIMES)
    past = await throughput_report(asker, filter, wanted, present)
    completed = {row.of["day"]: row.sums["jobs"] for row in past.rows}
    done = [completed.get(first_day + timedelta(number), 0) for number in range(length)]
    firm, values = await firm_asked(asker), Values()
    conditions = among(filter, _COLUMNS, values)
    wanted, covers = Wanted((), None, 1), Coverage.SEEN
    found = await summarize(_JOBS, wanted, asker, covers, firm, conditions, values, with_residual=False)
    jobs: int = found.total.sums["jobs"]
    # It reckons for a while, and nobody else has to wait for it.
    ahead = await to_thread(days_until_done, jobs, done, _SHARES)
    by = [None if after is None else day + timedelta(after) for after in ahead]
    return Forecast(covers, first_day, last_day, jobs, sum(done), *by)
