"""The two tokens of a session: a signed one that is good for minutes, and the one that gets the next."""

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from models.errors import SignInRefused
from models.ids import Kind, encode
from models.signing_keys import KEYS, LONGEST_TOKEN, Key, Keys

#: How long an access token is good, unless told otherwise.
ACCESS_LIFETIME = timedelta(minutes=15)

_ISSUER = "jobwire"
_ALGORITHM = "HS256"
_REQUIRED = ["sub", "sid", "iat", "exp", "iss"]
# Ours have about 350 characters. What is longer is not worth parsing.
_LONGEST = 1_000
# Other processes' clocks may run ahead by so many seconds.
_LEEWAY = 5
# 32 secret bytes and a seal of 16 in base64, without padding since 48 is divisible by 3. Those from before tokens had a
# seal have 43 characters.
_REFRESH = re.compile(r"jwr_([0-9a-f]{32})_([A-Za-z0-9_-]{43}(?:[A-Za-z0-9_-]{21})?)")
_SECRET_BYTES, _SEAL_BYTES = 32, 16
# The caller checks the times, against the time that it was given.
_UNTIMED: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class Access:
    """An access token (RFC 7519), and when it expires."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says, and the key that it was signed with. `subject` is the member's or contact's id in its
    text form, `expires_at` in unix seconds."""

    subject: str
    session_id: UUID
    expires_at: float
    key_id: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token. Only its digest is kept. It is sealed with a key of its session, so that one that was issued is
    told from a made-up one, however long ago that was."""

    session_id: UUID
    token: str = field(repr=False)

    @classmethod
    def new(cls, session_id: UUID, key: str) -> "Refresh":
        """A fresh one, of 256 random bits."""
        return cls._sealed(session_id, secrets.token_bytes(_SECRET_BYTES), key)

    @classmethod
    def _sealed(cls, session_id: UUID, secret: bytes, key: str) -> "Refresh":
        sealed = secret + _seal(session_id, secret, key)
        return cls(session_id, f"jwr_{session_id.hex}_{urlsafe_b64encode(sealed).decode()}")

    @classmethod
    def parse(cls, token: str) -> "Refresh":
        """The one with this text, which nobody may ever have been given."""
        match = _REFRESH.fullmatch(token)
        if match is None:
            raise SignInRefused("This is not a refresh token. Sign in again.")
        return cls(UUID(match[1]), token)

    def following(self, seed: str, key: str) -> "Refresh":
        """The one that this is exchanged for: the same again for the same seed, and a secret to whoever lacks either
        this token or the seed."""
        secret = hmac.digest(seed.encode(), self.token.encode(), "sha256")
        return self._sealed(self.session_id, secret, key)

    def was_issued(self, key: str) -> bool:
        """Whether it was made with this key of its session. Not known of one from before tokens had a seal: then no."""
        sealed = self.token.removeprefix(f"jwr_{self.session_id.hex}_")
        if len(sealed) % 4:
            return False
        raw = urlsafe_b64decode(sealed)
        return hmac.compare_digest(_seal(self.session_id, raw[:_SECRET_BYTES], key), raw[_SECRET_BYTES:])

    @property
    def digest(self) -> str:
        """What is kept of it."""
        return hashlib.sha256(self.token.encode()).hexdigest()


async def issue(
    id: UUID,
    session_id: UUID,
    *,
    now: datetime,
    kind: Kind = Kind.MEMBER,
    lifetime: timedelta = ACCESS_LIFETIME,
    keys: Keys = KEYS,
) -> Access:
    """An access token for the session of a member, or of a contact."""
    key = await keys.newest()
    issued = int(now.timestamp())
    expires = issued + int(min(lifetime, LONGEST_TOKEN).total_seconds())
    claims = {
        "sub": encode(kind, id),
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
        signed = await _signed(token, now, keys)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise _not_ours() from None
    if signed.begins > now.timestamp() + _LEEWAY:
        raise _not_ours()
    if now.timestamp() >= signed.claims.expires_at:
        raise SignInRefused("Your token has expired. Refresh it, or sign in again.", "TOKEN_EXPIRED")
    return signed.claims


@dataclass(frozen=True, slots=True)
class _Signed:
    """What was read of a token, and the secret that it is signed with."""

    claims: Claims
    begins: int
    secret: str = field(repr=False)


#: What was read last, by the tokens' digests: the same one comes with every request of a session, and to parse and
#: verify it takes a tenth of what a small query does.
_read_last: OrderedDict[bytes, _Signed] = OrderedDict()
_MOST_READ = 2_000


async def _signed(token: str, now: datetime, keys: Keys) -> _Signed:
    """What a token says that one of our keys has signed which is good now, whenever it is to be used."""
    digest = hashlib.sha256(token.encode()).digest()
    known = _read_last.get(digest)
    key_id = str(jwt.get_unverified_header(token).get("kid")) if known is None else known.claims.key_id
    key = await keys.find(key_id, now)
    if key is None:
        raise _not_ours()
    if known is None or known.secret != key.secret:
        known = _verified(token, key)
    _read_last[digest] = known
    _read_last.move_to_end(digest)
    if len(_read_last) > _MOST_READ:
        _read_last.popitem(last=False)
    return known


def _verified(token: str, key: Key) -> _Signed:
    said = jwt.decode(token, key.secret, algorithms=[_ALGORITHM], issuer=_ISSUER, options=_UNTIMED)
    claims = Claims(said["sub"], UUID(said["sid"]), _moment(said["exp"]), key.id.hex)
    issued = _moment(said["iat"])
    # Nor what we would not have signed, whoever has: one that lives longer than any.
    if claims.expires_at - issued > LONGEST_TOKEN.total_seconds():
        raise _not_ours()
    return _Signed(claims, max(issued, _moment(said.get("nbf", issued))), key.secret)


def _moment(claim: object) -> int:
    """In whole unix seconds, as we write them: a number in JSON may also be true, NaN or endless."""
    if type(claim) is not int:
        raise _not_ours()
    return claim


def _seal(session_id: UUID, secret: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), session_id.bytes + secret, "sha256")[:_SEAL_BYTES]


def _not_ours() -> SignInRefused:
    return SignInRefused("This is not a token of ours, or its key has been replaced. Sign in again.")
