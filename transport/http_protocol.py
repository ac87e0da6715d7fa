"""A connection as uvicorn reads HTTP from it, and what the wire changes of that."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from transport.cutting import ABORT, cut_when_stuck


class HTTPProtocol(HttpToolsProtocol):
    """uvicorn's, whose connections can be cut, and which is gone once its connection is a websocket."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # It and this hold each other: both would stay until the collector comes by.
        self.parser = None  # type: ignore[assignment]

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        cut_when_stuck(self.transport)
