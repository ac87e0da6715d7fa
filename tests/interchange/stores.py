"""Stores of tests: with the bytes of the files that a firm of tests has."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from uuid import UUID

from files.segments import name_of
from files.store import Place, Store
from models.database import sql

#: Where nothing is, and nothing comes to: for firms without files.
NOWHERE = Store(Place(Path("/nowhere/that/is")))
#: What is in the files of specimens, with blanks up to their size.
CONTENT = b"What is in it"

_SEGMENTS = "SELECT file_id, key, file_segment.size FROM file_segment JOIN file ON file.id = file_id WHERE firm_id = $1"


async def store_of(firm_id: UUID, folder: Path) -> Store:
    """A store with the bytes of the firm's files, which domain tests have in none."""
    store = Store(Place(folder))
    for row in await sql(_SEGMENTS, firm_id):
        await store.put(name_of(firm_id, row["file_id"], row["key"]), partial(_content, row["size"]))
    return store


async def _content(size: int) -> bytes:
    return CONTENT.ljust(size)
