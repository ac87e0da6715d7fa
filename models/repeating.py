"""A call sent again with its key: is it the same call, and what did it make?

See docs/decisions/0027-secrets-of-a-call.md.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import orjson

from models.actor import Actor, IdempotentCall
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.hashing import HASHING
from models.passwords import verified
from models.texts import IDEMPOTENCY_KEY

T = TypeVar("T")

# Whoever comes second with the same key waits here until the first is committed or has given up.
_TAKE = """
INSERT INTO idempotency_key (firm_id, asker, key, fingerprint, secrets, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (firm_id, asker, key) DO NOTHING RETURNING id
"""
_KEPT = """
SELECT fingerprint, secrets, revision, result FROM idempotency_key WHERE firm_id = $1 AND asker = $2 AND key = $3
"""


class SentAtOnce(Exception):
    """An equal call was committed while this one hashed its secrets: now they can be compared with what it kept."""


async def earlier_call(actor: Actor, now: Any) -> Mapping[str, Any] | None:
    """What the call made when it was sent before, inside the change; None when it is new. `RuleBroken` when its key was
    used for another."""
    call = actor.call
    if call is None:
        return None
    # Fails for a command that hashes less than it is asked: else two different calls would be taken for one.
    assert call.secrets <= call.hashes.keys(), call.secrets
    hashes = orjson.dumps(call.hashes).decode()
    if await sql(_TAKE, actor.firm_id, call.asker, call.key, call.fingerprint, hashes, now):
        return None
    kept = await _kept(actor, call)
    assert kept is not None
    if kept["fingerprint"] != call.fingerprint:
        raise _another()
    if kept["secrets"] != call.hashes:
        raise SentAtOnce
    return kept


async def used_before(actor: Actor, key: str) -> bool:
    """Whether the actor has sent a call with this key."""
    try:
        IDEMPOTENCY_KEY.check(key, "idempotency_key")
    except Invalid:
        return False
    asker = actor.id or actor.firm_id
    return bool(await sql(_KEPT, actor.firm_id, asker, key))


async def sent_before(actor: Actor) -> bool:
    """Whether the call was sent before, as far as can be told without its secrets. `RuleBroken` when its key was used
    for another."""
    kept = await _kept(actor, actor.call) if actor.call is not None else None
    if kept is None or actor.call is None:
        return False
    if kept["fingerprint"] != actor.call.fingerprint:
        raise _another()
    return True


async def with_secrets(
    actor: Actor,
    secrets: Mapping[str, str],
    hashes_of: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]],
    act: Callable[[Actor, Mapping[str, str]], Awaitable[T]],
    *,
    allowed: Callable[[], Awaitable[None]] | None = None,
) -> T:
    """Do what a call with secrets asks for, with the hash of each. Whatever is hashed for it is one turn, in which
    `allowed` may refuse it first.

    A digest of a password could be guessed from by whoever reads the database. So what is kept of a call is the hash
    that is made anyway, and a call sent again is the same when its secrets fit.
    """
    if not secrets:
        return await act(actor, {})
    while True:
        async with HASHING.turns.turn(actor.caller):
            if allowed is not None:
                await allowed()
            hashes = await _hashes_before(actor, secrets)
            if hashes is None:
                hashes = await hashes_of(secrets)
        try:
            return await act(actor.keeping(hashes), hashes)
        except SentAtOnce:
            continue  # The other one is committed: what it kept is found now, or its key was pruned.


async def _hashes_before(actor: Actor, secrets: Mapping[str, str]) -> Mapping[str, str] | None:
    """What is kept of the secrets of an equal call. `RuleBroken` when it had others."""
    kept = await _kept(actor, actor.call) if actor.call is not None else None
    if kept is None or actor.call is None:
        return None
    if kept["fingerprint"] != actor.call.fingerprint or kept["secrets"].keys() != secrets.keys():
        raise _another()
    for name, secret in secrets.items():
        if not await verified(kept["secrets"][name], secret):
            raise _another()
    hashes: Mapping[str, str] = kept["secrets"]
    return hashes


async def _kept(actor: Actor, call: IdempotentCall) -> dict[str, Any] | None:
    rows = await sql(_KEPT, actor.firm_id, call.asker, call.key)
    return {**rows[0], "secrets": orjson.loads(rows[0]["secrets"])} if rows else None


def _another() -> RuleBroken:
    return RuleBroken(
        "This idempotency key was used for another call. Take a new key for each call.", "idempotency_key"
    )
