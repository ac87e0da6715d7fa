"""The report on what needs attention: which concerns jobs give, how many jobs give each, and the first of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from models.bounds import IDLE_DAYS, MINDED, NEAR_DAYS
from models.checks import days
from models.database import fetch_planned
from models.errors import Invalid
from models.filtering import Asking, Between, Idle, InHand, Overdue, OverLimit, Unlinked, Within
from models.queries import Q, sql_of_several
from models.reasons import Reason
from models.reports.sight import Coverage
from models.rights import EVERY_MEMBER
from models.rows import Job, JobAssignee


class Concern(StrEnum):
    """Why somebody should look at a job, what presses most first."""

    OVERDUE = "OVERDUE"
    NEAR_DEADLINE = "NEAR_DEADLINE"
    OVER_LIMIT = "OVER_LIMIT"
    UNASSIGNED = "UNASSIGNED"
    IDLE = "IDLE"


#: The column that the jobs of a concern are sorted by: since when it is one.
_SINCE: Mapping[Concern, str] = {
    Concern.OVERDUE: "due_date",
    Concern.NEAR_DEADLINE: "deadline",
    Concern.OVER_LIMIT: "stage_entered_at",
    Concern.UNASSIGNED: "created_at",
    Concern.IDLE: "updated_at",
}
#: What is asked of a job, by its concerns and for their order.
_ASKED = ("id", "firm_id", "stage_id", "status_id", *_SINCE.values())
#: Those that have to do with the firm's day.
OF_DAY = frozenset({Concern.OVERDUE, Concern.NEAR_DEADLINE})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which concerns are asked for, None for all of them, and of how many jobs each."""

    concerns: Sequence[Concern] | None
    near_days: int
    idle_days: int
    first: int

    def __post_init__(self) -> None:
        days(self.near_days, "near_days", NEAR_DAYS)
        days(self.idle_days, "idle_days", IDLE_DAYS)
        if self.first not in MINDED:
            raise Invalid(
                f"Of each concern {MINDED} jobs are told, not {self.first:,}.",
                "first",
                reason=Reason.OUT_OF_RANGE,
                minimum=MINDED.least,
                maximum=MINDED.most,
                unit="THINGS",
            )

    @property
    def among(self) -> list[Concern]:
        """The concerns, each once."""
        return [concern for concern in Concern if self.concerns is None or concern in self.concerns]

    @property
    def of_day(self) -> bool:
        """Whether the firm's day matters."""
        return not OF_DAY.isdisjoint(self.among)


@dataclass(frozen=True, slots=True)
class Minded:
    """A concern, how many jobs give it, and the first of them."""

    concern: Concern
    count: int
    ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Attention:
    """The concerns that some job gives."""

    covers: Coverage
    rows: Sequence[Minded]


async def attention_report(asking: Asking, narrowed: Q, wanted: Wanted) -> Attention:
    """What of the visible jobs under a condition somebody should look at. One statement, whatever there is."""
    scope = asking.scope
    EVERY_MEMBER.check(scope.audience, None, scope.rights, "A report")
    among = wanted.among
    if not among:
        return Attention(Coverage.SEEN, [])
    in_hand = scope.rows(Job).where(narrowed, InHand()(True, asking)).only(*_ASKED)
    # Of these alone: in the statement there are no other jobs.
    of_each = [Job.filter(_condition(concern, wanted, asking)).only("id", _SINCE[concern]) for concern in among]
    (jobs, *texts), values = sql_of_several([in_hand, *of_each])
    rows = await fetch_planned(_statement(jobs, among, texts, f"${len(values) + 1}"), *values, wanted.first)
    found = [Minded(Concern(row["concern"]), row["count"], row["ids"]) for row in rows]
    return Attention(Coverage.SEEN, [minded for minded in found if minded.count])


def _condition(concern: Concern, wanted: Wanted, asking: Asking) -> Q:
    """What holds for the jobs that give it: what a filter of jobs says, beside that it is in hand."""
    match concern:
        case Concern.OVERDUE:
            return Overdue()(True, asking)
        case Concern.NEAR_DEADLINE:
            # One that has passed is nearer than any.
            near = Between(before=asking.today + timedelta(wanted.near_days + 1))
            return Within("deadline")(near, asking)
        case Concern.OVER_LIMIT:
            return OverLimit()(True, asking)
        case Concern.UNASSIGNED:
            return Unlinked(JobAssignee, "job_id")(True, asking)
        case Concern.IDLE:
            return Idle()(wanted.idle_days, asking)


def _statement(jobs: str, among: Sequence[Concern], texts: Sequence[str], first: str) -> str:
    """How many jobs give each concern, and the first of them. The jobs in hand are read once, and stand in the place of
    all jobs for what is said of each concern."""
    found = ", ".join(f"{concern} AS MATERIALIZED ({text})" for concern, text in zip(among, texts, strict=True))
    parts = [
        f"SELECT {place} AS place, '{concern}' AS concern, (SELECT count(*) FROM {concern}) AS count, "
        f"ARRAY(SELECT id FROM {concern} ORDER BY {_SINCE[concern]}, id LIMIT {first}) AS ids"
        for place, concern in enumerate(among)
    ]
    return f"WITH job AS MATERIALIZED ({jobs}), {found} {' UNION ALL '.join(parts)} ORDER BY place"
