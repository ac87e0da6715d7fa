"""The seven rules, and what automations do, as a small reference has them: of a firm that is kept in a few
dictionaries, by whoever knows what the pages of docs/ say, and nothing of how it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID, uuid4

#: A chain of automatic steps is no longer than this; an automation that failed on so many jobs in a row pauses itself.
MOST_HOPS, MOST_FAILURES = 20, 5
#: What is kept of a run: what came of it, and why.
Result = tuple[str, str | None]


@dataclass(eq=False)
class Account:
    """What the automations of a job ask of its account."""

    id: UUID
    #: Whether somebody there gets mail.
    reachable: bool
    tags: set[UUID] = field(default_factory=set)


@dataclass(eq=False)
class Pipeline:
    """Stages in order, and the category of each status."""

    id: UUID
    stages: list[UUID]
    statuses: dict[UUID, str]

    def of(self, category: str) -> UUID:
        """The status of a category: of the built-in ones there is one each."""
        return next(id for id, its in self.statuses.items() if its == category)


@dataclass(eq=False)
class Robot:
    """An automation: where it acts (a stage, a custom status, a pipeline where jobs are created), what it does, and
    with what."""

    id: UUID
    name: str
    at: UUID
    does: str
    add: UUID | None = None
    remove: UUID | None = None
    status: UUID | None = None
    #: The tags that the account must carry.
    asks: Collection[UUID] = ()
    state: str = "ON"
    failures: int = 0


@dataclass(eq=False)
class Run:
    """What an automation has to do for a job, in its time on a stage or, of those of a status, under that; without one
    what automove could not do."""

    robot: Robot | None
    job: Job
    of_status: bool
    stay: int
    hops: int
    result: Result = ("PENDING", None)
    #: Whether it has been tried before.
    tried: bool = False
    #: The item that it made.
    made: UUID | None = None

    @property
    def key(self) -> tuple[str, bool, int]:
        """What tells it from the job's others."""
        return "Automove" if self.robot is None else self.robot.name, self.of_status, self.stay

    @property
    def holds(self) -> bool:
        """Whether it has failed, or is to run, in the job's present time there."""
        now = self.job.status_stay if self.of_status else self.job.stay
        return self.result[0] in ("PENDING", "FAILED") and self.stay == now


@dataclass(eq=False)
class Job:
    """A job: where it is, for which time, and what is linked to it."""

    id: UUID
    account: Account
    pipeline: Pipeline
    stage: UUID
    status: UUID
    stay: int = 1
    status_stay: int = 1
    completed: bool = False
    #: What is linked to it; what of that holds it no longer; and what has held it on this stay, whatever became of it.
    items: set[UUID] = field(default_factory=set)
    dismissed: set[UUID] = field(default_factory=set)
    had: set[UUID] = field(default_factory=set)
    #: What automations made for its time under a status, by the number of that.
    made: set[tuple[int, UUID]] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    #: How often it has moved by itself, and returned to Active.
    moves: int = 0
    returns: int = 0

    @property
    def category(self) -> str:
        """Of its status."""
        return self.pipeline.statuses[self.status]


class Event(NamedTuple):
    """Something happened to a job. It may have come to a place where automations act, but for those that were left out.
    Or a run is to be tried again."""

    job: Job
    place: UUID | None = None
    of_status: bool = False
    stay: int = 0
    left_out: Collection[UUID] = ()
    again: Run | None = None


class Look(NamedTuple):
    """The rules are to be applied to a job, if it has been nowhere else since."""

    job: Job
    stays: tuple[int, int]


class Refused(Exception):
    """An automation may not do what it is to do."""


