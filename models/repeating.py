"""A call sent again with its key: is it the same call, and what did it make?"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models.database import sql
from models.errors import Invalid, RuleBroken
from models.once import Earlier, Kept
from models.reasons import Reason
from models.texts import IDEMPOTENCY_KEY

# Whoever comes second with the same key waits here until the first is committed or has given up.
_TAKE = """
INSERT INTO idempotency_key (firm_id, asker, key, fingerprint, secrets, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (firm_id, asker, key) DO NOTHING RETURNING id
"""
_FOUND = """
SELECT fingerprint, secrets, revision, result FROM idempotency_key WHERE firm_id = $1 AND asker = $2 AND key = $3
"""
_KEEP = """
UPDATE idempotency_key SET revision = raised.revision, result = $2::jsonb -> 'result' FROM raised
WHERE firm_id = $1 AND asker = ($2::jsonb ->> 'asker')::uuid AND key = $2::jsonb ->> 'key'
"""


class SentAtOnce(Exception):
    """An equal call was committed while this one hashed its secrets: now they can be compared with what it kept."""


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that may be sent again: whose it is, its key, and a digest of everything that it asks for but the secrets.

    `secrets` names those among what it asks for, `hashes` has what is kept of each: see `models.hashed_secrets`.
    """

    asker: UUID
    key: str
    fingerprint: str
    secrets: frozenset[str] = frozenset()
    hashes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, key: str, asker: UUID, action: str, content: Mapping[str, Any], secrets: Iterable[str] = ()
    ) -> "IdempotentCall":
        """The same asker, action and content give the same fingerprint."""
        key = IDEMPOTENCY_KEY.check(key, "idempotency_key")
        asked = [str(asker), action, content, sorted(secrets)]
        text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
        return cls(asker, key, hashlib.sha256(text).hexdigest(), frozenset(secrets))

    async def earlier(self, firm_id: UUID, now: datetime) -> Earlier | None:
        """What it made when it was sent before; None when it is new. `RuleBroken` when its key was used for another."""
        # Fails for a command that hashes less than it is asked: else two different calls would be taken for one.
        assert self.secrets <= self.hashes.keys(), self.secrets
        hashes = orjson.dumps(self.hashes).decode()
        if await sql(_TAKE, firm_id, self.asker, self.key, self.fingerprint, hashes, now):
            return None
        found = await self.found(firm_id)
        assert found is not None
        if found["secrets"] != self.hashes:
            raise SentAtOnce
        return Earlier(found["revision"], orjson.loads(found["result"]))

    def kept(self, result: Any) -> Kept:
        """Its result, under its key."""
        return Kept(_KEEP, {"asker": str(self.asker), "key": self.key, "result": result})

    async def found(self, firm_id: UUID) -> dict[str, Any] | None:
        """What is kept of it when it was sent before, as far as can be told without its secrets. `RuleBroken` when its
        key was used for another."""
        rows = await sql(_FOUND, firm_id, self.asker, self.key)
        if rows and rows[0]["fingerprint"] != self.fingerprint:
            raise another_call()
        return {**rows[0], "secrets": orjson.loads(rows[0]["secrets"])} if rows else None


async def used_before(firm_id: UUID, asker: UUID, key: str | None) -> bool:
    """Whether the asker has sent a call with this key."""
    try:
        IDEMPOTENCY_KEY.check(key or "", "idempotency_key")
    except Invalid:
        return False
    return bool(await sql(_FOUND, firm_id, asker, key))


def another_call() -> RuleBroken:
    """The refusal of a call whose key has another one's result."""
    return RuleBroken(
        "This idempotency key was used for another call. Take a new key for each call.",
        "idempotency_key",
        reason=Reason.TAKEN,
    )
