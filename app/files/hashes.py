"""The SHA-256 of uploads, made as their bytes come."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Any, Protocol
from uuid import UUID

#: Of so many uploads that are under way it is remembered what was hashed of them.
MOST_REMEMBERED = 1_000


class Hash(Protocol):
    """The SHA-256 of what has come of a file."""

    def update(self, data: Any, /) -> None:
        """Put more into it."""

    def digest(self) -> bytes:
        """That of all that was put into it."""

    def hexdigest(self) -> str:
        """The same in hexadecimal digits."""

    def copy(self) -> Hash:
        """Another one that has come as far."""


class Hashes:
    """As far as this process has received an upload, its digest up to what is kept of it. Of what another one received
    the bytes are read once more, when all of them are there."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[int, Hash]] = OrderedDict()

    def take(self, file_id: UUID, offset: int) -> Hash | None:
        """The digest of the file up to there; None where it is not known."""
        reached, found = self._known.pop(file_id, (0, None))
        if offset == 0:
            return hashlib.sha256()
        return found if reached == offset else None

    def keep(self, file_id: UUID, offset: int, digest: Hash) -> None:
        """Remember how far it is."""
        self._known[file_id] = (offset, digest)
        self._known.move_to_end(file_id)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def forget(self, file_id: UUID) -> None:
        """It is whole, or gone."""
        self._known.pop(file_id, None)
