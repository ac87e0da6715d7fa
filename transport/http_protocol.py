"""A connection as uvicorn reads HTTP from it, and what the wire changes of that."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from transport import request_head
from transport.address import address_of, is_trusted
from transport.arrival import Arrival
from transport.body_sizes import LARGE
from transport.cutting import ABORT, cut_when_stuck
from transport.errors import error, response
from transport.request_head import Unreadable
from transport.server_state import traffic_of
from transport.strangers import KNOWN

_LINGER, _LINGER_BYTES = 2.0, 4_000_000


class HTTPProtocol(HttpToolsProtocol):
    """uvicorn's: its bytes are read in one way only and within limits, its connections can be cut, and it is gone once
    its connection is a websocket.

    The parser stops at any head that asks for an upgrade, takes its body for whatever comes after the upgrade, and
    uvicorn drops what has come of it already. So a head that asks for one that is not offered is read again without.
    """

    def __init__(
        self, config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any | None = None
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._traffic = traffic_of(server_state)
        self._arrival = Arrival(self._traffic.options, self._took_too_long)
        #: What the connection says is not listened to any more.
        self._deaf = False
        self._unheard = 0
        self._unreadable: Unreadable | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        strangers = self._traffic.strangers
        self._arrival.wait()
        if len(self.connections) > self._traffic.most_connections and not strangers.send_one_away():
            self._refuse(Unreadable("This server has as many connections as it takes.", 503, "UNAVAILABLE"))
        # A trusted proxy's connections are its own: it keeps them for whoever comes.
        elif not self._is_of_proxy() and not strangers.enter(self, address_of({"client": self.client})):
            self.give_way()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrival.stop()
        self._traffic.strangers.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return self._hear_out(data)
        self._unset_keepalive_if_required()
        rest = data
        while rest and not self._deaf:
            rest = self._read(rest)
        if not self._deaf:
            self._arrival.watch(idle=not self._is_answering())

    def _read(self, data: bytes) -> bytes:
        """Read up to the first head that asks for an upgrade. What is to be read after it."""
        try:
            self.parser.feed_data(data)
            self._arrival.took(len(data))
        except httptools.HttpParserUpgrade as upgrade:
            return self._handle_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._unreadable or Unreadable("This is not HTTP/1.1."))
        except Unreadable as fault:
            self._refuse(fault)
        return b""

    def _handle_upgrade(self, rest: bytes) -> bytes:
        if not self._should_upgrade():
            self.parser = httptools.HttpRequestParser(self)  # the old one may hold that the connection is to be closed
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
            return request_head.without_upgrade(self.scope["method"], self.url, self._version, self.headers) + rest
        if self._is_answering():
            self._hear_no_more()  # it would be answered among the answers of others
        elif rest:
            self._refuse(Unreadable("Wait for the answer to the handshake before you say more."))
        else:
            self.handle_websocket_upgrade()
        return b""

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self._deaf = True
        self._arrival.stop()
        self._traffic.strangers.leave(self)
        # It and these hold each other: all would stay until the collector comes by.
        self.parser = self.scope = self.cycle = self._arrival = None  # type: ignore[assignment]

    def _should_upgrade(self) -> bool:
        """Whether what was read is a handshake that can succeed; anything else is HTTP as it stands."""
        return self.scope["method"] == "GET" and request_head.asks_for_websocket(self._version, self.headers)

    # What the parser calls. What is raised here ends the connection.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._arrival.begin()
        self.scope["extensions"] = {
            ABORT: {"abort": self.transport.abort},
            KNOWN: {"known": self._known},
            LARGE: {"allow": self._allow_body},
        }

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._checked(self._arrival.take_target, len(self.url), len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._arrival.in_head:  # what comes behind a body is no header: the request is being answered by then
            self._checked(self._arrival.take_header, len(name) + len(value))
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._version = self.parser.get_http_version()
        self.scope["method"] = self.parser.get_method().decode("ascii")
        self._checked(request_head.check, self.scope["method"], self.url, self._version, self.headers)
        self._checked(self._arrival.end_head, len(self.pipeline))
        self._note_proxy()
        if self.parser.should_upgrade():
            self._arrival.end()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._checked(self._arrival.take_piece)
        if not self.parser.should_upgrade():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self._arrival.end()
            super().on_message_complete()

    def _checked(self, check: Any, *given: Any) -> None:
        """Call it. What it raises is kept: the parser passes on that something was raised, and not what."""
        try:
            check(*given)
        except Unreadable as fault:
            self._unreadable = fault
            raise

    # Whose connection it is.

    @property
    def busy(self) -> bool:
        """As `Stranger.busy`."""
        return self._is_answering() and not self._arrival.in_body

    def give_way(self) -> None:
        """To somebody newer of the same address."""
        message = "Too many connections of your address on which nobody has signed in. Sign in, or hold fewer."
        self._refuse(Unreadable(message, 429, "LIMIT"))

    def _known(self) -> None:
        self._traffic.strangers.leave(self)

    def _allow_body(self, most: int) -> None:
        # What has come since of a request behind it is no part of what is allowed.
        if self._arrival is not None and self._is_answering() and not self.pipeline:
            self._arrival.allow_body(most)

    def _is_of_proxy(self) -> bool:
        return self.client is not None and is_trusted(self.client[0], self._traffic.options.trusted_proxies)

    def _note_proxy(self) -> None:
        if request_head.values(self.headers, b"x-forwarded-for") and not self._is_of_proxy():
            self._traffic.notices.tell(
                "proxy.untrusted",
                self.client[0] if self.client else "",
                meaning="it says for whom it asks, and is not believed: all its callers share one address; "
                "name it in JOBWIRE_TRUSTED_PROXIES if it is a proxy of yours",
            )

    # How a connection ends.

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        cut_when_stuck(self.transport)

    def _took_too_long(self, why: Unreadable | None) -> None:
        """Whoever has said nothing is told nothing."""
        if why is None:
            self._close()
        else:
            self._refuse(why)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, why: Unreadable) -> None:
        """Say why, if the answer that is due is to this request, and close."""
        if self._deaf:
            return
        self._traffic.counters.connections_refused += 1
        if self._is_answering() and not self._arrival.in_body:
            self._hear_no_more()
        elif self._arrival.in_body and not self._can_answer():
            self._close()
        else:
            self._abandon_request()
            self.transport.write(_refusal(why))
            self._linger()

    def _can_answer(self) -> bool:
        """Whether the request that is arriving is the one whose answer is due, and that has not begun."""
        return self._is_answering() and not self.pipeline and not self.cycle.response_started

    def _abandon_request(self) -> None:
        """Whoever works on it is told that the client is gone."""
        if self._is_answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _hear_no_more(self) -> None:
        """Answer what came before, then close."""
        self._deaf = True
        self._arrival.stop()
        self.cycle.keep_alive = False

    def _linger(self) -> None:
        """Close, but not at once: with bytes unread the connection would be reset, and the refusal not be seen."""
        self._deaf = True
        self._arrival.stop()
        self._unset_keepalive_if_required()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.timeout_keep_alive_task = self.loop.call_later(_LINGER, self._close)

    def _hear_out(self, data: bytes) -> None:
        self._unheard += len(data)
        if self._unheard > _LINGER_BYTES:
            self._close()

    def _close(self) -> None:
        self._deaf = True
        self._arrival.stop()
        self.transport.close()
        cut_when_stuck(self.transport)


def _refusal(why: Unreadable) -> bytes:
    body = response([error(why.message, why.code)])
    status = HTTPStatus(why.status)
    retry = "retry-after: 1\r\n" if status in (429, 503) else ""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n{retry}connection: close\r\n\r\n"
    ).encode() + body
