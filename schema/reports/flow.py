"""The reports on how work flows, as clients ask for them."""

from __future__ import annotations

from functools import partial

from models.ids import Kind
from models.reports import flow
from schema.inputs.base import input_type
from schema.inputs.filters import IdFilter
from schema.reports.declaring import DeclaredReport
from schema.reports.narrowing import among_seen, first_day, last_day
from schema.scalars import Date


@input_type
class FlowReportFilter:
    """Which days, and what of. All that is given must hold."""

    first_day: Date | None = first_day(flow.USUAL_DAYS)
    last_day: Date | None = last_day()
    pipeline: IdFilter | None = among_seen(Kind.PIPELINE, "While jobs were in one of these pipelines.")
    account: IdFilter | None = among_seen(Kind.ACCOUNT, "For one of these accounts.")
    tag: IdFilter | None = among_seen(Kind.TAG, "For accounts with one of these tags.")


_OF_ALL = "Of the log, so deleted jobs are among them: of what you see, by the pipeline that a job was in then."
_GROUPS = {
    "pipeline": "The pipeline that the job was in; none where it is not there any more.",
    "account": "The client.",
    "tag": "A tag of the account; none for accounts without one. Under several tags it is in several rows.",
}
_WHEN = {
    "day": "The day on which it ended.",
    "week": "The first day of the week in which it ended, as the firm's weeks begin.",
    "month": "The first day of the month in which it ended.",
}
_MORE = {
    "first_day": (Date, "The first day that it is of."),
    "last_day": (Date, "The last day that it is of."),
    "log_since": (
        Date | None,
        "The day of the first change that the log still has: what was before is not known. Null where it has none.",
    ),
}
_STAGE = {"stage": "The stage; none where it is not there any more."}
_NO_SUM = "null where there is nothing, and of what is cut or repeated."


def _times(of: str) -> dict[str, tuple[type, str]]:
    return {
        "median": (int | None, f"The minutes {of} that half of them did not exceed, rounded down; {_NO_SUM}"),  # type: ignore[dict-item]
        "percentile85": (int | None, f"The minutes {of} that 85 percent of them did not exceed; {_NO_SUM}"),  # type: ignore[dict-item]
    }


_of_log = partial(DeclaredReport, filter=FlowReportFilter, takes=flow.FlowFilter, depends=None, more=_MORE, of_log=True)

REPORTS = (
    _of_log(
        make=flow.flow_report,
        report=flow.CARDS,
        name="flow_report",
        called="Flow",
        description=f"How many cards were on the stages at the end of each day. {_OF_ALL}",
        groups={"day": "The day.", **_STAGE, **_GROUPS},
        figures={"cards": (int, "How many cards at the end of the day; of several days added up.")},
        usual=("day", "stage"),
    ),
    _of_log(
        make=flow.throughput_report,
        report=flow.THROUGHPUT,
        name="throughput_report",
        called="Throughput",
        description="How many jobs were completed, and how long they had been open. A completion that was taken back "
        f"is none. {_OF_ALL}",
        groups={**_GROUPS, **_WHEN},
        figures={"jobs": (int, "How many jobs."), **_times("from when a job was opened to when it was completed")},
        usual=("pipeline",),
    ),
    _of_log(
        make=flow.stage_time_report,
        report=flow.STAGE_TIME,
        name="stage_time_report",
        called="StageTime",
        description=f"How long cards stayed on stages, of the stays that ended. {_OF_ALL}",
        groups={**_STAGE, **_GROUPS, **_WHEN},
        figures={"stays": (int, "How many stays of which the log has the beginning."), **_times("of a stay")},
        usual=("stage",),
    ),
    _of_log(
        make=flow.status_time_report,
        report=flow.STATUS_TIME,
        name="status_time_report",
        called="StatusTime",
        description=f"How long jobs were under custom statuses, of the times that ended. {_OF_ALL}",
        groups={"status": "The custom status; none where it is not there any more.", **_GROUPS, **_WHEN},
        figures={"stays": (int, "How many such times of which the log has the beginning."), **_times("under it")},
        usual=("status",),
    ),
)
