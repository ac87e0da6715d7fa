"""What an automation does for a job, and what came of it: what all types have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from models.automation.settings import Settings
from models.command import Change
from models.ids import Kind
from models.relations import hold_with_blocked
from models.rows import AutomationType, Item, Job


class NoRecipient(Exception):
    """There is nobody at the client to whom it could be sent. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """A thing that an automation made. `status_stay` is the number of the job's time under the status that goes with
    it: the job returns from that when the thing is done."""

    kind: Kind
    id: UUID
    status_stay: int | None = None

    @classmethod
    def of(cls, *items: Item) -> tuple[Made, ...]:
        """These items."""
        return tuple(cls(item.kind, item.id) for item in items)

    def stored(self) -> dict[str, Any]:
        """As it is kept."""
        kept: dict[str, Any] = {"kind": self.kind.value, "id": str(self.id)}
        return kept if self.status_stay is None else {**kept, "status_stay": self.status_stay}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Made:
        """What is kept."""
        return cls(Kind(stored["kind"]), UUID(stored["id"]), stored.get("status_stay"))


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of it: what was made, the account roles that assigned nobody as nobody holds them at the account, and
    what else people are to know."""

    made: Sequence[Made] = ()
    unheld_roles: tuple[UUID, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """For what an automation acts: the job, which is held, and the run. `held` is what was held before the job."""

    job: Job
    run_id: UUID
    name: str
    held: Any = None


Do = Callable[[Change, Occasion, Any], Awaitable[Effect]]
#: Holds what comes before jobs in the order in which rows are held, for the settings and the job as it was read.
Hold = Callable[[Change, Job, Any], Awaitable[Any]]


async def hold_nothing(_change: Change, _job: Job, _settings: Any) -> None:
    """Of most types the job comes first."""


async def hold_those_it_blocks(change: Change, job: Job, _settings: Any) -> None:
    """Of a job that may end, or be taken up: with those that wait for it, in one order."""
    await hold_with_blocked(change.scope.rows(Job), [job.id])


@dataclass(frozen=True, slots=True)
class KindOfEffect:
    """How the automations of a type act."""

    do: Do
    hold: Hold


_EFFECTS: dict[AutomationType, KindOfEffect] = {}
D = TypeVar("D", bound=Do)


def does(settings: type[Settings], *, hold: Hold = hold_nothing) -> Callable[[D], D]:
    """Make a function what automations with these settings do."""

    def wrap(do: D) -> D:
        present = _EFFECTS.setdefault(settings.type, KindOfEffect(do, hold))
        if present.do is not do:
            raise TypeError(f"Two functions say what an automation of type {settings.type} does.")
        return do

    return wrap


def effect_of(settings: Settings) -> KindOfEffect:
    """How an automation with these settings acts."""
    return _EFFECTS[settings.type]
