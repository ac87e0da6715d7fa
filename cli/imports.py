"""`jobwire import`: what a firm kept elsewhere, out of a file."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from rich.progress import TextColumn

from cli.bars import bar
from cli.mistakes import Mistake
from cli.places import Place, place, require_migrated, warn_without_redis
from cli.ringing import ringing
from common.settings import Settings
from common.terminal import complain, say
from interchange.imports.cells import DateOrder
from interchange.imports.faults import FileRefused
from interchange.imports.fields import What
from interchange.imports.files import opened
from interchange.imports.mappings import ColumnMap, preset_names, preset_of, read_mapping
from interchange.imports.readers import Lines
from interchange.imports.refused import RefusedLines, refused_of
from interchange.imports.running import Read, Summary, take_over
from interchange.imports.tables import Table
from models.connection import connected
from models.errors import SignInRefused
from models.imports.batches import expect_may_import
from models.imports.lines import Difference, Done, Taken
from models.lookup import member_of

E = TypeVar("E", bound=StrEnum)

#: So many refused lines are told where no file is named for them.
_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be imported, how it is read, and as whom."""

    file: Path
    firm: str
    email: str
    what: str
    preset: str | None = None
    mapping: Path | None = None
    source: str | None = None
    dates: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    refused: Path | None = None
    dry: bool = False

    def map(self) -> ColumnMap:
        """How its columns are read."""
        if (self.preset is None) == (self.mapping is None):
            told = "Say either which --preset or which --mapping the columns are read by."
            raise FileRefused(f"{told} There is: {', '.join(preset_names())}.")
        what = _one_of(What, self.what, "--what")
        dates = None if self.dates is None else _one_of(DateOrder, self.dates, "--dates")
        if self.preset is not None:
            return preset_of(self.preset, what).told(source=self.source, dates=dates)
        assert self.mapping is not None
        return read_mapping(self.mapping, what).told(source=self.source, dates=dates)


def _one_of(enum: type[E], said: str, option: str) -> E:
    if said not in list(enum):
        raise FileRefused(f"{option} is one of {', '.join(enum)}.")
    return enum(said)


def bring(settings: Settings, wanted: Wanted) -> None:
    """Take over the lines of a file. A Mistake at the end where some were refused."""
    with ExitStack() as open:
        table, lines, source, refused = _read(wanted, open)
        with place(settings) as here:
            summary = asyncio.run(_bring(here, wanted, table, lines, source, refused))
    say(*_summed_up(summary, dry=wanted.dry))
    if summary.refused:
        where = f" They are in {wanted.refused}: mend them there, and import that file." if wanted.refused else ""
        raise Mistake(f"{summary.refused:,} of {summary.lines:,} lines were refused.{where}")


def _read(wanted: Wanted, open: ExitStack) -> tuple[Table, Lines, str, RefusedLines | None]:
    """The file and how its lines are read, before anything else is done."""
    try:
        map = wanted.map()
        options = {"encoding": wanted.encoding, "delimiter": wanted.delimiter, "sheet": wanted.sheet}
        with opened(wanted.file, **options) as whole:
            # What is wrong with it anywhere is told before anything of it is taken over.
            for _ in whole.rows():
                pass
        table = open.enter_context(opened(wanted.file, **options))
        lines = Lines(map, table.columns)
        refused = refused_of(table, wanted.refused) if wanted.refused is not None else None
    except FileRefused as error:
        raise Mistake(str(error)) from None
    if refused is not None:
        open.callback(refused.close)
    for note in table.notes:
        complain(note)
    if lines.unread:
        complain(f"Nothing is read from the columns: {', '.join(lines.unread)}.")
    return table, lines, map.source, refused


async def _bring(
    here: Place, wanted: Wanted, table: Table, lines: Lines, source: str, refused: RefusedLines | None
) -> Summary:
    async with connected(here.database_url, pool=2):
        await require_migrated()
        if (actor := await member_of(wanted.firm, wanted.email)) is None:
            raise Mistake(f"No active member of a firm {wanted.firm} signs in as {wanted.email}.")
        await expect_may_import(actor, lines.kind)
        await warn_without_redis(here.redis_url)
        with bar("Lines", TextColumn("{task.fields[lines]:,}"), lines=0) as advance:
            telling = _Telling(advance, refused, all_of_them=wanted.dry)
            try:
                async with ringing(here.redis_url):
                    return await take_over(actor, table, lines, source, telling, dry=wanted.dry)
            except FileRefused as error:
                before = "" if wanted.dry else " Of what came before it, whole batches were taken over."
                raise Mistake(f"{error}{before}") from None
            except SignInRefused as error:
                raise Mistake(f"{error.message} Whole batches were taken over.") from None


class _Telling:
    """Tells on the terminal how it goes, and keeps what is refused."""

    def __init__(self, advance: Callable[..., Any], refused: RefusedLines | None, *, all_of_them: bool) -> None:
        self._advance, self._refused, self._all = advance, refused, all_of_them
        self._told = 0

    def taken(self, read: Read, taken: Taken, reason: str | None) -> None:
        """Say what became of a line, of each or only of those that were refused."""
        if reason is None:
            if self._all:
                say(f"{read.row.number}: {'; '.join(map(_spoken, taken.differences))}")
            return
        if self._refused is not None:
            self._refused.write(read.row, read.key, reason)
        if self._all or (self._refused is None and self._told < _TOLD):
            (say if self._all else complain)(f"{read.row.number}: refused. {reason}")
            self._told += 1

    def reached(self, part: float, lines: int) -> None:
        """Move the bar."""
        self._advance(part, 1, lines=lines)


def _spoken(told: Difference) -> str:
    changes = ", ".join(
        f"{name}: {_value(before)} -> {_value(after)}" for name, (before, after) in told.changes.items()
    )
    return f"{told.kind.spoken} {told.name!r} {_DONE[told.done]}{f' ({changes})' if changes else ''}"


_DONE = {Done.CREATED: "created", Done.UPDATED: "updated", Done.SAME: "same"}


def _value(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "nothing"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _summed_up(summary: Summary, *, dry: bool) -> list[str]:
    would = "would be " if dry else ""
    told = [
        f"{kind.spoken}: " + ", ".join(f"{summary.things[kind, done]:,} {would}{_DONE[done]}" for done in Done)
        for kind in sorted({kind for kind, _ in summary.things})
    ]
    changed = "Nothing was changed: this was a dry run." if dry else f"Revisions: {summary.revisions:,}."
    return [*told, f"Lines: {summary.lines:,}, of which {summary.refused:,} {would}refused. {changed}"]
