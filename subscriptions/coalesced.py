"""What a stream has to tell its viewer, but has not yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from models.events import Event, JobRelationChanged, LinkedEvent, SubtaskChanged
from models.log import Logged
from models.visibility import removed


class Coalesced:
    """One event for each thing, the last one: events carry the present state of what they are about.

    A task's or time entry's event is about the linked job, too, whose counts and sums change with it. So these are kept
    for each job that they touched.
    """

    def __init__(self) -> None:
        self._events: dict[object, Logged] = {}

    def __len__(self) -> int:
        return len(self._events)

    def keep(self, logged: Logged, event: Event | None = None) -> None:
        """Tell this, after all the rest, in place of what was to be told of the same thing."""
        if event is not None and event is not logged.event:
            logged = replace(logged, event=event)
        key = _key(logged.event)
        self._events.pop(key, None)
        self._events[key] = logged

    def take(self) -> list[Logged]:
        """All of it, in order; it is then no longer pending."""
        taken = list(self._events.values())
        self.clear()
        return taken

    def clear(self) -> None:
        """Tell nothing."""
        self._events.clear()

    def narrow(self, told: Callable[[Event], Event | None]) -> None:
        """Tell nothing that may not be `told` any more. Of things that are out of sight, only that they are removed."""
        for logged in self.take():
            if (event := told(logged.event) or removed(logged.event)) is not None:
                self.keep(logged, event)


def _key(event: Event) -> object:
    # Of each it is asked whether both are in sight.
    if isinstance(event, JobRelationChanged):
        return event.job, event.other_job
    if isinstance(event, SubtaskChanged):
        return event.task, event.other_task
    if isinstance(event, LinkedEvent):
        return event.thing, event.job
    return event.thing or type(event)
