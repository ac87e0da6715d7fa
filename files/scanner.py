"""A scanner that looks into files: it speaks as clamd does (https://docs.clamav.net/manual/Usage/Scanning.html#clamd)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable
from urllib.parse import urlsplit

#: In seconds: to connect, to take a piece, and to answer when it has all of them.
_CONNECT, _TAKE, _ANSWER = 5.0, 60.0, 600.0
#: In bytes: clamd takes no larger chunk at once than its StreamMaxLength.
_CHUNK = 262_144
_FOUND = re.compile(r"stream: .+ FOUND")


class ScannerAway(Exception):
    """It did not answer, or not on this file: ask again later. The message says why, and nothing of the file."""


class Scanner:
    """One that is at `tcp://host:port`, or at `unix:///path`."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def is_clean(self, pieces: AsyncIterable[bytes]) -> bool:
        """Whether it found nothing in these bytes. `ScannerAway` when it does not say."""
        try:
            return _verdict(await self._ask(pieces))
        except TimeoutError:
            raise ScannerAway("It took too long.") from None
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
            raise ScannerAway(type(fault).__name__) from None

    async def _ask(self, pieces: AsyncIterable[bytes]) -> str:
        async with asyncio.timeout(_CONNECT):
            reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            async for piece in pieces:
                for start in range(0, len(piece), _CHUNK):
                    chunk = piece[start : start + _CHUNK]
                    writer.write(len(chunk).to_bytes(4, "big") + chunk)
                    async with asyncio.timeout(_TAKE):
                        await writer.drain()
            writer.write(bytes(4))
            async with asyncio.timeout(_ANSWER):
                return (await reader.readuntil(b"\0")).rstrip(b"\0").decode(errors="replace")
        finally:
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self._url)
        if parts.scheme == "unix":
            return await asyncio.open_unix_connection(parts.path)
        return await asyncio.open_connection(parts.hostname, parts.port)


def _verdict(answer: str) -> bool:
    if answer == "stream: OK":
        return True
    if _FOUND.fullmatch(answer):
        return False
    # A file that is longer than its StreamMaxLength, say: the operator raises that.
    raise ScannerAway(answer[:200])
