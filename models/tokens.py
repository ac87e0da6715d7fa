"""The two tokens of a session: a signed one that is good for minutes, and the one that gets the next."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from models.errors import SignInRefused
from models.ids import Kind, encode
from models.signing_keys import KEYS, LONGEST_TOKEN, Keys

#: How long an access token is good, unless told otherwise.
ACCESS_LIFETIME = timedelta(minutes=15)

_ISSUER = "jobwire"
_ALGORITHM = "HS256"
_REQUIRED = ["sub", "sid", "iat", "exp", "iss"]
# Ours have about 350 characters. What is longer is not worth parsing.
_LONGEST = 1_000
# Other processes' clocks may run ahead by so many seconds.
_LEEWAY = 5
_REFRESH = re.compile(r"jwr_([0-9a-f]{32})_[A-Za-z0-9_-]{43}")
# The caller checks the times, against the time that it was given.
_UNTIMED: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class Access:
    """An access token (RFC 7519), and when it expires."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says. `subject` is the member's id in its text form, `expires_at` in unix seconds."""

    subject: str
    session_id: UUID
    expires_at: float


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token. Only its digest is kept."""

    session_id: UUID
    token: str = field(repr=False)

    @classmethod
    def new(cls, session_id: UUID) -> "Refresh":
        """A fresh one, of 256 random bits."""
        return cls(session_id, f"jwr_{session_id.hex}_{secrets.token_urlsafe(32)}")

    @classmethod
    def parse(cls, token: str) -> "Refresh":
        """The one with this text, which nobody may ever have been given."""
        match = _REFRESH.fullmatch(token)
        if match is None:
            raise SignInRefused("This is not a refresh token. Sign in again.")
        return cls(UUID(match[1]), token)

    @property
    def digest(self) -> str:
        """What is kept of it."""
        return hashlib.sha256(self.token.encode()).hexdigest()


async def issue(
    member_id: UUID, session_id: UUID, *, now: datetime, lifetime: timedelta = ACCESS_LIFETIME, keys: Keys = KEYS
) -> Access:
    """An access token for a member's session."""
    key = await keys.newest()
    issued = int(now.timestamp())
    expires = issued + int(min(lifetime, LONGEST_TOKEN).total_seconds())
    claims = {
        "sub": encode(Kind.MEMBER, member_id),
        "sid": session_id.hex,
        "iat": issued,
        "exp": expires,
        "iss": _ISSUER,
    }
    token = jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers={"kid": key.id.hex})
    return Access(token, datetime.fromtimestamp(expires, UTC))


async def read(token: str, *, now: datetime, keys: Keys = KEYS) -> Claims:
    """What a token says that one of our keys has signed. `SignInRefused`, with the code TOKEN_EXPIRED if that is all
    that is wrong with it."""
    if len(token) > _LONGEST:
        raise _not_ours()
    try:
        key = await keys.find(str(jwt.get_unverified_header(token).get("kid")), now)
        if key is None:
            raise _not_ours()
        said = jwt.decode(token, key.secret, algorithms=[_ALGORITHM], issuer=_ISSUER, options=_UNTIMED)
        issued, claims = int(said["iat"]), Claims(said["sub"], UUID(said["sid"]), float(said["exp"]))
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise _not_ours() from None
    if now.timestamp() + _LEEWAY < issued:
        raise _not_ours()
    if now.timestamp() >= claims.expires_at:
        raise SignInRefused("Your token has expired. Refresh it, or sign in again.", "TOKEN_EXPIRED")
    return claims


def _not_ours() -> SignInRefused:
    return SignInRefused("This is not a token of ours, or its key has been replaced. Sign in again.")
