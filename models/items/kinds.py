"""The kinds of linked items, each with the events that say that one was linked to a job or unlinked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.events import Event, TaskLinked, TaskUnlinked, TimeEntryUpdated
from models.ids import JobId, Kind
from models.kinds import modules_in
from models.rows import Awaited, Item, Task, TimeEntry


@dataclass(frozen=True, slots=True)
class KindOfItem:
    """A kind of linked item: its rows, and the events that say that one was linked to a job or unlinked. These are made
    of what the item says in all of its events, the job and its pipeline."""

    model: type[Item]
    linked: Callable[..., Event]
    unlinked: Callable[..., Event]
    #: That one was had back before the client heard of it, and that it was sent after all; None where none ever is.
    taken_back: Callable[..., Event] | None = None
    sent: Callable[..., Event] | None = None

    @property
    def may_be_open(self) -> bool:
        """Whether such items ever wait for somebody, and hold jobs."""
        return bool(self.model.may_await)

    @property
    def may_await(self) -> Sequence[Awaited]:
        """What they may wait for."""
        return self.model.may_await

    @property
    def until(self) -> str | None:
        """Until when somebody has to act on one; None where nobody ever has to."""
        return self.model.until


_KINDS: dict[Kind, KindOfItem] = {}


def register_item(
    model: type[Item],
    linked: Callable[..., Event],
    unlinked: Callable[..., Event],
    *,
    taken_back: Callable[..., Event] | None = None,
    sent: Callable[..., Event] | None = None,
) -> None:
    """Make the rows of this class known as items. `TypeError` where it does not say what becomes of one that waits."""
    if len({model.awaited is not Item.awaited, bool(model.may_await), model.until is not None}) > 1:
        raise TypeError(
            f"{model.__name__} says only in part when its items hold a job. Say what one waits for (`awaited`), all "
            "that this may be (`may_await`), and when that is over (`until`); or nothing of it."
        )
    _KINDS[model.kind] = KindOfItem(model, linked, unlinked, taken_back, sent)


def item_kinds() -> Mapping[Kind, KindOfItem]:
    """All of them, also those that are modules of their own."""
    modules_in("models")
    return _KINDS


def _entry_linked(*, job: JobId, **told: Any) -> Event:
    return TimeEntryUpdated(**told, job=job, changes={"job_id": (None, str(job))})


def _entry_unlinked(*, job: JobId, **told: Any) -> Event:
    return TimeEntryUpdated(**told, job=job, changes={"job_id": (str(job), None)})


register_item(Task, TaskLinked, TaskUnlinked)
# As a change of the entry, of whose fields the job is one.
register_item(TimeEntry, _entry_linked, _entry_unlinked)
