"""The keys that things have where they come from: read for a batch at once, and kept with it."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Invalid, NotFound
from models.ids import Kind
from models.reasons import Reason
from models.rows import ExternalKey
from models.texts import EXTERNAL_KEY

R = TypeVar("R")

_OF_KEYS = "SELECT key, thing FROM external_key WHERE firm_id = $1 AND source = $2 AND kind = $3 AND key = ANY($4)"
# What was made for a thing without a key says nothing about others of its name.
_OF_THINGS = """
SELECT thing FROM external_key
WHERE firm_id = $1 AND source = $2 AND kind = $3 AND thing = ANY($4) AND key NOT LIKE '=%'
"""


def made_key(*known_by: str) -> str:
    """The key of a thing that has none where it comes from, by what it is known by there."""
    return f"={hashlib.sha256(repr(known_by).encode(errors='replace')).hexdigest()[:40]}"


class Keys:
    """Those of one kind, of one source."""

    def __init__(self, change: Change, source: str, kind: Kind) -> None:
        self._kind = kind
        self._of = (change.actor.firm_id, source, kind)
        self._known: dict[str, UUID] = {}
        self._new: list[ExternalKey] = []
        #: What has a key of this source that was given to it there, of what was asked about.
        self.keyed: set[UUID] = set()

    async def read(self, keys: Iterable[str | None]) -> Collection[UUID]:
        """Look up what has these keys. What cannot be a key is refused when it is asked for."""
        if wanted := sorted({key for key in keys if key is not None and _may_be(key)}):
            self._known |= {row["key"]: row["thing"] for row in await sql(_OF_KEYS, *self._of, wanted)}
        return self._known.values()

    async def ask_of(self, things: Iterable[UUID]) -> None:
        """Look up which of these have a key of this source."""
        if wanted := list(set(things)):
            self.keyed |= {row["thing"] for row in await sql(_OF_THINGS, *self._of, wanted)}

    def __contains__(self, key: str) -> bool:
        """Whether something has this key; `Invalid` for what can be none."""
        return EXTERNAL_KEY.check(key, "key") in self._known

    def find(self, key: str, seen: Mapping[UUID, R], *path: str) -> R | None:
        """What has this key, of what the actor sees; None where nothing has it. `NotFound` where it is gone, or out of
        sight."""
        if key not in self:
            return None
        if (found := seen.get(self._known[key])) is None:
            told = f"The {self._kind.spoken} that was imported with this key is gone, or you may not see it."
            raise NotFound(f"{told} It is not made anew.", *path, reason=Reason.NOT_FOUND, kind=self._kind, id=key)
        return found

    def keep(self, key: str, thing: UUID) -> None:
        """Note that it has this key, unless something has it already."""
        if key in self:
            return
        firm_id, source, kind = self._of
        self._known[key] = thing
        if not is_made(key):
            self.keyed.add(thing)
        self._new.append(ExternalKey(firm_id=firm_id, source=source, kind=kind, key=key, thing=thing))

    async def write(self) -> None:
        """Write what was noted."""
        if self._new:
            await ExternalKey.bulk_create(self._new)
            self._new = []


def _may_be(key: str) -> bool:
    try:
        EXTERNAL_KEY.check(key)
    except Invalid:
        return False
    return True


def is_made(key: str) -> bool:
    """Whether it is the key of a thing that had none."""
    return key.startswith("=")


async def give_to_another(kind: Kind, thing: UUID, other: UUID) -> None:
    """Let the keys of one thing be those of another one, which it was merged into."""
    await sql("UPDATE external_key SET thing = $3 WHERE kind = $1 AND thing = $2", kind, thing, other)
