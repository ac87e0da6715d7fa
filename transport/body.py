"""Reading a request's body, never keeping more of it than allowed."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Receive

from transport.reply import Rejected

_READ_OUT = 10


class ClientGone(Exception):
    """The client left before it was answered."""


async def read_body(receive: Receive, headers: Headers, limit: int, *, largest: int | None = None) -> bytes:
    """The whole body. Raises Rejected (413) when it is larger than the limit, or ClientGone.

    What is over the limit is not kept, but up to ten times the limit of anybody (the largest) is read out before the
    refusal: a connection that is closed with bytes unread is reset, and the client would never see the answer. A
    declared length beyond even that is refused unread; a smaller one is not believed.
    """
    read_out = _READ_OUT * (largest or limit)
    if _declared(headers) > read_out:
        raise _too_large(limit)
    body, size, more = bytearray(), 0, True
    while more and size <= read_out:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            body += chunk
        more = message.get("more_body", False)
    if size > limit:
        raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> Rejected:
    return Rejected(
        413,
        f"The body is larger than {limit:,} bytes. Send less at a time.",
        "TOO_LARGE",
        connection="close",
    )


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0
