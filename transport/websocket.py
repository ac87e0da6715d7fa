"""The websocket handshake: who may open one, and in which protocol."""

from __future__ import annotations

import orjson
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from transport.address import address_of
from transport.bearer import token_in
from transport.codes import Close
from transport.engine import Engine, NotSignedIn
from transport.errors import error
from transport.options import TransportOptions
from transport.origins import REFUSAL, cors_headers, note_refusal, origin_allowed
from transport.socket import Socket
from transport.traffic import Traffic
from transport.wire import wire_of

SUBPROTOCOL = "graphql-transport-ws"


class GraphQLOverWebSocket:
    """The ASGI application behind the websocket route."""

    def __init__(self, engine: Engine, options: TransportOptions, traffic: Traffic) -> None:
        self._engine = engine
        self._options = options
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect, by the ASGI specification
        headers = Headers(scope=scope)
        if not origin_allowed(scope, headers, self._options):
            note_refusal(headers, self._traffic.notices)
            return await self._deny(send, 403, REFUSAL, "FORBIDDEN", headers)
        if self._traffic.draining:
            return await self._deny(send, 503, "Restarting. Come back in a moment.", "UNAVAILABLE", headers)
        if SUBPROTOCOL not in scope["subprotocols"]:
            # The close code needs an open socket, so the handshake succeeds without a subprotocol.
            await send({"type": "websocket.accept"})
            return await send({"type": "websocket.close", "code": Close.SUBPROTOCOL, "reason": f"Speak {SUBPROTOCOL}"})
        try:
            token = token_in(headers)
        except NotSignedIn as refusal:
            return await self._deny(send, 401, refusal.message, refusal.code, headers)
        del headers  # what is not needed any more is not to wait as long as the socket does
        socket = await self._accept(scope, send, token)
        if socket is not None:
            await socket.run(receive)

    async def _accept(self, scope: Scope, send: Send, token: str | None) -> Socket | None:
        wire = wire_of(scope)
        try:
            await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        except OSError:
            return None  # the peer left during the handshake
        wire.forget_handshake()
        return Socket(self._engine, self._options, self._traffic, send, wire, token, address_of(scope))

    async def _deny(self, send: Send, status: int, message: str, code: str, asked: Headers) -> None:
        self._traffic.counters.sockets_refused += 1
        body = orjson.dumps({"errors": [error(message, code)]})
        headers = {"content-type": "application/json; charset=utf-8", **cors_headers(asked)}
        if status == 503:
            headers["retry-after"] = "1"
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "websocket.http.response.start", "status": status, "headers": raw})
        await send({"type": "websocket.http.response.body", "body": body})
