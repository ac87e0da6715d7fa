"""What a scope is told of an event. Pure: the same event and scope always give the same answer."""

from models.events import (
    AccountEvent,
    AccountRemoved,
    Event,
    JobEvent,
    JobRemoved,
    PipelineEvent,
    PipelineRemoved,
    TaskEvent,
    TaskRemoved,
)
from models.scope import Scope


def shown(event: Event, scope: Scope) -> Event | None:
    """The event as this scope may see it: itself; or, when it took the thing out of sight, that it is removed; or
    nothing."""
    if not _told(event, scope):
        return None
    if event.ends:
        return event if saw(event, scope) else None
    if any(scope.sees(place) for place in event.now()):
        return event
    return removed(event) if saw(event, scope) else None


def saw(event: Event, scope: Scope) -> bool:
    """Whether the scope saw the thing before the event."""
    return _told(event, scope) and any(scope.sees(place) for place in event.before())


def removed(event: Event) -> Event | None:
    """That what the event is about is to be forgotten; None for what has no such word, because it goes with something
    else: a stage with its pipeline, a time entry with its account."""
    if isinstance(event, JobEvent):
        return JobRemoved(job=event.job)
    if isinstance(event, TaskEvent):
        return TaskRemoved(task=event.task)
    if isinstance(event, PipelineEvent):
        return PipelineRemoved(pipeline=event.pipeline)
    if isinstance(event, AccountEvent):
        return AccountRemoved(account=event.account)
    return None


def _told(event: Event, scope: Scope) -> bool:
    return not event.needs or bool(event.needs & scope.rights)
