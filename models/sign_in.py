"""Signing in, staying signed in, and being out."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models import attempts, tokens
from models.audiences import Audience
from models.caller import OURSELVES, Caller
from models.command import shielded, token_over
from models.database import sql
from models.errors import Invalid, NotFound, SignInRefused
from models.hashing import HASHING
from models.identities import LET_IN
from models.ids import Kind, encode, new_id
from models.lookup import signing_in_as
from models.one_time.letters import place_of, sweep_letters, void_letters
from models.one_time.proofs import Proof, Proven, recognise, use
from models.passwords import verified
from models.reasons import Reason
from models.refreshing import Exchanged, Given, exchange
from models.rows.sessions import LetterPurpose
from models.scope import Viewer
from models.signing_keys import KEYS, LONGEST_TOKEN
from models.texts import sameness
from models.token_secrets import PREFIX, digest, is_well_formed
from models.token_use import USE
from models.tokens import ACCESS_LIFETIME, Refresh
from models.viewers import viewer_of_digest, viewer_of_session

#: A session ends when it has not been refreshed for so long.
SESSION_LIFETIME = timedelta(days=30)
#: What the subject of an access token is.
KIND_OF = {Audience.TEAM: Kind.MEMBER, Audience.CLIENT: Kind.CONTACT}
#: An ended session is kept so long: its old tokens are then still told apart from made-up ones.
KEPT_AFTER_END = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a member's device keeps. `expires_at` is the access token's."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(repr=False)
    session_id: UUID
    member_id: UUID
    firm_id: UUID


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who a request comes from, until when (in unix seconds) its token is good, and the key that it rests on: None of a
    personal token."""

    viewer: Viewer
    expires_at: float
    key_id: str | None


