"""Signing in to the client portal: with an address, by password or by what was in a mail; then as which contact, where
the address is that of several."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models import attempts, tokens
from models.audiences import Audience
from models.caller import OURSELVES, Caller
from models.command import shielded
from models.database import sql
from models.identities import Choice, choices_of, identity_of, identity_signing_in
from models.ids import Kind
from models.one_time.letters import void_letters_to
from models.one_time.proofs import Proof, Proven, recognise, use
from models.passwords import hash_password
from models.refreshing import exchange
from models.rows.sessions import LetterPurpose
from models.scope import not_found
from models.sign_in import (
    SESSION_LIFETIME,
    begin_session,
    end_sessions_of_identity,
    forget_tries,
    next_token,
    not_proven,
    try_password,
    wrong,
)
from models.texts import PASSWORD
from models.tokens import ACCESS_LIFETIME, Refresh


@dataclass(frozen=True, slots=True)
class SignedInClient:
    """What a client's device keeps. Until it is said as which contact of several, there is no access token: the refresh
    token chooses one. `expires_at` is the access token's."""

    refresh_token: str = field(repr=False)
    session_id: UUID
    choices: tuple[Choice, ...]
    contact_id: UUID | None = None
    access_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


# Nothing, if the identity was given another password while this one was looked at.
_START = """
INSERT INTO session (id, identity_id, contact_id, refresh_hash, created_at, expires_at)
SELECT $1, id, $5::uuid, '', $2, $3 FROM identity WHERE id = $4 AND ($6::text IS NULL OR password_hash = $6) FOR SHARE
RETURNING refresh_key
"""


async def sign_in_client(
    email: str,
    password: str,
    *,
    earlier: str | None = None,
    caller: Caller = OURSELVES,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedInClient:
    """As `models.sign_in.sign_in`, with the password of an address."""
    now = now or datetime.now(UTC)
    fitting = await try_password(
        identity_signing_in, email, password, earlier=earlier, caller=caller, now=now, tries=attempts.PORTAL
    )
    found = fitting.found
    begun = await _begin(found["id"], found["address_key"], now, lifetime, found["password_hash"])
    if begun is None:
        raise wrong()
    await fitting.forget()
    return begun


async def sign_in_client_by_mail(
    proof: Proof, *, caller: Caller = OURSELVES, lifetime: timedelta = ACCESS_LIFETIME, now: datetime | None = None
) -> SignedInClient:
    """As `models.sign_in.sign_in_by_mail`, for whoever reads the mail of an address. An invitation is good for it."""
    now = now or datetime.now(UTC)
    proven = await _proven_by(proof, LetterPurpose.SIGN_IN, now)
    if caller.has_left() or not await use(proven, now):
        raise not_proven()
    return await _begin_proven(proven, await identity_of(_key_of(proven), now), caller, now, lifetime)


async def reset_client_password(
    proof: Proof,
    new_password: str,
    *,
    caller: Caller = OURSELVES,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedInClient:
    """As `models.forgotten_passwords.reset_password`, for whoever reads the mail of an address: at all firms, for it is
    theirs and no firm's."""
    now = now or datetime.now(UTC)
    PASSWORD.check(new_password, "new_password")
    proven = await _proven_by(proof, LetterPurpose.PASSWORD, now)
    kept = await hash_password(new_password, "new_password", caller=caller)
    if caller.has_left():
        raise not_proven()
    identity_id = await shielded(_give(proven, kept, now))
    return await _begin_proven(proven, identity_id, caller, now, lifetime)


async def _give(proven: Proven, kept: str, now: datetime) -> UUID:
    async with in_transaction():
        identity_id = await identity_of(_key_of(proven), now)
        # Sessions before letters, as whoever shuts somebody out does.
        await end_sessions_of_identity(identity_id, now)
        if not await use(proven, now):
            raise not_proven()
        await sql("UPDATE identity SET password_hash = $2 WHERE id = $1", identity_id, kept)
        await void_letters_to(_key_of(proven), now)
        return identity_id


async def _proven_by(proof: Proof, purpose: LetterPurpose, now: datetime) -> Proven:
    proven = await recognise(proof, {purpose, LetterPurpose.INVITATION}, Audience.CLIENT, now)
    if proven is None:
        raise not_proven()
    return proven


def _key_of(proven: Proven) -> str:
    assert proven.address_key is not None  # As all letters to clients have.
    return proven.address_key


async def _begin_proven(
    proven: Proven, identity_id: UUID, caller: Caller, now: datetime, lifetime: timedelta
) -> SignedInClient:
    begun = await _begin(identity_id, _key_of(proven), now, lifetime)
    if begun is None:
        raise not_proven()
    await forget_tries(_key_of(proven), caller, attempts.PORTAL)
    return begun


async def refresh_client(
    refresh_token: str,
    contact_id: UUID | None = None,
    *,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedInClient:
    """As `models.sign_in.refresh`. With the id of a contact the session goes on as that one: `NotFound`, and the token
    is good as before, where the address is not theirs."""
    now = now or datetime.now(UTC)
    given = Refresh.parse(refresh_token)
    found = await shielded(exchange(Audience.CLIENT, given, now, now + SESSION_LIFETIME, partial(_settle, contact_id)))
    following = next_token(found)
    chosen: UUID | None = found.session["contact_id"] if contact_id is None else contact_id
    choices = await choices_of(found.session["address_key"])
    return await _signed_in(following, choices, chosen, now, lifetime)


async def _settle(contact_id: UUID | None, session: Mapping[str, Any], session_id: UUID) -> None:
    """Let a session that is held go on as this contact, if it is one of its address's."""
    if contact_id is None or contact_id == session["contact_id"]:
        return
    if contact_id not in {choice.contact_id for choice in await choices_of(session["address_key"])}:
        raise not_found(Kind.CONTACT, contact_id, "contact_id")
    await sql("UPDATE session SET contact_id = $2 WHERE id = $1", session_id, contact_id)


async def _begin(
    identity_id: UUID, address_key: str, now: datetime, lifetime: timedelta, password_hash: str | None = None
) -> SignedInClient | None:
    """A session of an address, at once as the contact that it is of, where it is of one; None where it is of none."""
    choices = await choices_of(address_key)
    if not choices:
        return None
    contact_id = choices[0].contact_id if len(choices) == 1 else None
    whose = identity_id, contact_id, password_hash
    token = await begin_session(_START, now, now + SESSION_LIFETIME, *whose)
    return None if token is None else await _signed_in(token, choices, contact_id, now, lifetime)


async def _signed_in(
    token: Refresh, choices: tuple[Choice, ...], contact_id: UUID | None, now: datetime, lifetime: timedelta
) -> SignedInClient:
    known = SignedInClient(token.token, token.session_id, choices, contact_id)
    if contact_id is None:
        return known
    access = await tokens.issue(contact_id, token.session_id, kind=Kind.CONTACT, now=now, lifetime=lifetime)
    return replace(known, access_token=access.token, expires_at=access.expires_at)
