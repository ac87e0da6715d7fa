"""Opaque cursors, bound to the list that they were made for."""

import base64
import binascii
import hashlib
from typing import Any

import orjson

from models.errors import Invalid
from models.reasons import Reason

_REFUSED = (
    "This is not a cursor of this list. Cursors go with the filter and sort that they came from: "
    "start anew without one."
)


def refused(field: str) -> Invalid:
    """The refusal of what is no cursor of the list."""
    return Invalid(_REFUSED, field, reason=Reason.FORMAT, format="CURSOR")


def fingerprint(*parts: Any) -> str:
    """Names a list by everything that decides what is in it and in which order."""
    text = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()[:12]


def encode(of: str, values: list[Any]) -> str:
    """The cursor at these values in the list of this fingerprint."""
    return base64.urlsafe_b64encode(orjson.dumps([of, *values], default=str)).decode().rstrip("=")


def decode(of: str, cursor: str, field: str) -> list[Any]:
    """The values in a cursor; `Invalid` when it was made for another list, or is none."""
    try:
        data = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        raise refused(field) from None
    if not isinstance(data, list) or not data or data[0] != of:
        raise refused(field)
    return data[1:]
