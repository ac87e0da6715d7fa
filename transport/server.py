"""What the wire needs of uvicorn: settings, and a drain before shutdown."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn

from transport.http_protocol import HTTPProtocol
from transport.options import TransportOptions
from transport.server_state import SharedState
from transport.traffic import Traffic
from transport.websocket_protocol import WebSocketProtocol


def server_settings(options: TransportOptions) -> dict[str, Any]:
    """Keyword arguments for `uvicorn.Config`.

    uvicorn closes with 1009 by itself while a message over the limit arrives, before it is in memory.
    Its access log would hold the query text of every GET, so it is off.
    """
    return {
        "loop": "uvloop",
        "http": HTTPProtocol,
        "ws": WebSocketProtocol,
        "timeout_keep_alive": options.idle_timeout,
        "proxy_headers": bool(options.trusted_proxies),
        "forwarded_allow_ips": list(options.trusted_proxies),
        "ws_max_size": options.message_limit,
        "ws_ping_interval": options.ping_interval,
        "ws_ping_timeout": options.ping_timeout,
        "ws_per_message_deflate": False,
        "access_log": False,
        "server_header": False,
    }


class Server(uvicorn.Server):
    """uvicorn's, which sends websockets away gently before it shuts down.

    Its own shutdown closes all of them in one moment, and lifespan's shutdown comes only after that.
    While it drains, the listener is open: HTTP is answered, and new websockets are told to go elsewhere.
    """

    def __init__(self, config: uvicorn.Config, traffic: Traffic, window: float = 10.0) -> None:
        super().__init__(config)
        self.server_state = SharedState(traffic)
        self._traffic = traffic
        self._window = window

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        drain = asyncio.ensure_future(self._traffic.drain(self._window))
        while not drain.done() and not self.force_exit:
            await asyncio.wait({drain}, timeout=0.1)
        drain.cancel()
        await super().shutdown(sockets)
