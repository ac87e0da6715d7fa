"""What requests of the tus protocol say, and what is answered in its headers: version 1.0.0 of
https://tus.io/protocols/resumable-upload."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.datastructures import Headers

from files.spool import CHECKSUMS, Digest
from transport.reply import Rejected

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
MEDIA_TYPE = "application/offset+octet-stream"
#: The status that the checksum extension has for what does not have the checksum that it came with.
MISMATCH = 460
#: What browsers' pages send, and may read, beside what is the API's.
SENT = (
    *("tus-resumable", "upload-length", "upload-offset", "upload-metadata", "upload-checksum", "upload-defer-length"),
    *("x-http-method-override", "range", "if-range", "if-none-match", "if-match"),
)
READ = (
    *("location", "tus-resumable", "tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm"),
    *("upload-offset", "upload-length", "upload-metadata", "upload-expires"),
    *("accept-ranges", "content-range", "content-length", "content-disposition", "etag", "retry-after"),
    "www-authenticate",
)

_NUMBER = re.compile(r"[0-9]{1,18}")
#: In characters, of the header: a name of 255 bytes has a third of it.
_MOST_METADATA = 4_096
_KEY = re.compile(r"[^\s,]+")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a request's body is to have."""

    digest: Callable[[], Digest]
    expected: bytes


def expect_version(headers: Headers) -> None:
    """`Rejected` (412) unless the request speaks this version."""
    if headers.get("tus-resumable") != VERSION:
        told = f"Send 'Tus-Resumable: {VERSION}'."
        raise Rejected(412, told, "PRECONDITION_FAILED", tus_version=VERSION)


def number_in(headers: Headers, name: str) -> int:
    """The whole number of a header; `Rejected` where it is none."""
    given = headers.getlist(name)
    if len(given) != 1 or _NUMBER.fullmatch(given[0]) is None:
        raise Rejected(400, f"Send '{name}' with a whole number of bytes, once.")
    return int(given[0])


def length_of(headers: Headers) -> int:
    """How many bytes a body says that it has; 0 where it does not."""
    given = headers.get("content-length", "0")
    return int(given) if _NUMBER.fullmatch(given) else 0


def metadata_in(headers: Headers) -> Mapping[str, str]:
    """What the sender says of the file: keys, each with a text in Base64. `Rejected` for what cannot be read."""
    given = ",".join(headers.getlist("upload-metadata"))
    if len(given) > _MOST_METADATA:
        raise Rejected(400, f"Upload-Metadata has at most {_MOST_METADATA:,} characters.")
    said: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in given.split(","))):
        key, _, value = pair.partition(" ")
        if _KEY.fullmatch(key) is None or key in said:
            raise Rejected(400, "Upload-Metadata has a key for each text, and each key once.")
        try:
            said[key] = b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise Rejected(400, f"Upload-Metadata: the text of {key[:50]!r} is not Base64 of UTF-8.") from None
    return said


def metadata_of(name: str) -> dict[str, str]:
    """The same of what is kept of it: the file's name."""
    return {"upload-metadata": f"filename {b64encode(name.encode()).decode()}"}


def checksum_in(headers: Headers) -> Checksum | None:
    """What the request is to be checked by, if it says so. `Rejected` for another algorithm, and for what is none."""
    given = headers.getlist("upload-checksum")
    if not given:
        return None
    algorithm, _, value = given[0].partition(" ")
    if len(given) > 1 or algorithm not in CHECKSUMS:
        raise Rejected(400, f"Upload-Checksum is one of {', '.join(CHECKSUMS)}, and its digest in Base64.")
    made = CHECKSUMS[algorithm]
    try:
        expected = b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        expected = b""
    if len(expected) != len(made().digest()):
        raise Rejected(400, f"Upload-Checksum: this is not Base64 of a digest by {algorithm}.")
    return Checksum(made, expected)


def about(most: int) -> dict[str, str]:
    """What a server says of itself."""
    return {
        "tus-resumable": VERSION,
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(most),
        "tus-checksum-algorithm": ",".join(CHECKSUMS),
    }


def expires(at: datetime | None) -> dict[str, str]:
    """Until when an upload can go on."""
    return {} if at is None else {"upload-expires": format_datetime(at.astimezone(UTC), usegmt=True)}
