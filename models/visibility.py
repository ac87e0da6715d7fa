"""What a scope is told of an event. Pure: the same event and scope always give the same answer."""

from models.events import Event, JobEvent, JobRemoved, TaskEvent, TaskRemoved
from models.scope import Scope


def shown(event: Event, scope: Scope) -> Event | None:
    """The event as this scope may see it: itself; or, when it took the thing out of sight, that it is removed; or
    nothing."""
    if event.needs and not event.needs & scope.rights:
        return None
    saw = any(scope.sees(place) for place in event.before())
    if event.ends:
        return event if saw else None
    if any(scope.sees(place) for place in event.now()):
        return event
    return removed(event) if saw else None


def removed(event: Event) -> Event | None:
    """That what the event is about is to be forgotten; None for what has no such word."""
    if isinstance(event, JobEvent):
        return JobRemoved(job=event.job)
    if isinstance(event, TaskEvent):
        return TaskRemoved(task=event.task)
    return None
