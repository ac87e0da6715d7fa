"""A file is taken over: read line by line, batch after batch, each of them one change of the firm."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

from interchange.imports.readers import Lines
from interchange.imports.tables import Row, Table
from interchange.imports.twice import Known, Twice, things_of
from models.actor import Actor
from models.errors import Refusal
from models.ids import Kind
from models.imports.batches import MOST_LINES, take_lines, try_lines
from models.imports.lines import Difference, Done, Line, Taken
from models.imports.origins import Origin


@dataclass(slots=True)
class Summary:
    """What became of a file."""

    lines: int = 0
    refused: int = 0
    #: How many revisions it took.
    revisions: int = 0
    things: Counter[tuple[Kind, Done]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Read:
    """A line of the file, and what it says, or why it cannot be read."""

    row: Row
    key: str | None
    line: Line | Refusal


class Audience(Protocol):
    """Whoever is told how it goes."""

    def taken(self, read: Read, taken: Taken, reason: str | None) -> None:
        """This became of a line; where it was refused, for this reason."""

    def reached(self, part: float, lines: int) -> None:
        """So much of the file has been read, from 0 to 1, and so many lines are done."""


async def take_over(
    actor: Actor, table: Table, lines: Lines, source: str, audience: Audience, *, dry: bool = False
) -> Summary:
    """Take over all lines of the file that are not refused. Dry: say what would become of each, and change nothing."""
    summary, made, origin = Summary(), _Made(), Origin(source)
    reads = _read(table, lines)
    while batch := list(islice(reads, MOST_LINES)):
        taken = await _take(actor, origin, batch, summary, dry=dry)
        for read, became in zip(batch, taken, strict=True):
            if dry:
                became = made.as_if_made(read, became)
            summary.lines += 1
            summary.refused += became.refusal is not None
            summary.things.update((each.kind, each.done) for each in became.differences)
            audience.taken(read, became, None if became.refusal is None else reason_of(lines, became.refusal))
        made.remember(batch, taken)
        audience.reached(table.reached(), summary.lines)
    return summary


def _read(table: Table, lines: Lines) -> Iterator[Read]:
    twice = Twice()
    for row in table.rows():
        key = lines.key_of(row)
        try:
            line = lines.read(row, key)
            twice.expect_the_same(row.number, line)
        except Refusal as refusal:
            yield Read(row, key, refusal)
        else:
            yield Read(row, key, line)


async def _take(actor: Actor, origin: Origin, batch: Sequence[Read], summary: Summary, *, dry: bool) -> list[Taken]:
    """What becomes of each line of a batch: of those that could not be read nothing."""
    readable = [read.line for read in batch if not isinstance(read.line, Refusal)]
    results: Iterator[Taken] = iter(())
    if readable and dry:
        results = iter(await try_lines(actor, origin=origin, lines=readable))
    elif readable:
        taken = await take_lines(actor, origin=origin, lines=readable)
        results = iter(taken)
        summary.revisions += any(each.done is not Done.SAME for line in taken for each in line.differences)
    return [Taken(refusal=read.line) if isinstance(read.line, Refusal) else next(results) for read in batch]


class _Made:
    """What lines of earlier batches would have made, where nothing of it was kept."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def as_if_made(self, read: Read, taken: Taken) -> Taken:
        """The same, where what an earlier batch would have made is there already."""
        if isinstance(read.line, Refusal) or not taken.differences:
            return taken
        known = {thing[0]: thing for thing, _ in things_of(read.line)}
        return replace(taken, differences=[self._as_if(known, each) for each in taken.differences])

    def _as_if(self, known: dict[str, Known], told: Difference) -> Difference:
        if told.done is Done.CREATED and hash(known.get(told.kind)) in self._known:
            return replace(told, done=Done.SAME)
        return told

    def remember(self, batch: Sequence[Read], taken: Sequence[Taken]) -> None:
        """Take for made what these lines would make."""
        for read, became in zip(batch, taken, strict=True):
            if became.refusal is None and not isinstance(read.line, Refusal):
                self._known.update(hash(thing) for thing, _ in things_of(read.line))


def reason_of(lines: Lines, refusal: Refusal) -> str:
    """Why a line was refused, all of it in one text: each reason with the columns that it is about."""
    return " ".join(_told(lines, each) for each in refusal.all)


def _told(lines: Lines, refusal: Refusal) -> str:
    columns = lines.columns_of(refusal.path)
    message = " ".join(refusal.message.split())
    return message if columns is None else f"{columns}: {message}"
