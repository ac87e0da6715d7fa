"""One server for the benchmarks to talk to: `python -m bench.serve ours|bare DATABASE_URL REDIS_URL`.

It prints its port when it answers, and ends with its standard input.
"""

import asyncio
import sys

import uvicorn
import uvloop

from app import Application, create_app
from bench.bare_socket import bare_app
from settings import Settings
from transport.options import TransportOptions
from transport.server import Server, server_settings
from transport.traffic import Traffic


def _application(kind: str, database_url: str, redis_url: str) -> Application:
    if kind == "ours":
        return create_app(Settings(), database_url=database_url, redis_url=redis_url)
    options = TransportOptions()
    return Application(bare_app(redis_url), options, Traffic(options))


async def _serve(kind: str, database_url: str, redis_url: str) -> None:
    application = _application(kind, database_url, redis_url)
    settings = server_settings(application.options)
    config = uvicorn.Config(application.asgi, host="127.0.0.1", port=0, log_level="warning", **settings)
    server = Server(config, application.traffic, window=0)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
    await serving


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*sys.argv[1:]))
