"""A connection as uvicorn reads HTTP from it, and what the wire changes of that."""

from __future__ import annotations

from http import HTTPStatus

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from transport import request_head
from transport.cutting import ABORT, cut_when_stuck
from transport.errors import error, response
from transport.request_head import Unreadable


class HTTPProtocol(HttpToolsProtocol):
    """uvicorn's, whose bytes are read in one way only, whose connections can be cut, and which is gone once its
    connection is a websocket.

    The parser stops at any head that asks for an upgrade, takes its body for whatever comes after the upgrade, and
    uvicorn drops what has come of it already. So a head that asks for one that is not offered is read again without.
    """

    #: From the first byte of a request until its headers are complete.
    _in_head = False
    #: What the connection says is not listened to any more.
    _deaf = False
    _unreadable: Unreadable | None = None

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        rest = data
        while rest and not self._deaf:
            rest = self._read(rest)

    def _read(self, data: bytes) -> bytes:
        """Read up to the first head that asks for an upgrade. What is to be read after it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._handle_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._unreadable or Unreadable("This is not HTTP/1.1."))
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
        # It and this hold each other: both would stay until the collector comes by.
        self.parser = None  # type: ignore[assignment]

    def _should_upgrade(self) -> bool:
        """Whether what was read is a handshake that can succeed; anything else is HTTP as it stands."""
        return self.scope["method"] == "GET" and request_head.asks_for_websocket(self._version, self.headers)

    # What the parser calls.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes behind a body is no header: the request is being answered by then
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._version = self.parser.get_http_version()
        self.scope["method"] = self.parser.get_method().decode("ascii")
        try:
            request_head.check(self.scope["method"], self.url, self._version, self.headers)
        except Unreadable as fault:
            self._in_head, self._unreadable = True, fault
            raise
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.parser.should_upgrade():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    # How a connection ends.

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        cut_when_stuck(self.transport)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, why: Unreadable) -> None:
        """Say why, if the answer that is due is to this request, and close."""
        if self._in_head and self._is_answering():
            return self._hear_no_more()
        if self._is_answering():
            if self.pipeline or self.cycle.response_started:
                return self._close()
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        body = response([error(why.message, why.code)])
        status = HTTPStatus(why.status)
        self.transport.write(
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )
        self._close()

    def _hear_no_more(self) -> None:
        """Answer what came before, then close."""
        self._deaf = True
        self.cycle.keep_alive = False

    def _close(self) -> None:
        self._deaf = True
        self.transport.close()
        cut_when_stuck(self.transport)
