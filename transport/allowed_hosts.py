"""Under which names the server answers. A page whose name was bound anew to our address (DNS rebinding) has the same
origin as we do, for its browser, and its Host and Origin agree: only that the name is not ours gives it away."""

from __future__ import annotations

import re

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from transport.errors import error
from transport.hosts import address_in, is_of_this_machine
from transport.notices import Notices

ANY_HOST = "*"
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::[0-9]{1,5})?", re.IGNORECASE | re.ASCII)
_MESSAGE = "This server does not answer under this name. JOBWIRE_ALLOWED_HOSTS says under which it does."


class AllowedHosts:
    """ASGI middleware for all routes and both protocols.

    Names of the machine itself and bare addresses always pass: the one no name server decides, and a page of the
    other comes from the address that it names, not from elsewhere. `*.board.example` is every name below that one.
    """

    def __init__(self, app: ASGIApp, allowed: frozenset[str], notices: Notices) -> None:
        self._app = app
        self._allowed = allowed
        self._notices = notices

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._lets_in(scope):
            await self._app(scope, receive, send)
        else:
            await _refuse(scope, send)

    def _lets_in(self, scope: Scope) -> bool:
        if scope["type"] == "lifespan" or ANY_HOST in self._allowed:
            return True
        given = Headers(scope=scope).get("host")
        if given is None or self._is_ours(given):  # only the old protocol may leave it out, which no browser speaks
            return True
        self._notices.tell("host.refused", given, setting="JOBWIRE_ALLOWED_HOSTS")
        return False

    def _is_ours(self, given: str) -> bool:
        match = _HOST.fullmatch(given)
        if match is None or len(given) > 300:
            return False
        bracketed, name = match.groups()
        if bracketed is not None:
            return address_in(bracketed) is not None
        host = name.lower().removesuffix(".")
        return (
            is_of_this_machine(host)
            or address_in(host) is not None
            or host in self._allowed
            or any(f"*{host[at:]}" in self._allowed for at, letter in enumerate(host) if letter == ".")
        )


async def _refuse(scope: Scope, send: Send) -> None:
    """RFC 9110 section 15.5.20, 421: the request came to the wrong server."""
    prefix = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    body = orjson.dumps({"errors": [error(_MESSAGE, "FORBIDDEN")]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": f"{prefix}.start", "status": 421, "headers": headers})
    await send({"type": f"{prefix}.body", "body": body})
