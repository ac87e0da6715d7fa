"""The secrets of a call: hashed once, and compared when it is sent again.

See docs/decisions/0027-secrets-of-a-call.md.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from models.actor import Actor
from models.gathered import together
from models.hashing import HASHING
from models.passwords import verified
from models.repeating import IdempotentCall, SentAtOnce, another_call

T = TypeVar("T")


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
    if actor.unread:
        raise together(actor.unread)  # Nothing is hashed for what is refused.
    call = actor.call
    while True:
        if call is not None:
            await call.found(actor.firm_id)  # It is refused for its key before it takes a turn.
        async with HASHING.turns.turn(actor.caller):
            if allowed is not None:
                await allowed()
            hashes = await _hashes_before(actor.firm_id, call, secrets)
            if hashes is None:
                hashes = await hashes_of(secrets)
        try:
            return await act(actor.keeping(hashes), hashes)
        except SentAtOnce:
            continue  # The other one is committed: what it kept is found now, or its key was pruned.


async def _hashes_before(
    firm_id: UUID, call: IdempotentCall | None, secrets: Mapping[str, str]
) -> Mapping[str, str] | None:
    """What is kept of the secrets of an equal call. `RuleBroken` when it had others."""
    found = await call.found(firm_id) if call is not None else None
    if found is None:
        return None
    hashes: Mapping[str, str] = found["secrets"]
    if hashes.keys() != secrets.keys():
        raise another_call()
    for name, secret in secrets.items():
        if not await verified(hashes[name], secret):
            raise another_call()
    return hashes
