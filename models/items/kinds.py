"""The kinds of linked items. A new one is a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.events import Event, TaskLinked, TaskUnlinked, TimeEntryUpdated
from models.ids import JobId, Kind
from models.rows import Item, Task, TimeEntry


@dataclass(frozen=True, slots=True)
class KindOfItem:
    """A kind of linked item: its rows, and the events that say that one was linked to a job or unlinked. These are made
    of what the item says in all of its events, the job and its pipeline."""

    model: type[Item]
    linked: Callable[..., Event]
    unlinked: Callable[..., Event]


def _entry_linked(*, job: JobId, **told: Any) -> Event:
    return TimeEntryUpdated(**told, job=job, changes={"job_id": (None, str(job))})


def _entry_unlinked(*, job: JobId, **told: Any) -> Event:
    return TimeEntryUpdated(**told, job=job, changes={"job_id": (str(job), None)})


KINDS: dict[Kind, KindOfItem] = {
    kind.model.kind: kind
    for kind in (
        KindOfItem(Task, TaskLinked, TaskUnlinked),
        # As a change of the entry, of whose fields the job is one.
        KindOfItem(TimeEntry, _entry_linked, _entry_unlinked),
    )
}