@dataclass
class Reference:
    """A firm. What people do is said by its methods; `settle` then does what happens by itself."""

    pipelines: list[Pipeline]
    automove: set[UUID] = field(default_factory=set)
    conditions: dict[UUID, set[UUID]] = field(default_factory=dict)
    #: Those that there are, in the order in which they act.
    robots: list[Robot] = field(default_factory=list)
    jobs: dict[UUID, Job] = field(default_factory=dict)
    #: Whether each item is open, and the tags that are no more.
    open: dict[UUID, bool] = field(default_factory=dict)
    lost: set[UUID] = field(default_factory=set)
    #: What happened in each change, that nothing has followed from yet.
    unheard: list[list[Event]] = field(default_factory=list)

    # The rules.

    def next(self, job: Job) -> UUID | None:
        """The stage to which a job moves on by itself, or the status to which it returns."""
        if any(run.holds for run in job.runs) or self._is_to_run(job):
            return None
        holding = self.holding(job)
        if job.category == "CUSTOM":
            made = {item for stay, item in job.made if stay == job.status_stay}
            return job.pipeline.of("ACTIVE") if made and not made & holding else None
        if job.category != "ACTIVE" or job.stage not in self.automove or not job.had or holding:
            return None
        later = job.pipeline.stages[job.pipeline.stages.index(job.stage) + 1 :]
        return next((stage for stage in later if self.conditions.get(stage, set()) <= job.account.tags), None)

    def _is_to_run(self, job: Job) -> bool:
        """Whether something is to run there, of which nobody has heard yet."""
        return any(
            robot.state == "ON" and robot.id not in event.left_out
            for events in self.unheard
            for event in events
            if event.job is job and event.stay == (job.status_stay if event.of_status else job.stay)
            for robot in self.at(event.place)
        )

    def at(self, place: UUID | None) -> list[Robot]:
        """The automations of a place, those that update tags first."""
        return sorted((each for each in self.robots if each.at == place), key=lambda robot: robot.does != "TAGS")

    def holding(self, job: Job) -> set[UUID]:
        """The items that hold a job."""
        return {item for item in job.items - job.dismissed if self.open[item]}

    def settle(self) -> None:
        """Do all that happens by itself: what follows from each step, before what follows from that."""
        hops = 1
        while self.unheard:
            due: list[Run | Look] = []
            for place, events in enumerate(self.unheard):
                later = {event.job for others in self.unheard[place + 1 :] for event in others}
                due += [run for event in events for run in self._plan(event, hops)]
                jobs = {event.job for event in events} - later
                due += [Look(job, (job.stay, job.status_stay)) for job in sorted(jobs, key=lambda job: job.id)]
            self.unheard = []
            for each in due:
                if events := self._run(each, hops) if isinstance(each, Run) else self._look(each, hops):
                    self.unheard.append(events)
            hops += 1

    def _plan(self, event: Event, hops: int) -> Iterator[Run]:
        if event.again is not None:
            yield event.again
        if event.job.category == "ARCHIVED":
            return
        for robot in self.at(event.place):
            if robot.state != "DRAFT":
                run = Run(robot, event.job, event.of_status, event.stay, hops, self._skipped(robot))
                if robot.id in event.left_out:
                    run.result = ("SKIPPED", "SKIPPED_BY_MOVER")
                event.job.runs.append(run)
                if run.result[0] == "PENDING":
                    yield run

    def _skipped(self, robot: Robot) -> Result:
        off = {"OFF": "SWITCHED_OFF", "DRAFT": "SWITCHED_OFF", "PAUSED": "PAUSED"}
        return ("SKIPPED", off[robot.state]) if robot.state in off else ("PENDING", None)

    def _look(self, look: Look, hops: int) -> list[Event]:
        job = look.job
        goes = self.next(job) if look.stays == (job.stay, job.status_stay) else None
        if goes is None:
            return []
        if hops > MOST_HOPS:
            job.runs.append(Run(None, job, False, job.stay, hops, ("FAILED", "CHAIN_TOO_LONG")))
            return [Event(job)]
        if job.category == "CUSTOM":
            job.returns += 1
            return self.gave(job, goes)
        job.moves += 1
        return self.moved(job, goes)

    def _run(self, run: Run, hops: int) -> list[Event]:
        job, robot = run.job, run.robot
        assert robot is not None
        events: list[Event] = []
        if hops > MOST_HOPS:
            self._fail(run, "CHAIN_TOO_LONG")
        elif robot not in self.robots:
            run.result = ("SKIPPED", "DELETED")
        elif job.category == "ARCHIVED":
            run.result = ("SKIPPED", "ARCHIVED")
        elif robot.state != "ON":
            run.result = self._skipped(robot)
        elif not set(robot.asks) <= job.account.tags:
            run.result = ("SKIPPED", "CONDITION")
        elif robot.does == "MAIL" and not job.account.reachable:
            self._fail(run, "NO_RECIPIENT")
        else:
            try:
                events = self._do(run, robot)
            except Refused:
                self._fail(run, "REFUSED")
            else:
                run.result, robot.failures = ("DONE", None), 0
        return [*events, Event(job)]

    def _fail(self, run: Run, reason: str) -> None:
        same = [each for each in run.job.runs if each.robot is run.robot and each is not run]
        run.result, first, run.tried = ("FAILED", reason), not run.tried, True
        if run.robot in self.robots and first and not any(each.result[0] == "FAILED" for each in same):
            run.robot.failures += 1
            if run.robot.failures >= MOST_FAILURES and run.robot.state == "ON":
                run.robot.state = "PAUSED"

    def _do(self, run: Run, robot: Robot) -> list[Event]:
        job = run.job
        if robot.add in self.lost or (robot.status is not None and robot.status not in job.pipeline.statuses):
            raise Refused
        if robot.does == "TAGS":
            job.account.tags = (job.account.tags | ({robot.add} if robot.add else set())) - {robot.remove}
        events = [] if robot.status is None else self.gave(job, robot.status)
        if robot.does in ("TASK", "REQUEST"):
            # Called otherwise when it is known which one that is.
            run.made = item = uuid4()
            self.new_item(item, [job])
            if run.of_status or robot.status is not None:
                stay = job.status_stay if robot.status is not None else run.stay
                job.made.add((stay, item))
        return events

    # What happens to jobs and items, by whomever.

    def came(self, job: Job) -> list[Event]:
        """A job was created."""
        return [Event(job, job.pipeline.id, False, job.stay), Event(job, job.stage, False, job.stay)]

    def moved(
        self, job: Job, stage: UUID, dismiss: bool = False, fires: bool = True, left_out: Collection[UUID] = ()
    ) -> list[Event]:
        """A job was put on a stage."""
        if dismiss:
            job.dismissed |= self.holding(job)
        if stage == job.stage:
            return [Event(job)]
        if stage not in job.pipeline.stages:
            category = "ACTIVE" if job.category == "CUSTOM" else job.category
            job.pipeline = next(each for each in self.pipelines if stage in each.stages)
            job.status, job.status_stay = job.pipeline.of(category), job.status_stay + 1
        job.stage, job.stay, job.had = stage, job.stay + 1, self.holding(job)
        return [Event(job, stage, False, job.stay, left_out) if fires else Event(job)]

    def gave(self, job: Job, status: UUID, fires: bool = True) -> list[Event]:
        """A job was given a status."""
        if status == job.status:
            return []
        job.status, job.status_stay = status, job.status_stay + 1
        if job.category != "ARCHIVED":
            job.completed = job.category == "COMPLETED"
        return [Event(job, status, True, job.status_stay) if fires else Event(job)]

    def new_item(self, item: UUID, jobs: Collection[Job]) -> list[Event]:
        """An item was made, and linked to jobs."""
        for job in jobs:
            job.items.add(item)
        return self.opened(item)

    def link(self, item: UUID, job: Job) -> list[Event]:
        """An item was linked to a job, where it holds it if it is open."""
        job.items.add(item)
        job.dismissed.discard(item)
        if self.open[item]:
            job.had.add(item)
        return [Event(job)]

    def opened(self, item: UUID) -> list[Event]:
        """An item is open: from now on, or again."""
        self.open[item] = True
        for job in self.linked(item):
            job.dismissed.discard(item)
            job.had.add(item)
        return self.touched(item)

    def deleted(self, item: UUID) -> list[Event]:
        """An item was deleted: it has never been."""
        told = self.touched(item)
        for job in self.jobs.values():
            for items in (job.items, job.dismissed, job.had):
                items.discard(item)
        return told

    def linked(self, item: UUID) -> list[Job]:
        """The jobs that an item is linked to."""
        return [job for job in self.jobs.values() if item in job.items]

    def touched(self, item: UUID) -> list[Event]:
        """Something happened to an item."""
        return [Event(job) for job in self.linked(item)]

    def is_called(self, item: UUID, id: UUID) -> None:
        """What an automation made has this id."""
        self.open[id] = self.open.pop(item)
        for job in self.jobs.values():
            for items in (job.items, job.dismissed, job.had):
                if item in items:
                    items.remove(item)
                    items.add(id)
            job.made = {(stay, id if each == item else each) for stay, each in job.made}
