"""A connection as uvicorn reads a websocket from it, and what the wire changes of that."""

from __future__ import annotations

from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode
from websockets.protocol import State

from transport.cutting import cut_when_stuck
from transport.frame_limits import LimitedProtocol
from transport.server_state import traffic_of
from transport.waiting import Gate, Inbox
from transport.wire import WIRE, text_header

_BAD_HANDSHAKE = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, as a `transport.wire.Wire`; and its connections are cut when the peer is dead.

    uvicorn writes each of its own frames (messages, pings, pongs, the close) with one `transport.write` too, and
    without an `await` on the way, so whole frames follow each other whoever wrote them.
    """

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any | None = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        options = traffic_of(server_state).options
        self.conn = LimitedProtocol(options, max_size=options.message_limit, logger=self.logger)
        self._gate = Gate()
        self._gate.set()
        self.writable = self._gate  # type: ignore[assignment]
        self.queue = Inbox()  # type: ignore[assignment]

    def write(self, prefix: bytes, body: bytes, suffix: bytes) -> bool:
        # The state is OPEN from the handshake's answer to the first close frame, sent or received; the rest is what
        # the transport knows. A message of ours is never in the middle of being sent: nobody sends fragments.
        if not self._gate.open or self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        header = text_header(len(prefix) + len(body) + len(suffix))
        self.transport.write(b"".join((header, prefix, body, suffix)))
        return True

    def forget_handshake(self) -> None:
        # Emptied, since others hold the objects themselves: the parser's frame and those of the ASGI call.
        self.request.headers.clear()
        self.response.headers.clear()
        self.scope["headers"] = []

    def abort(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.handshake_complete:
            super().data_received(data)
        elif self.handshake_initiated:
            self.transport.close()  # RFC 6455 section 4.1: the client waits for the answer; this is nobody's
        else:
            super().data_received(data)
            if not self.handshake_initiated:
                self._answer_no_handshake()

    def _answer_no_handshake(self) -> None:
        """uvicorn leaves a head that the websockets library cannot read without an answer, and open."""
        self.transport.write(b"".join(self.conn.data_to_send()) or _BAD_HANDSHAKE)
        self.transport.close()
        cut_when_stuck(self.transport)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][WIRE] = {"wire": self}

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # or uvicorn logs an error for each handshake that is refused

    def send_receive_event_to_app(self) -> None:
        """uvicorn's, without a traceback in the log for whoever sends text that is not UTF-8."""
        data = b"".join(self.frames)
        if self.curr_msg_data_type != "text" or self.close_sent:
            return super().send_receive_event_to_app()
        self.frames = []
        try:
            self.queue.put_nowait({"type": "websocket.receive", "text": data.decode()})
        except UnicodeDecodeError:
            self.conn.fail(CloseCode.INVALID_DATA, "A message is not UTF-8")
            self.handle_parser_exception()
            return None
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        cut_when_stuck(self.transport)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        cut_when_stuck(self.transport)

    def handle_close(self, event: Any) -> None:
        super().handle_close(event)
        cut_when_stuck(self.transport)

    def shutdown(self) -> None:
        super().shutdown()
        cut_when_stuck(self.transport)
