"""The bytes of a file, which are in the store in segments one after the other."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol
from uuid import UUID

from files.store import Store

#: In bytes: so much of a file is in memory for whoever reads it.
PIECE = 1024 * 1024


class Segment(Protocol):
    """Where in the file it begins, how long it is, and what it is called in the store beside the file's others."""

    @property
    def begins(self) -> int:
        """In bytes, of the file."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def key(self) -> str:
        """The end of the object's name."""


#: Of the objects that are ours, and of what is left of one that was being written in a folder. Others are not ours.
_NAME = re.compile(r"([0-9a-f]{32})/([0-9a-f]{32})/([0-9a-f]{32})(#\d+)?")


def named_by(name: str) -> tuple[UUID, UUID, str] | None:
    """The firm, the file and the key that an object's name says; None where it is no segment of ours. Of what is only
    left of one, the key is no segment's."""
    match = _NAME.fullmatch(name)
    return None if match is None else (UUID(match[1]), UUID(match[2]), match[3] + (match[4] or ""))


def name_of(firm_id: UUID, file_id: UUID, key: str) -> str:
    """What a segment is called in the store."""
    return f"{firm_id.hex}/{file_id.hex}/{key}"


async def pieces(
    store: Store, firm_id: UUID, file_id: UUID, segments: Sequence[Segment], start: int, end: int
) -> AsyncGenerator[bytes, None]:
    """The bytes of a file from `start` on, up to `end` and without it, some at a time. `OSError` where a segment is not
    what it was."""
    for segment in segments:
        at, until = max(start, segment.begins), min(end, segment.begins + segment.size)
        while at < until:
            size = min(PIECE, until - at)
            data = await store.read(name_of(firm_id, file_id, segment.key), at - segment.begins, size)
            if len(data) != size:
                raise OSError("A segment is shorter in the store than it was.")
            yield data
            at += size
