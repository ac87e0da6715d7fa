"""What a file is, by what is in it. What its sender says of it, or its name, has no part in that."""

from __future__ import annotations

import codecs
import re

import puremagic

#: In bytes: so much of the beginning and of the end says what it is.
LOOKED_AT = 65_536

UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
#: By what an archive of theirs has in it (https://www.iso.org/standard/71691.html). The library takes every archive for
#: one of these.
_IN_ARCHIVES = (
    (b"word/", f"{_OFFICE}.wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}.spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}.presentationml.presentation"),
)
#: The first member of an OpenDocument or an EPUB, which is not packed, says what it is.
_SAYS_SO = re.compile(rb"mimetype(application/[a-z0-9.+-]{1,100})")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
#: Readers look for the mark of a PDF in so many bytes (ISO 32000-1, annex H.3.4.1).
_PDF_WITHIN = 1_024
#: No text has these.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def media_type(head: bytes, tail: bytes = b"") -> str:
    """The media type of a file that begins and ends so."""
    if head.startswith(b"PK\x03\x04"):
        return _archive(head, tail)
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "application/pdf"
    found = _by_signature(head)
    if found is not None:
        return found
    return "text/plain" if _is_text(head) else UNKNOWN


def _by_signature(head: bytes) -> str | None:
    if not head:
        return None
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return None
    return found if _MEDIA_TYPE.fullmatch(found) else None


def _archive(head: bytes, tail: bytes) -> str:
    if (said := _SAYS_SO.match(head[30:])) is not None:
        return said[1].split(b"PK")[0].decode()
    # Names of members stand before each and at the end once more.
    if b"[Content_Types].xml" in head + tail:
        for name, kind in _IN_ARCHIVES:
            if name in head or name in tail:
                return kind
    return "application/zip"


def _is_text(head: bytes) -> bool:
    if not head or _CONTROLS.search(head):
        return False
    try:
        # What is looked at may end in the middle of a letter.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