#: Finds what is known of an address, and of the session with an id where that is theirs; with `password_hash`,
#: `refresh_hash` and `refresh_key`.
Find = Callable[[str, UUID | None], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class _Claimed:
    """Whose password is tried, and from where. A stranger is who shows no token of a session that they had."""

    found: dict[str, Any] | None
    place: str
    stranger: bool


@dataclass(frozen=True, slots=True)
class Fitting:
    """What is known of an address whose password was shown. `forget` takes back that it was tried."""

    found: dict[str, Any]
    forget: Callable[[], Awaitable[None]]


# Nothing, if the member was deactivated or given another password while this one was being looked at. The share lock
# makes such a change wait, and it then finds this session among those that it ends.
_START = """
INSERT INTO session (id, member_id, refresh_hash, created_at, expires_at)
SELECT $1, id, '', $2, $3 FROM member
WHERE id = $4 AND active AND ($5::text IS NULL OR password_hash = $5) FOR SHARE
RETURNING refresh_key
"""

# Ended is expired too: that is what the sweep goes by.
_END = "UPDATE session SET ended_at = $1, expires_at = LEAST(expires_at, $1) WHERE ended_at IS NULL AND "


async def sign_in(
    email: str,
    password: str,
    *,
    earlier: str | None = None,
    caller: Caller = OURSELVES,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedIn:
    """Start a session. `SignInRefused`, in the same words and after the same work, whatever was wrong; `LimitReached`
    after too many wrong passwords for the address, then also for the right one, and while too many try at once.

    `earlier` is a refresh token that the device was given before: then only what was tried with it counts.
    """
    now = now or datetime.now(UTC)
    fitting = await try_password(signing_in_as, email, password, earlier=earlier, caller=caller, now=now)
    member = fitting.found
    token = await begin_session(_START, now, now + SESSION_LIFETIME, member["id"], member["password_hash"])
    if token is None:
        raise wrong()
    await fitting.forget()
    return await _signed_in(member["id"], member["firm_id"], token, now, lifetime)


async def try_password(
    find: Find,
    email: str,
    password: str,
    *,
    earlier: str | None,
    caller: Caller,
    now: datetime,
    tries: attempts.Tries = attempts.SIGN_IN,
) -> Fitting:
    """What is known of an address, whose password this is. `SignInRefused` and `LimitReached` as of `sign_in`."""
    address = sameness(email)
    async with HASHING.turns.turn(caller):
        claimed = await _claimed(find, email, earlier, caller)
        await attempts.count_attempt(address, now, claimed.place, of_stranger=claimed.stranger, tries=tries)
        fits = await verified(claimed.found["password_hash"] if claimed.found else None, password)
    # A session that nobody is told of would only lie about.
    if claimed.found is None or not fits or caller.has_left():
        raise wrong()
    forget = partial(attempts.take_back, address, claimed.place, of_stranger=claimed.stranger, tries=tries)
    return Fitting(claimed.found, forget)


async def sign_in_by_mail(
    proof: Proof,
    *,
    caller: Caller = OURSELVES,
    lifetime: timedelta = ACCESS_LIFETIME,
    now: datetime | None = None,
) -> SignedIn:
    """Start a session for whoever reads a member's mail. `SignInRefused`, in the same words whatever is wrong."""
    now = now or datetime.now(UTC)
    proven = await proven_by(proof, LetterPurpose.SIGN_IN, now)
    if caller.has_left() or not await use(proven, now):
        raise not_proven()
    return await start_proven(proven, caller, now, lifetime)


async def proven_by(proof: Proof, purpose: LetterPurpose, now: datetime) -> Proven:
    """The member whose mail somebody has shown to read, for this purpose; the proof stays good. `SignInRefused` in the
    same words whatever is wrong."""
    purposes = {purpose, LetterPurpose.INVITATION} if purpose is LetterPurpose.PASSWORD else {purpose}
    proven = await recognise(proof, purposes, Audience.TEAM, now)
    if proven is None:
        raise not_proven()
    return proven


async def start_proven(
    proven: Proven, caller: Caller, now: datetime, lifetime: timedelta = ACCESS_LIFETIME
) -> SignedIn:
    """Start a session of the member of a proof that was used up. What was tried where they are is forgotten."""
    (member,) = await sql("SELECT id, firm_id, email_key FROM member WHERE id = $1", proven.member_id)
    token = await begin_session(_START, now, now + SESSION_LIFETIME, member["id"], None)
    if token is None:
        raise not_proven()
    await forget_tries(member["email_key"], caller, attempts.SIGN_IN)
    return await _signed_in(member["id"], member["firm_id"], token, now, lifetime)


async def forget_tries(address: str, caller: Caller, passwords: attempts.Tries) -> None:
    """Whoever read the mail has asked for it, and is whoever tried passwords there."""
    for tries in (attempts.MAIL, passwords):
        await attempts.take_back(address, place_of(caller), of_stranger=caller is not OURSELVES, tries=tries)


def not_proven() -> SignInRefused:
    """The refusal of a link or a code."""
    return SignInRefused(
        "This link or code is good for nothing: it was used, has expired, was not for this, or never was one. Ask for "
        "another one."
    )


async def refresh(
    refresh_token: str, *, lifetime: timedelta = ACCESS_LIFETIME, now: datetime | None = None
) -> SignedIn:
    """The next pair of tokens. See `models.refreshing` for what a token that was used before gets."""
    now = now or datetime.now(UTC)
    given = Refresh.parse(refresh_token)
    found = await shielded(exchange(Audience.TEAM, given, now, now + SESSION_LIFETIME))
    following, session = next_token(found), found.session
    return await _signed_in(session["member_id"], session["firm_id"], following, now, lifetime)


def next_token(found: Exchanged) -> Refresh:
    """The token that comes after the one that was given. `SignInRefused` where none does."""
    if found.what is Given.REUSED:
        raise SignInRefused(
            "This refresh token was used before, so somebody else may have a copy. The session has been ended: "
            "sign in again."
        )
    if found.following is None:
        raise SignInRefused("This session has ended. Sign in again.")
    return found.following


async def end_sessions_of_identity(identity_id: UUID, now: datetime) -> None:
    """End all sessions of an identity, inside the change of what it is proved with."""
    await sql(_END + "identity_id = $2", now, identity_id)


async def end_client_sessions(contact_ids: Collection[UUID], now: datetime) -> None:
    """End all sessions as these contacts, and let no invitation begin another: when they are let in no longer. Inside
    the change that does it."""
    await sql(_END + "contact_id = ANY($2)", now, list(contact_ids))
    await void_letters("contact_id", contact_ids, now)


# Those who are at another account, that is in use, stay.
_HOMELESS = """
SELECT there.contact_id FROM account_contact there WHERE there.account_id = $1 AND NOT EXISTS (
    SELECT FROM account_contact link JOIN account a ON a.id = link.account_id
    WHERE link.contact_id = there.contact_id AND a.id <> $1 AND a.archived_at IS NULL
)
"""


async def end_client_sessions_at(account_id: UUID, now: datetime, contact_id: UUID | None = None) -> None:
    """The same, of those who are at this account and at no other: it is archived, or this one of them is to leave."""
    found = {row["contact_id"] for row in await sql(_HOMELESS, account_id)}
    await end_client_sessions(found if contact_id is None else found & {contact_id}, now)


async def sign_out(session_id: UUID, *, now: datetime | None = None) -> None:
    """End a session: its tokens are worth nothing from now on. As often as you like."""
    await sql(_END + "id = $2", now or datetime.now(UTC), session_id)


async def end_sessions_of(member_id: UUID, *, but: UUID | None = None, now: datetime | None = None) -> None:
    """End all sessions of a member, `but` one, and let no letter begin another: when they are deactivated, or get
    another password. Inside the change that does it, after it."""
    now = now or datetime.now(UTC)
    await sql(_END + "member_id = $2 AND id IS DISTINCT FROM $3", now, member_id, but)
    await void_letters("member_id", [member_id], now)


async def issue_for(member_id: UUID, hours: float, *, now: datetime | None = None) -> str:
    """An access token for so many hours, of a session of its own that cannot be refreshed: for scripts."""
    most = LONGEST_TOKEN // timedelta(hours=1)
    if not 0 < hours <= most:
        told = f"A token lives for more than 0 and at most {most} hours."
        raise Invalid(told, "hours", reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit="HOURS")
    now, lifetime = now or datetime.now(UTC), timedelta(hours=hours)
    nobodys = await begin_session(_START, now, now + lifetime, member_id, None)
    if nobodys is None:
        told, id = "There is no such member, or they are deactivated.", encode(Kind.MEMBER, member_id)
        raise NotFound(told, "member_id", reason=Reason.NOT_FOUND, kind=Kind.MEMBER.value, id=id)
    return (await tokens.issue(member_id, nobodys.session_id, now=now, lifetime=lifetime)).token


async def authenticate(
    access_token: str, audience: Audience = Audience.TEAM, *, now: datetime | None = None
) -> Authenticated:
    """Who of this audience has this token, in one statement: an access token, or a member's personal one.
    `SignInRefused` also for a good token of somebody who is out: the session was ended, the member deactivated, the
    contact not let in any more, or it goes on as another one; and for whoever is of another audience."""
    if audience is Audience.TEAM and access_token.startswith(PREFIX):
        return await _with_personal_token(access_token)
    claims = await tokens.read(access_token, now=now or datetime.now(UTC))
    kind = KIND_OF[audience]
    if not claims.subject.startswith(f"{kind}_"):
        raise elsewhere()
    viewer = await viewer_of_session(claims.session_id, audience)
    if viewer is None or encode(kind, viewer.member_id) != claims.subject:
        raise SignInRefused("You are signed out. Sign in again.")
    return Authenticated(viewer, claims.expires_at, claims.key_id)


def elsewhere() -> SignInRefused:
    """The refusal of whoever is signed in, to those for whom something is not."""
    return SignInRefused("You are signed in, but not for what you ask here. Sign in where you were invited to.")


async def _with_personal_token(secret: str) -> Authenticated:
    viewer = await viewer_of_digest(digest(secret)) if is_well_formed(secret) else None
    if viewer is None or viewer.grant is None:
        raise token_over()
    USE.note(viewer.grant)
    return Authenticated(viewer, viewer.grant.expires_at.timestamp(), None)


async def check_key(key_id: str) -> None:
    """`SignInRefused` when what this key has signed is good no more, as far as this process knows."""
    if await KEYS.find(key_id, datetime.now(UTC)) is None:
        raise SignInRefused("The key of your token has been replaced. Refresh the token, or sign in again.")


_GOOD = f"""
SELECT s.id FROM session s LEFT JOIN member m ON m.id = s.member_id
LEFT JOIN identity i ON i.id = s.identity_id
LEFT JOIN contact c ON c.id = s.contact_id AND c.portal_email_key = i.address_key AND {LET_IN}
WHERE s.id = ANY($1) AND s.ended_at IS NULL AND s.expires_at > now() AND (m.active OR c.id IS NOT NULL)
"""


async def good_sessions(session_ids: list[UUID]) -> set[UUID]:
    """Those of the sessions that are there and have not ended, of members who are active and contacts who are let in;
    in one statement."""
    rows = await sql(_GOOD, session_ids)
    return {row["id"] for row in rows}


async def sweep_sessions(now: datetime) -> None:
    """Delete what no longer means anything: sessions that ended a while ago, old attempts and letters, expired keys."""
    await sql("DELETE FROM session WHERE expires_at < $1", now - KEPT_AFTER_END)
    await attempts.sweep_attempts(now)
    await sweep_letters(now)
    await sql("DELETE FROM signing_key WHERE expires_at <= $1", now)


async def _claimed(find: Find, email: str, earlier: str | None, caller: Caller) -> _Claimed:
    """Who has the address, in one statement, whether or not a token is shown."""
    stranger = caller is not OURSELVES
    here = _Claimed(None, place_of(caller), stranger)
    token = _parsed(earlier)
    found = await find(email, token.session_id if token else None)
    if found is None:
        return here
    if token is not None and _was_given(token, found):
        return _Claimed(found, f"device {token.session_id}", False)
    return replace(here, found=found)


def _was_given(token: Refresh, session: dict[str, Any]) -> bool:
    """Whether the session that it names, should there be one of theirs, was given this token at some time."""
    if session["refresh_key"] is None:
        return False
    return session["refresh_hash"] == token.digest or token.was_issued(session["refresh_key"])


def _parsed(token: str | None) -> Refresh | None:
    try:
        return Refresh.parse(token) if token is not None else None
    except SignInRefused:
        return None


async def begin_session(start: str, now: datetime, until: datetime, *whose: Any) -> Refresh | None:
    """Start a session by a statement that is given its id, from when until when it is, and whose, and that returns the
    key of its refresh tokens. None where it starts none."""
    return await shielded(_begin(start, new_id(), now, until, whose))


async def _begin(start: str, session_id: UUID, now: datetime, until: datetime, whose: Sequence[Any]) -> Refresh | None:
    """The key comes from PostgreSQL, and is in no statement: then no log of these ever holds it."""
    async with in_transaction():
        rows = await sql(start, session_id, now, until, *whose)
        if not rows:
            return None
        token = Refresh.new(session_id, rows[0]["refresh_key"])
        await sql("UPDATE session SET refresh_hash = $2 WHERE id = $1", session_id, token.digest)
        return token


async def _signed_in(member_id: UUID, firm_id: UUID, token: Refresh, now: datetime, lifetime: timedelta) -> SignedIn:
    access = await tokens.issue(member_id, token.session_id, now=now, lifetime=lifetime)
    return SignedIn(access.token, access.expires_at, token.token, token.session_id, member_id, firm_id)


def wrong() -> SignInRefused:
    """The refusal of a password or an address."""
    return SignInRefused("The e-mail address or the password is wrong.")
