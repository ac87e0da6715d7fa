"""The board in the terminal: a column a stage, as many cards as fit, and a line that says how it stands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from rich.align import Align
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from common import time_zones
from watch.cards import Fields, Look, card
from watch.client import Happening, Link
from watch.order import in_order
from watch.session import Session
from watch.store import Store

#: For how many seconds a moved card stands out.
GLOW = 4.0
#: The narrowest column that still shows a card.
NARROWEST = 22
#: How often to look whether something is to be drawn anew, in seconds.
BEAT = 0.25
_LINKS = {
    Link.READING: ("◌", "yellow", "reading the board"),
    Link.RESUMING: ("◌", "yellow", "resuming"),
    Link.LIVE: ("●", "green", "live"),
    Link.AWAY: ("○", "red", "not connected"),
}
Data = dict[str, Any]


class Board:
    """Draws on a terminal's alternate screen, and gives the terminal back as it was."""

    def __init__(self, console: Console, store: Store, session: Session, pipeline: dict[str, str], who: str) -> None:
        self._store = store
        self._pipeline = pipeline
        self._session, self._who = session, who
        self._link, self._why = Link.READING, ""
        self._last: Happening | None = None
        self._glowing: dict[str, float] = {}
        self._drawn: object = None
        self._console = console
        self._live = Live(self, console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Board:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def linked(self, link: Link, why: str = "") -> None:
        """The status line says so."""
        self._link, self._why = link, why
        self._drawn = None

    def changed(self, happenings: list[Happening]) -> None:
        """The moved cards stand out for a moment; the last event is told in words."""
        self._glowing |= {event.job_id: time.monotonic() + GLOW for event in happenings if event.moved and event.job_id}
        self._last = happenings[-1] if happenings else self._last
        self._drawn = None

    async def keep_drawing(self) -> None:
        """Draw what has changed, also the size of the terminal and the time, by the minute. Changes in between are one
        picture."""
        while True:
            self._glowing = {id: until for id, until in self._glowing.items() if until > time.monotonic()}
            seen = (self._console.size, frozenset(self._glowing), self._today(), time.monotonic() // 60)
            if seen != self._drawn:
                self._drawn = seen
                self._live.refresh()
            await asyncio.sleep(BEAT)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.height or options.size.height
        board = self._store.board(self._pipeline["id"])
        yield self._head(board, width)
        yield Text()
        room = height - 4
        yield self._columns(board, width, room) if board is not None else self._nothing(room)
        yield Text()
        yield self._foot(width)

    def _head(self, board: Data | None, width: int) -> Text:
        name = board["name"] if board is not None else self._pipeline["name"]
        firm = self._store.firm
        left = Text.assemble((f" {name} ", "bold reverse"), f"  {firm['name'] if firm else ''}")
        return _ends(left, Text(f"{self._who} at {self._session.host} ", "dim"), width)

    def _foot(self, width: int) -> Text:
        mark, style, words = _LINKS[self._link]
        state = Text.assemble((f" {mark} {words}", style))
        if self._link is Link.LIVE:
            state.append(f"  revision {self._store.cursor}", "dim")
        if self._why:
            state.append(f"  {self._why}", "dim")
        if self._last is not None and self._link is not Link.AWAY:
            state.append(f"  {self._last.words}")
        return _ends(state, Text("Ctrl-C ends ", "dim"), width)

    def _nothing(self, room: int) -> RenderableType:
        text = "" if self._link is Link.READING else f"{self._pipeline['name']} is not available to you at present."
        return Align.center(Text(text, "yellow"), vertical="middle", height=room)

    def _columns(self, board: Data, width: int, room: int) -> RenderableType:
        stages = board["stages"]
        fit = max(1, min(len(stages), (width - 1) // (NARROWEST + 1)))
        each = (width - 1) // fit - 1
        grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
        for _ in range(fit):
            grid.add_column(width=each, no_wrap=True)
        hidden = stages[fit:]
        fields, order, lines = Fields.of(board), board["jobOrder"], room - bool(hidden)
        grid.add_row(*(Group(*self._column(stage, fields, order, each, lines)) for stage in stages[:fit]))
        if not hidden:
            return grid
        more = ", ".join(f"{stage['name']} {self._count(stage)}" for stage in hidden)
        line = Text(f" further stages: {more}", "dim")
        line.truncate(width, overflow="ellipsis")
        return Group(grid, line)

    def _column(self, stage: Data, fields: Fields, order: str, width: int, room: int) -> Iterator[Text]:
        """Just `room` lines: the title and a rule, cards, how many more there are."""
        count = Text(self._count(stage), "dim")
        yield _ends(Text(stage["name"], "bold"), count, width)
        yield Text("─" * width, "dim")
        jobs, lines = in_order(stage["jobs"], order), room - 2
        shown = lines // fields.height
        if len(jobs) > shown:
            shown = max(0, (lines - 1) // fields.height)
        look = Look(self._today(), datetime.now(UTC))
        for job in jobs[:shown]:
            yield from card(job, width, fields, look, moved=job["id"] in self._glowing)
        rest = lines - fields.height * min(shown, len(jobs))
        if len(jobs) > shown:
            yield Text(f"+ {len(jobs) - shown}{self._cut_off(stage)} more", "dim")
            rest -= 1
        yield from (Text() for _ in range(rest))

    def _count(self, stage: Data) -> str:
        return f"{len(stage['jobs'])}{self._cut_off(stage)}"

    def _cut_off(self, stage: Data) -> str:
        return " or more" if stage["id"] in self._store.cut_off else ""

    def _today(self) -> date:
        firm = self._store.firm
        # As the server has it: a zone that is not known here either is UTC.
        return datetime.now((time_zones.find(firm["timeZone"]) if firm else None) or UTC).date()


def _ends(left: Text, right: Text, width: int) -> Text:
    """A line with one text at each end; what does not fit is cut off the left one."""
    left.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis", pad=True)
    return Text.assemble(left, " " * max(0, width - left.cell_len - right.cell_len), right)
