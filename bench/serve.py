"""One server for the benchmarks to talk to: `python -m bench.serve KIND DATABASE_URL REDIS_URL`, of a kind that
`bench.process.served` names.

It prints its port when it answers, and ends with its standard input.
"""

import asyncio
import gc
import socket
import sys

import uvicorn

from app.application import Application, create_app
from bench.bare_socket import bare_app
from bench.stock_live import stock_app
from common.settings import Settings
from transport.options import TransportOptions
from transport.server import Server, server_settings
from transport.traffic import Traffic

METRICS_TOKEN = "for-the-benchmarks"
#: Who is believed when they say for whom they ask: of all addresses of the loopback network one, or none.
_PROXIES = {"ours": "", "proxied": "127.0.0.1", "unpaced": ""}
#: What nobody spends in a minute.
_ALL_POINTS = 1_000_000_000


def _application(kind: str, database_url: str, redis_url: str) -> Application:
    if kind in _PROXIES:
        points = _ALL_POINTS if kind == "unpaced" else None
        settings = Settings(metrics_token=METRICS_TOKEN, trusted_proxies=_PROXIES[kind], points_a_minute=points)
        return create_app(settings, database_url=database_url, redis_url=redis_url)
    options = TransportOptions()
    controls = {"bare": lambda: bare_app(redis_url), "stock": lambda: stock_app(database_url, redis_url)}
    return Application(controls[kind](), options, Traffic(options))


class _Announcing(Server):
    """Says when it answers, and stops when nobody holds its standard input any more."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # The product does so by itself; the controls are to have the same.
            gc.collect()
            gc.freeze()
            print(self.servers[0].sockets[0].getsockname()[1], flush=True)
            asyncio.get_running_loop().add_reader(sys.stdin, self._leave)

    def _leave(self) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin)
        self.should_exit = True


def _serve(kind: str, database_url: str, redis_url: str) -> None:
    application = _application(kind, database_url, redis_url)
    settings = server_settings(application.options)
    config = uvicorn.Config(application.asgi, host="127.0.0.1", port=0, log_level="warning", **settings)
    _Announcing(config, application.traffic, window=0).run()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
