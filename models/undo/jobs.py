"""Taking back what happened to a job itself: where it was, under which status, what it said. All of that is columns of
the job, so it is put back at once, to what stood there before the first of the events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models import checks
from models.changed_fields import changes_in
from models.command import Change
from models.database import sql
from models.errors import RuleBroken
from models.events import Event, JobClientStatusChanged, JobMoved, JobStatusChanged, JobUpdated, changes_of
from models.gathered import Gathered
from models.ids import Kind
from models.items.item import expect_used, hold_accounts
from models.items.links import dismiss_items, hold_again, keep_open_since
from models.log import Logged
from models.order import between
from models.reasons import Reason
from models.relations import hold_blocked_by, tell_blocked
from models.rights import Right
from models.rows import Job, Row, Stage, Status
from models.scope import not_found
from models.storing import store_all
from models.undo.report import Lasting
from models.undo.taking import Act, Inverse, Taking, by_thing, changed_since

#: What each event says of a job: the rest is a JobUpdated.
_PLACE = frozenset({"pipeline_id", "stage_id", "position", "stage_entered_at", "stay"})
_STATUS = frozenset({"status_id", "status_stay", "archived_at", "completed_at"})
#: Where the last one of each is kept that was taken back.
_NUMBERS = {"stay": "undone_stay", "status_stay": "undone_status_stay"}
_TOLD = "client_status_"


@dataclass(slots=True)
class _Way:
    """The way back of one job. `then` and `left` have, by column, what stood there before the events and what they
    left."""

    job: Job
    then: dict[str, Any] = field(default_factory=dict)
    left: dict[str, Any] = field(default_factory=dict)
    dismissed: set[UUID] = field(default_factory=set)
    held_again: set[UUID] = field(default_factory=set)
    #: Where it was until it was put back, and whether it was in hand.
    place: tuple[UUID, UUID, UUID] | None = None
    was_in_hand: bool = True

    def add(self, event: Event) -> None:
        """An event, the oldest first."""
        for column, (before, after) in changes_in(event).items():
            self.then.setdefault(column, before)
            self.left[column] = after
        if isinstance(event, JobMoved):
            dismissed, held = set(event.dismissed), set(event.held_again)
            self.dismissed, self.held_again = self.dismissed - held | dismissed, self.held_again - dismissed | held

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """What is put back, as column: (as it was left, as it was then)."""
        pairs = {column: (left, self.then[column]) for column, left in self.left.items()}
        return {column: (left, then) for column, (left, then) in pairs.items() if left != then}

    @property
    def lost(self) -> list[str]:
        """The columns in which something else stands than the events left."""
        return [column for column, left in self.left.items() if getattr(self.job, column) != left]

    def go(self) -> None:
        """Put the columns back."""
        self.place = self.job.pipeline_id, self.job.stage_id, self.job.status_id
        self.was_in_hand = self.job.in_hand
        for column, (_, then) in self.changed.items():
            setattr(self.job, column, then)
        for number, undone in _NUMBERS.items():
            if number in self.changed:
                setattr(self.job, undone, max(getattr(self.job, undone), self.left[number]))


class JobColumns(Inverse):
    """Puts the columns of jobs back."""

    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """See `Inverse`."""
        ways = []
        for id, told in by_thing(logged).items():
            if not all(changes_in(each.event) for each in told):
                for each in told:
                    taking.leave(each, Lasting.NOT_KEPT)
            elif (job := taking.jobs.get(id)) is None:
                taking.refuse(not_found(Kind.JOB, id))
            else:
                way = _Way(job)
                for each in told:
                    way.add(each.event)
                _look_at(taking, way)
                ways.append(way)

        async def act() -> None:
            await _put_back(taking.change, [way for way in ways if way.changed])

        return act


def _look_at(taking: Taking, way: _Way) -> None:
    for column in way.lost:
        taking.refuse(changed_since(Kind.JOB, way.job.id, column))
    if way.changed.keys() & _PLACE and way.job.archived_at is not None and "archived_at" not in way.changed:
        told = "An archived job cannot move. Restore it first."
        taking.refuse(RuleBroken(told, reason=Reason.ARCHIVED, kind=Kind.JOB.value))
    if "budget" in way.changed:
        taking.change.require(Right.MANAGE_TIME_BUDGETS, "Setting a time budget")


async def _put_back(change: Change, ways: Sequence[_Way]) -> None:
    for way in ways:
        way.go()
    await _expect_there(change, ways)
    await _keep_apart([way.job for way in ways if "position" in way.changed])
    blocked = await hold_blocked_by([way.job.id for way in ways if way.job.in_hand != way.was_in_hand])
    # The stays that they were open in are those until now.
    await dismiss_items([(way.job.id, item) for way in ways for item in way.held_again], change.now)
    await hold_again([(way.job.id, item) for way in ways for item in way.dismissed])
    await _write(ways)
    if moved := [way.job.id for way in ways if "stay" in way.changed]:
        await keep_open_since(moved)
    for way in ways:
        for event in _events(way):
            change.record(event)
    await tell_blocked(change, blocked)


async def _expect_there(change: Change, ways: Sequence[_Way]) -> None:
    """What jobs go back to is there, and seen; and it is such that they may be there."""
    stages = {way.job.stage_id for way in ways if way.changed.keys() & _PLACE}
    statuses = {way.job.status_id for way in ways if "status_id" in way.changed}
    _expect_all(Stage, stages, await change.scope.rows(Stage).lock_many(stages) if stages else {})
    _expect_all(Status, statuses, await change.scope.rows(Status).many(statuses))
    taken_up = {way.job.account_id for way in ways if way.job.in_hand and not way.was_in_hand}
    used = await hold_accounts(taken_up) if taken_up else frozenset()
    with Gathered() as check:
        for account in taken_up:
            check(expect_used, account, used, "account_id")
        for way in ways:
            job, changed = way.job, way.changed
            if changed.keys() & {"start_date", "due_date"}:
                check(checks.dates, job.start_date, job.due_date, changed)
            if changed.keys() & {"due_date", "deadline"}:
                check(checks.deadline, job.due_date, job.deadline, change.today, changed)


def _expect_all(model: type[Row], ids: Iterable[UUID], found: Iterable[UUID]) -> None:
    for id in set(ids) - set(found):
        raise not_found(model.kind, id)


_TAKEN = """
SELECT given.id, (
    SELECT min(position) FROM job WHERE stage_id = given.stage AND position > given.position AND id <> ALL($1)
) AS next
FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given(id, stage, position) WHERE EXISTS (
    SELECT FROM job WHERE stage_id = given.stage AND position = given.position AND job.id <> ALL($1)
)
"""


async def _keep_apart(jobs: Sequence[Job]) -> None:
    """Another card may have come into the gap that a card left, and have its key: then it goes right behind that."""
    if not jobs:
        return
    ids, stages = [job.id for job in jobs], [job.stage_id for job in jobs]
    taken = await sql(_TAKEN, ids, stages, [job.position for job in jobs])
    upper = {row["id"]: row["next"] for row in taken}
    for job in jobs:
        if job.id in upper:
            beside = [other.position for other in jobs if other.stage_id == job.stage_id]
            above = [key for key in (upper[job.id], *beside) if key is not None and key > job.position]
            job.position = between(job.position, min(above, default=None))


async def _write(ways: Sequence[_Way]) -> None:
    """Many in one statement; and by themselves those whose words change, by which they are found."""
    together = []
    for way in ways:
        columns = _columns(way)
        if Job.searched is not None and Job.searched.is_written_with(columns):
            await way.job.store(*columns)
        else:
            together.append(way)
    await store_all([way.job for way in together], *sorted({column for way in together for column in _columns(way)}))


def _columns(way: _Way) -> list[str]:
    return [*way.changed, *(undone for number, undone in _NUMBERS.items() if number in way.changed)]


def _events(way: _Way) -> Iterator[Event]:
    """What is told of a job that was put back."""
    job, changed = way.job, way.changed
    assert way.place is not None
    pipeline, stage, status = way.place
    told: dict[str, Any] = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}

    def kept(columns: Iterable[str]) -> dict[str, tuple[Any, Any]]:
        return {column: (changed[column][0], getattr(job, column)) for column in changed.keys() & set(columns)}

    if changed.keys() & _PLACE:
        yield JobMoved(
            **told,
            from_pipeline=pipeline,
            from_stage=stage,
            to_stage=job.stage_id,
            dismissed_items=len(way.held_again),
            dismissed=tuple(sorted(way.held_again)),
            held_again=tuple(sorted(way.dismissed)),
            stay=job.stay,
            fires_automations=False,
            kept=changes_of(kept(_PLACE)),
        )
    if changed.keys() & _STATUS:
        yield JobStatusChanged(
            **told,
            from_status=status,
            to_status=job.status_id,
            status_stay=job.status_stay,
            fires_automations=False,
            kept=changes_of(kept(_STATUS)),
        )
    shown = {column for column in changed if column.startswith(_TOLD)}
    if shown:
        visible, name = job.client_status_visible, job.client_status_name
        yield JobClientStatusChanged(**told, visible=visible, name=name, kept=changes_of(kept(shown)))
    if rest := changed.keys() - _PLACE - _STATUS - shown:
        yield JobUpdated(**told, changes=changes_of(kept(rest)))
