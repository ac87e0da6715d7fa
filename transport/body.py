"""Reading a request's body, never more of it than allowed."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Receive

from transport.reply import Rejected


class ClientGone(Exception):
    """The client left before it was answered."""


async def read_body(receive: Receive, headers: Headers, limit: int) -> bytes:
    """The whole body. Raises Rejected (413) as soon as it is known to be too large, or ClientGone.

    A declared length over the limit is refused unread; a declared length is otherwise not believed.
    """
    if _declared(headers) > limit:
        raise too_large(limit)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit:
            raise too_large(limit)
        more = message.get("more_body", False)
    return bytes(body)


def too_large(limit: int) -> Rejected:
    """413; the connection closes, or what remains of the body would have to be read."""
    return Rejected(413, f"The body is larger than {limit} bytes.", "TOO_LARGE", connection="close")


def _declared(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    return int(length) if length.isdecimal() else 0
