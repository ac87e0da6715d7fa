"""What a scope, or a member, is told of an event. Pure: the same event and scope always give the same answer."""

from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from models.events import (
    AccountEvent,
    AccountRemoved,
    Event,
    JobEvent,
    JobRemoved,
    LinkedEvent,
    PipelineEvent,
    PipelineRemoved,
    TaskEvent,
    TaskRemoved,
    TimeEntryUpdated,
    TimeEvent,
)
from models.scope import Place, Scope

E = TypeVar("E", bound=Event)


def shown(event: Event, scope: Scope) -> Event | None:
    """The event as this scope may see it: itself; or, when it took the thing out of sight, that it is removed; or
    nothing."""
    return _by_place(event, scope) if event.told_to(scope) else None


def _by_place(event: Event, scope: Scope) -> Event | None:
    """As `shown`, to whoever is told of such events at all."""
    if event.ends:
        return event if _stood_in_sight(event, scope) else None
    if _sees(scope, event, event.now()):
        return _without_hidden_jobs(event, scope)
    return removed(event) if _stood_in_sight(event, scope) else None


def own(event: Event, member: UUID, scope: Scope) -> Event | None:
    """The event as it is told to a member whose own it is: their time always, also where nothing else is in sight; that
    something else was given to them or taken from them, as their scope now sees it. No right is needed for it. Nothing
    of what is not theirs."""
    if member not in event.owners or scope.audience not in event.audiences:
        return None
    if isinstance(event, TimeEvent):
        return _without_hidden_jobs(event, scope)
    return _by_place(event, scope) or removed(event)


def _without_hidden_jobs(event: E, scope: Scope) -> E:
    """The event, without a job that is out of sight: not even its id is told."""
    if not isinstance(event, LinkedEvent) or scope.sees_all_jobs:
        return event
    if event.job is not None and not scope.sees(Place(event.account, event.pipeline)):
        event = replace(event, job=None, pipeline=None)
    if isinstance(event, TimeEntryUpdated) and "job_id" in event.changes:
        # Of the other job it is not known here who sees it: whoever does is told of it by the other event.
        known = None if event.job is None else str(event.job)
        before, after = (job if job == known else None for job in event.changes["job_id"])
        event = replace(event, changes={**event.changes, "job_id": (before, after)})
    return event


def saw(event: Event, scope: Scope) -> bool:
    """Whether the scope saw the thing before the event."""
    return event.told_to(scope) and _stood_in_sight(event, scope)


def _stood_in_sight(event: Event, scope: Scope) -> bool:
    return _sees(scope, event, event.before())


def _sees(scope: Scope, event: Event, places: tuple[Place, ...]) -> bool:
    return (all if event.of_several else any)(scope.sees(place) for place in places)


def removed(event: Event) -> Event | None:
    """That what the event is about is to be forgotten; None for what has no such word, because it goes with something
    else: a stage with its pipeline, a time entry with its account."""
    if event.of_several:
        return None  # It may be another of its things that is out of sight.
    if isinstance(event, JobEvent):
        return JobRemoved(job=event.job)
    if isinstance(event, TaskEvent):
        return TaskRemoved(task=event.task)
    if isinstance(event, PipelineEvent):
        return PipelineRemoved(pipeline=event.pipeline)
    if isinstance(event, AccountEvent):
        return AccountRemoved(account=event.account)
    return None
