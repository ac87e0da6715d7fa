"""An answer as a sheet, on its way to whoever asked: whole, or seen to be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from starlette.types import Message, Receive, Scope, Send

from transport.body import ClientGone
from transport.codes import Close
from transport.cutting import abort_of
from transport.engine import Cell, Ended, Engine, NoSheet, NotSignedIn, Prepared, Refused, Session
from transport.errors import internal
from transport.negotiation import Media
from transport.options import TransportOptions
from transport.reply import Rejected
from transport.sheets.csv_file import CsvFile
from transport.sheets.xlsx_file import XlsxFile
from transport.traffic import Traffic

_LONGEST_NAME = 100
#: What is said of each beside its type, and how its files end.
_TYPES = {Media.CSV: ("text/csv; charset=utf-8; header=present", "csv"), Media.XLSX: (Media.XLSX.value, "xlsx")}


class Stuck(Exception):
    """The client does not read."""


class _File(Protocol):
    async def begin(self, headers: Sequence[str]) -> None: ...

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None: ...

    async def finish(self) -> None: ...

    async def close(self) -> None: ...


class SheetAnswer:
    """One sheet. It is itself the `transport.engine.Sheet` that the engine writes to.

    What goes wrong before its first byte is told as with any answer. After that the connection is cut, so that nobody
    takes a part of a sheet for the whole.
    """

    def __init__(
        self, media: Media, traffic: Traffic, options: TransportOptions, receive: Receive, send: Send, scope: Scope
    ) -> None:
        self._media = media
        self._traffic = traffic
        self._options = options
        self._receive = receive
        self._send = send
        self._abort = abort_of(scope)
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._file: _File = (
            CsvFile(self._write) if media is Media.CSV else XlsxFile(self._write, options.sheet_file_limit)
        )
        self._told: Callable[[], Mapping[str, str]] = dict
        self._name = ""
        self._member: str | None = None
        self._open = self._begun = self._whole = False
        self.wanted = True

    async def run(self, engine: Engine, prepared: Prepared, session: Session, headers: Mapping[str, str]) -> None:
        """Send it. Raises what is to be told in its place."""
        self._told = lambda: {**headers, **engine.headers(session)}
        self._enter(session.member_key)
        unregister = engine.on_end(session, self._end)
        work = asyncio.get_running_loop().create_task(self._make(engine, prepared, session))
        try:
            fault = await self._watch(work)
        finally:
            # The engine is not cancelled: what it has begun in the database it also ends.
            self.wanted = False
            if self._begun and not self._whole:
                self._abort()
            await asyncio.wait({work})
            unregister()
            await self._leave()
        if fault is not None:
            await self._tell(fault)

    async def begin(self, name: str, headers: Sequence[str]) -> None:
        """As `Sheet.begin`."""
        self._name = name[:_LONGEST_NAME]
        await self._file.begin(headers)

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """As `Sheet.add`."""
        await self._file.add(rows)

    def retire(self, code: int, reason: str) -> None:
        """It goes on while there is time."""

    def close(self, code: int, reason: str) -> None:
        """End it, however far it is."""
        self._end(Ended(code, reason))

    async def _make(self, engine: Engine, prepared: Prepared, session: Session) -> None:
        try:
            await engine.sheet(prepared, session, self)
        except NoSheet as refusal:
            raise Rejected(406, refusal.message, "NOT_ACCEPTABLE") from None
        if self.wanted:
            await self._file.finish()
            # Before its reader has all of it, and asks for the next one.
            await self._leave()
            await self._put({"type": "http.response.body", "body": b""})
            self._whole = True

    async def _watch(self, work: asyncio.Task[None]) -> BaseException | None:
        """Wait until it is made, or something ends it: what that was."""
        gone = asyncio.ensure_future(self._disconnected())
        waiting: set[asyncio.Future[Any]] = {work, gone, self._ended}
        try:
            await asyncio.wait(waiting, timeout=self._options.sheet_deadline, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
        if work.done():
            return work.exception()
        if gone.done():
            return ClientGone()
        if self._ended.done():
            return _as_fault(self._ended.result())
        return Rejected(504, f"The sheet took longer than {self._options.sheet_deadline:g} s.", "TIMEOUT")

    async def _tell(self, fault: BaseException) -> None:
        """Raise what can still be told. Else the connection has been cut."""
        if not self._begun or isinstance(fault, ClientGone):
            raise fault
        self._traffic.counters.sheets_cut += 1
        if not isinstance(fault, Stuck | Refused | Rejected | NotSignedIn):
            internal(fault, "sheet")
        with suppress(TimeoutError):
            async with asyncio.timeout(1):  # uvicorn would log a response that is not complete
                await self._disconnected()

    def _end(self, ended: Ended) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    def _enter(self, member: str | None) -> None:
        if member is not None and not self._traffic.take_sheet(member):
            message = "A sheet of yours is being made, or as many as are made at once. Ask again when it is there."
            raise Rejected(429, message, "LIMIT", retry_after="10")
        self._member, self._open = member, True
        self._traffic.counters.sheets_open += 1
        self._traffic.counters.sheets_total += 1
        self._traffic.enter(self)

    async def _leave(self) -> None:
        if not self._open:
            return
        self._open = False
        await self._file.close()
        self._traffic.counters.sheets_open -= 1
        self._traffic.leave(self)
        if self._member is not None:
            self._traffic.leave_sheet(self._member)

    async def _write(self, piece: bytes) -> None:
        if not self.wanted:
            raise ClientGone
        if not self._begun:
            self._begun = True
            await self._put({"type": "http.response.start", "status": 200, "headers": self._head()})
        await self._put({"type": "http.response.body", "body": piece, "more_body": True})

    async def _put(self, message: Message) -> None:
        """Send, waiting for the client to read: as long as it does read."""
        try:
            async with asyncio.timeout(self._options.stall_timeout):
                await self._send(message)
        except TimeoutError:
            raise Stuck from None

    def _head(self) -> list[tuple[bytes, bytes]]:
        said, ending = _TYPES[self._media]
        # A name of GraphQL: it has nothing in it that would have to be written otherwise.
        headers = {
            **self._told(),
            "content-type": said,
            "content-disposition": f'attachment; filename="{self._name}.{ending}"',
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _as_fault(ended: Ended) -> Exception:
    if ended.code == Close.RESTARTING:
        return Rejected(503, "Restarting. Come back in a moment.", "UNAVAILABLE", retry_after="1")
    return NotSignedIn(ended.reason)
