"""Taking a revision back, step by step: what is held of it, what is left as it is, and what refuses it."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from models.command import Change
from models.errors import Refusal, RuleBroken
from models.events import ItemLinked, ItemUnlinked, LinkedEvent
from models.gathered import together
from models.ids import Kind, encode
from models.items.kinds import item_kinds
from models.log import Logged
from models.reasons import Reason
from models.relations import hold_with_related
from models.rows import Job
from models.undo.reading import effects_of, told_since
from models.undo.report import Lasting, UndoEntry, UndoReport
from models.undone import Undos


@cache
def _had_back() -> frozenset[str]:
    """What is told of an item when the mails that tell the client of it are withdrawn: by hand that is a part of taking
    back, and nothing that anybody did to it."""
    return frozenset(kind.taken_back.__name__ for kind in item_kinds().values() if kind.taken_back is not None)


#: Takes back what was looked at.
Act = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Taking:
    """A revision that is being taken back, with what automations did because of it."""

    change: Change
    revision: int
    undos: Undos
    #: What happened, oldest first.
    logged: Sequence[Logged]
    #: The jobs that it is about, held. None that is gone, or out of sight.
    jobs: Mapping[UUID, Job] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    #: Whether something that lasts is withdrawn.
    withdraws: bool = False
    _lasting: dict[tuple[int, int], Lasting] = field(default_factory=dict)
    _following: set[tuple[int, int]] = field(default_factory=set)
    _origins: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @classmethod
    async def of(cls, change: Change, revision: int) -> "Taking":
        """A revision of the firm; `NotFound`, or `RuleBroken` where it is taken back already."""
        undos = await Undos.since(change.actor.firm_id, revision)
        taking = cls(change, revision, undos, await effects_of(change.seen, revision, undos))
        if undos.of(revision) is not None:
            told = "This was taken back already. Take that back to have it again: its cause is this revision."
            raise RuleBroken(told, "revision", reason=Reason.UNDONE)
        return taking

    async def hold_jobs(self, logged: Iterable[Logged]) -> None:
        """Hold the jobs that these events are about, and those that they are something to: before any item is."""
        ids = {each.event.subject_job for each in logged if each.event.subject_job is not None}
        rows = self.change.scope.rows(Job)
        if ids:
            await hold_with_related(rows, ids)
            self.jobs = await rows.lock_many(ids)

    def leave(self, logged: Logged, why: Lasting) -> None:
        """Leave something as it is."""
        self._lasting[_place(logged)] = why

    def pass_over(self, logged: Logged) -> None:
        """Say nothing of what follows from something else."""
        self._following.add(_place(logged))

    def goes_with(self, logged: Logged, origin: Logged) -> None:
        """What happened to a thing that was made goes or stays with it."""
        self._origins[_place(logged)] = _place(origin)

    def refuse(self, refusal: Refusal) -> None:
        """Take nothing back, because of this, and of whatever else is found."""
        self.refused.append(_of_undo(refusal))

    async def touched(self, things: Sequence[UUID]) -> set[UUID]:
        """Those of the things that something was done to since, or on them where they are jobs: but what was taken
        back, as far as it can be."""
        own = {each.revision for each in self.logged}
        touched: set[UUID] = set()
        for row in await told_since(self.change.seen, self.revision, things):
            if row["type"] in _had_back():
                continue
            if row["revision"] not in own and self.undos.counts(row["revision"]):
                touched |= {row["subject"], row["job"]} & set(things)
        return touched

    def expect_possible(self) -> None:
        """What refuses it, if anything does."""
        if self.refused:
            raise together(self.refused)
        if all(entry.lasting is not None for entry in self.entries) and not self.withdraws:
            told = "Nothing of this revision can be taken back. Its entries say why."
            raise RuleBroken(told, "revision", reason=Reason.NOTHING_TO_UNDO)

    async def act(self, acts: Sequence[Act]) -> None:
        """Take back what was looked at."""
        try:
            for act in acts:
                await act()
        except Refusal as refusal:
            raise _of_undo(refusal) from None

    @property
    def entries(self) -> list[UndoEntry]:
        """What is said of each thing that happened, but for what only follows from others."""
        entries: dict[Any, UndoEntry] = {}
        for each in self.logged:
            place = _place(each)
            if place not in self._following:
                lasting = self._lasting.get(self._origins.get(place, place))
                entries.setdefault(_said_of(each), UndoEntry(each, lasting))
        return list(entries.values())

    @property
    def report(self) -> UndoReport:
        """What is answered."""
        return UndoReport(self.revision, self.entries)


def _place(logged: Logged) -> tuple[int, int]:
    return logged.revision, logged.index


def _said_of(logged: Logged) -> Any:
    """What makes two events one entry: of an item it is told once for each of its jobs."""
    event = logged.event
    once = isinstance(event, LinkedEvent) and not isinstance(event, ItemLinked | ItemUnlinked)
    return (logged.revision, type(event), event.thing) if once else _place(logged)


def _of_undo(refusal: Refusal) -> Refusal:
    """A refusal of what an undo does: what it names is no input of the undo's, which names a revision and no more."""
    for each in refusal.all:
        each.path = ("revision",)
    return refusal


def changed_since(kind: Kind, id: UUID, what: str) -> RuleBroken:
    """The refusal of what would be lost: somebody changed it since. `what` is a field of the thing, or `version`."""
    spoken = "it" if what == "version" else f"its {what.removesuffix('_id').replace('_', ' ')}"
    return RuleBroken(
        f"Of this {kind.spoken} {spoken} was changed since. Look at the present one, and change it by hand.",
        reason=Reason.CHANGED_SINCE,
        kind=kind.value,
        id=encode(kind, id),
        field=what,
    )


def by_thing(logged: Iterable[Logged]) -> dict[UUID, list[Logged]]:
    """Events by what they happened to, oldest first; of an item each once."""
    found: dict[UUID, list[Logged]] = defaultdict(list)
    for each in {_said_of(each): each for each in logged}.values():
        assert each.event.thing is not None
        found[each.event.thing].append(each)
    return found


class Inverse(ABC):
    """How events of some kinds are taken back, all of a revision at once."""

    @abstractmethod
    async def look(self, taking: Taking, logged: Sequence[Logged]) -> Act:
        """Hold what is to be changed, say what is left as it is and what refuses it, and return what takes it back.
        The events come oldest first."""
