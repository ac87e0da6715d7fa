"""What happens, a line each, for a pipe or a log."""

from __future__ import annotations

from datetime import datetime

from common.terminal import say
from watch.client import Happening, Link
from watch.session import Session
from watch.store import Store


class Lines:
    """Writes to anything that is not a terminal."""

    def __init__(self, store: Store, session: Session, pipeline: dict[str, str], who: str) -> None:
        self._store = store
        self._pipeline = pipeline
        self._session, self._who = session, who
        self._link: Link | None = None

    def linked(self, link: Link, why: str = "") -> None:
        """A line for each change of the connection."""
        if link is self._link and link is not Link.AWAY:
            return
        self._link = link
        match link:
            case Link.READING:
                self._say(f"reading the board{f': {why}' if why else ''}")
            case Link.RESUMING:
                self._say(f"connected again, going on from revision {self._store.cursor}")
            case Link.AWAY:
                self._say(why)
            case Link.LIVE:
                self._say(f"live at revision {self._store.cursor}, as {self._who} at {self._session.host}")

    def changed(self, happenings: list[Happening]) -> None:
        """A line for each event; where the board stands, after it was read."""
        for happening in happenings:
            self._say(f"r{happening.revision}  {happening.words}")
        if not happenings and self._link is Link.READING:
            self._say(self._board())

    def _board(self) -> str:
        board = self._store.board(self._pipeline["id"])
        if board is None:
            return f"{self._pipeline['name']} is not available to you"
        stages = ", ".join(f"{stage['name']} {len(stage['jobs'])}" for stage in board["stages"])
        return f"{board['name']}: {stages}"

    def _say(self, text: str) -> None:
        say(f"{datetime.now():%H:%M:%S}  {text}")
