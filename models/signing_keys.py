"""The secrets that access tokens are signed with. All processes on a database share them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from models.command import shielded
from models.database import sql
from models.ids import new_id

#: No token lives longer.
LONGEST_TOKEN = timedelta(days=30)
#: How long a replaced key still verifies: longer than any token, and than any process takes to notice.
GRACE = LONGEST_TOKEN + timedelta(days=1)

_REFRESHED_AFTER = 60.0
# A token may name a key that another process made just now. Made-up names must not cost a statement each.
_ASKED_AGAIN_AFTER = 2.0
# "jwkeys" in ASCII: making a key takes this lock, so that one key signs at a time.
_LOCK = 0x6A776B657973


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key. The one that does not expire signs."""

    id: UUID
    secret: str = field(repr=False)
    expires_at: datetime | None

    def good(self, now: datetime) -> bool:
        """Whether it may verify."""
        return self.expires_at is None or now < self.expires_at


class Keys:
    """The keys as a process remembers them. `clock` counts seconds, from anywhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = asyncio.Lock()
        self._keys: dict[str, Key] = {}
        self._read_at: float | None = None
        self._forgotten = 0

    async def newest(self) -> Key:
        """The key to sign with. The first one is made when there is none."""
        await self._refresh(_REFRESHED_AFTER)
        if (key := self._signing()) is None:
            await ensure_signing_key()
            await self._read()
            key = self._signing()
        assert key is not None
        return key

    async def find(self, id: str, now: datetime) -> Key | None:
        """The key with this id (in hex) if it is good."""
        await self._refresh(_REFRESHED_AFTER if id in self._keys else _ASKED_AGAIN_AFTER)
        key = self._keys.get(id)
        return key if key is not None and key.good(now) else None

    async def good_ones(self, now: datetime) -> set[str]:
        """The ids (in hex) of those that are good, read now: from here on, this process signs and verifies by them."""
        async with self._lock:
            await self._read()
        return {id for id, key in self._keys.items() if key.good(now)}

    def forget(self) -> None:
        """Read the table again at the next use."""
        self._read_at = None
        self._forgotten += 1

    def _signing(self) -> Key | None:
        return next((key for key in self._keys.values() if key.expires_at is None), None)

    async def _refresh(self, after: float) -> None:
        if self._fresh(after):
            return
        async with self._lock:
            if not self._fresh(after):  # Else somebody read them while this one waited.
                await self._read()

    def _fresh(self, after: float) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < after

    async def _read(self) -> None:
        forgotten = self._forgotten
        rows = await sql("SELECT id, secret, expires_at FROM signing_key ORDER BY created_at DESC")
        self._keys = {row["id"].hex: Key(**row) for row in rows}
        # What was under way when something changed may be from before it.
        self._read_at = self._clock() if forgotten == self._forgotten else None


#: Those of this process.
KEYS = Keys()


async def ensure_signing_key() -> None:
    """Make the first key. Any number of processes may try at once."""
    await shielded(_ensure(datetime.now(UTC)))
    KEYS.forget()


async def rotate_signing_key(*, grace: timedelta = GRACE, now: datetime | None = None) -> UUID:
    """Sign with a new key from now on. The old ones verify what they signed for `grace`: give none if a key leaked,
    and everybody refreshes or signs in again. Other processes follow within a minute, and close what rests on it."""
    made = await shielded(_rotate(now or datetime.now(UTC), grace))
    KEYS.forget()
    return made


async def _ensure(now: datetime) -> None:
    async with in_transaction():
        await sql("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if not await sql("SELECT id FROM signing_key WHERE expires_at IS NULL LIMIT 1"):
            await _make(now)


async def _rotate(now: datetime, grace: timedelta) -> UUID:
    async with in_transaction():
        await sql("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if grace:
            await sql("UPDATE signing_key SET expires_at = LEAST(expires_at, $1)", now + grace)
        else:
            # Also those that are already on their way out. No clock, which may run behind on another machine, has to
            # reach anything before they are worth nothing.
            await sql("DELETE FROM signing_key")
        return await _make(now)


async def _make(now: datetime) -> UUID:
    id = new_id()
    # Made by PostgreSQL, from 366 random bits: then no log of statements and their values ever holds the secret.
    await sql(
        "INSERT INTO signing_key (id, created_at, secret) VALUES ($1, $2, "
        "replace(concat(gen_random_uuid(), gen_random_uuid(), gen_random_uuid()), '-', ''))",
        id,
        now,
    )
    return id
