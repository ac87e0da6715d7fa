"""Stores of tests: with the bytes of the files that a firm of tests has."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from files.segments import name_of
from files.store import Place, Store
from models.database import sql

#: Where nothing is, and nothing comes to: for firms without files.
NOWHERE = Store(Place(Path("/nowhere/that/is")))
_SEGMENTS = "SELECT file_id, key, file_segment.size FROM file_segment JOIN file ON file.id = file_id WHERE firm_id = $1"


async def store_of(firm_id: UUID, folder: Path) -> Store:
    """A store with bytes for the firm's files, of a segment each, which domain tests have in none."""
    store = Store(Place(folder))
    for row in await sql(_SEGMENTS, firm_id):
        content = content_of(row["size"])
        await sql("UPDATE file SET sha256 = $2 WHERE id = $1", row["file_id"], sha256(content).hexdigest())
        await store.put(name_of(firm_id, row["file_id"], row["key"]), partial(_read, content))
    return store


def content_of(size: int) -> bytes:
    """So many bytes, no two of which that follow each other are the same."""
    return bytes(place % 251 for place in range(size))


async def _read(content: bytes) -> bytes:
    return content
