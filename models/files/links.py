"""Links to the bytes of files: signed, good for minutes, for the member that they were made for and nobody else.

A link says who they were and how they had come; what they may see is read anew when it is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from models.files.files import right_to_content
from models.ids import Kind, encode
from models.rows.files import File, FileState
from models.scope import Viewer
from models.signing_keys import KEYS, Key, Keys
from models.viewers import viewer, viewer_of_session

#: How long a link is good, unless told otherwise; and at most.
LINK_LIFETIME = timedelta(minutes=15)
LONGEST_LIFETIME = timedelta(hours=24)

_ALGORITHM = "HS256"
#: What tells a link from an access token, which the same keys sign.
_AUDIENCE = "file"
_REQUIRED = ["aud", "exp", "file", "sub"]
#: Ours have about 400 characters.
_LONGEST = 1_000
# The caller checks the times, against the time that it was given.
_UNTIMED: Any = {"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: which file, and for whom it was made, who had come with a session or a personal token. There is
    none without: it would outlive both."""

    file_id: UUID
    member_id: UUID
    session_id: UUID | None
    token_id: UUID | None

    async def viewer(self) -> Viewer | None:
        """The member as of now; None when they are out, or what they had come with has ended."""
        if self.token_id is not None:
            return await viewer(self.member_id, self.token_id)
        found = None if self.session_id is None else await viewer_of_session(self.session_id)
        return found if found is not None and found.member_id == self.member_id else None


def path_of(file_id: UUID) -> str:
    """Where the bytes of a file are, beside /graphql."""
    return f"/files/{encode(Kind.FILE, file_id)}/content"


def may_read(file: File, seen: Viewer) -> bool:
    """Whether whoever sees the file may know what is in it."""
    needs = right_to_content(file)
    return needs is None or needs in seen.scope.rights


def sign(file: File, seen: Viewer, key: Key, now: datetime, lifetime: timedelta = LINK_LIFETIME) -> str | None:
    """The path and the query of a link to the file; None where there is nothing for this viewer to read, and for one
    who came with nothing that a link could end with."""
    if file.state is not FileState.READY or not may_read(file, seen) or not (seen.session_id or seen.token_id):
        return None
    claims: dict[str, Any] = {
        "aud": _AUDIENCE,
        "file": file.id.hex,
        "sub": seen.member_id.hex,
        "exp": int((now + min(lifetime, LONGEST_LIFETIME)).timestamp()),
    }
    if seen.token_id is not None:
        claims["token"] = seen.token_id.hex
    else:
        assert seen.session_id is not None
        claims["sid"] = seen.session_id.hex
    link = jwt.encode(claims, key.secret, algorithm=_ALGORITHM, headers={"kid": key.id.hex})
    return f"{path_of(file.id)}?link={link}"


async def read_link(text: str, *, now: datetime, keys: Keys = KEYS) -> Link | None:
    """What a link says that is ours and good; None for any other text."""
    if len(text) > _LONGEST:
        return None
    try:
        key = await keys.find(str(jwt.get_unverified_header(text).get("kid")), now)
        if key is None:
            return None
        said = jwt.decode(text, key.secret, algorithms=[_ALGORITHM], audience=_AUDIENCE, options=_UNTIMED)
        if type(said["exp"]) is not int or now.timestamp() >= said["exp"]:
            return None
        link = Link(UUID(said["file"]), UUID(said["sub"]), _id(said, "sid"), _id(said, "token"))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return link if link.session_id or link.token_id else None


def _id(said: dict[str, Any], name: str) -> UUID | None:
    return UUID(said[name]) if name in said else None


async def read_by(link: Link) -> File | None:
    """The file of a link, as whoever it was made for sees it now; None where there is nothing to read for them."""
    seen = await link.viewer()
    file = None if seen is None else await seen.rows(File).find(link.file_id)
    if seen is None or file is None or file.state is not FileState.READY or not may_read(file, seen):
        return None
    return file
