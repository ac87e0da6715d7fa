"""A batch of lines: one change, one revision, all of them or none; or, once one of them was refused, all others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tortoise.transactions import in_transaction

from models.actor import Actor
from models.command import Change, authority, command
from models.commands.accounts import create_account
from models.database import hold_names
from models.errors import LimitReached, Refusal
from models.imports.clients import Clients
from models.imports.entries import Entries
from models.imports.lines import ClientLine, Difference, EntryLine, JobLine, Line, Taken, TaskLine
from models.imports.origins import Origin
from models.imports.work import Jobs, Tasks
from models.reasons import Reason
from models.rights import EVERY_MEMBER
from models.texts import EXTERNAL_SOURCE

MOST_LINES = 200


class _Takes(Protocol):
    """What takes the lines of a kind of file."""

    async def begin(self, lines: Sequence[Any]) -> None:
        """Read what they name."""

    async def take(self, line: Any) -> list[Difference]:
        """Make what is there what a line says."""

    async def finish(self) -> None:
        """Write what is kept of them."""


class _TakenBack(Exception):
    """What was made is undone: it was only to be seen what would be."""

    def __init__(self, taken: Sequence[Taken]) -> None:
        super().__init__()
        self.taken = taken


@command("importLines", EVERY_MEMBER, internal=True)
async def _import_lines(
    change: Change, *, origin: Origin, lines: Sequence[Line], each_alone: bool = False, take_back: bool = False
) -> Any:
    """Take over what these lines say, each by the commands that people use, with the actor's rights."""
    told = f"Take over from 1 to {MOST_LINES} lines at a time; these are {len(lines):,}."
    if not lines:
        raise LimitReached(told, "lines", reason=Reason.TOO_FEW, minimum=1, actual=0)
    if len(lines) > MOST_LINES:
        raise LimitReached(told, "lines", reason=Reason.TOO_MANY, maximum=MOST_LINES, actual=len(lines))
    EXTERNAL_SOURCE.check(origin.source, "source")
    origin.undo()
    # One batch of a firm after another: what has no key yet is found by who comes second.
    await hold_names(f"imports {change.actor.firm_id}")
    taken = await (_take_each if each_alone else _take_all)(change, origin, lines)
    if take_back:
        raise _TakenBack(taken)
    return taken


async def _take_all(change: Change, origin: Origin, lines: Sequence[Line]) -> list[Taken]:
    takes = await _begun(change, origin, lines)
    taken = []
    for place, line in enumerate(lines):
        try:
            taken.append(Taken(await takes.take(line)))
        except Refusal as refusal:
            raise refusal.within("lines", place) from None
    await takes.finish()
    return taken


async def _take_each(change: Change, origin: Origin, lines: Sequence[Line]) -> list[Taken]:
    """As `_take_all`; of a line that is refused nothing stays, and it is said why."""
    taken: list[Taken] = []
    takes = await _begun(change, origin, lines)
    for place, line in enumerate(lines, 1):
        events, scope, said = len(change.events), change.scope, origin.place
        try:
            async with in_transaction():
                differences = await takes.take(line)
                await takes.finish()
            taken.append(Taken(differences))
        except Refusal as refusal:
            del change.events[events:]
            change.scope = scope
            origin.undo(said)
            taken.append(Taken(refusal=refusal))
            # It may know of what has been undone.
            if place < len(lines):
                takes = await _begun(change, origin, lines[place:])
    return taken


async def _begun(change: Change, origin: Origin, lines: Sequence[Line]) -> _Takes:
    takes = _KINDS[type(lines[0])](change, origin)
    await takes.begin(lines)
    return takes


_KINDS: Mapping[type[Line], Callable[[Change, Origin], _Takes]] = {
    ClientLine: Clients,
    JobLine: Jobs,
    TaskLine: Tasks,
    EntryLine: Entries,
}


async def expect_may_import(actor: Actor, lines: type[Line]) -> None:
    """`Forbidden` for whoever could take over no line of this kind: before a file is read."""
    await authority(actor, (create_account if lines is ClientLine else _import_lines).action)


async def take_lines(actor: Actor, *, origin: Origin, lines: Sequence[Line]) -> Sequence[Taken]:
    """Take over lines of one kind in one change: all of them, or all but those that are refused, which are told. Where
    nothing differs, there is no revision."""
    try:
        outcome = await _import_lines(actor, origin=origin, lines=lines)
    except Refusal:
        outcome = await _import_lines(actor, origin=origin, lines=lines, each_alone=True)
    origin.keep()
    taken: Sequence[Taken] = outcome.value
    return taken


async def try_lines(actor: Actor, *, origin: Origin, lines: Sequence[Line]) -> Sequence[Taken]:
    """What `take_lines` would make of them. Nothing is changed."""
    try:
        await _import_lines(actor, origin=origin, lines=lines, each_alone=True, take_back=True)
    except _TakenBack as told:
        origin.keep()
        return told.taken
    raise AssertionError
