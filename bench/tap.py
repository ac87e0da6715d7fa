"""A way into PostgreSQL that counts what goes through: the statements of whoever uses it, whatever they are written in.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bench.house import House
from models.connection import credentials

_EXECUTE, _QUERY = b"E", b"Q"


@dataclass(slots=True)
class Tap:
    """`house` is a house whose database is reached through here."""

    house: House
    statements: int = 0


@asynccontextmanager
async def tapped(house: House) -> AsyncIterator[Tap]:
    """Counts for the length of the block."""
    real = credentials(house.database_url)
    with tempfile.TemporaryDirectory(prefix="jobwire-tap-") as folder:
        url = f"postgresql://{real['user']}@/{real['database']}?host={folder}&port={real['port']}"
        tap = Tap(replace(house, database_url=url))

        async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            place = f"{real['host']}/.s.PGSQL.{real['port']}"
            database, to_database = await asyncio.open_unix_connection(place)
            await asyncio.gather(_forward(reader, to_database, tap), _return(database, writer))

        async with await asyncio.start_unix_server(connect, Path(folder) / f".s.PGSQL.{real['port']}"):
            yield tap


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tap: Tap) -> None:
    """What a client says, message by message."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        # The first message has no letter.
        size = await reader.readexactly(4)
        writer.write(size + await reader.readexactly(int.from_bytes(size) - 4))
        while True:
            head = await reader.readexactly(5)
            tap.statements += head[:1] in (_EXECUTE, _QUERY)
            writer.write(head + await reader.readexactly(int.from_bytes(head[1:]) - 4))
            await writer.drain()
    writer.close()


async def _return(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
