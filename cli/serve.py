"""`jobwire serve`: one server process."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from cli.addresses import HEADER, Note, folder_of
from cli.children import GRACE
from cli.demo_firms import demo_sign_ins
from cli.ends import until_one_ends
from cli.mistakes import Mistake
from cli.places import Place, place, require_migrated, warn_without_redis
from cli.sockets import graphql_url, listen
from common.collector import paused
from common.settings import Settings
from common.terminal import say
from embedded.folder import Folder
from embedded.state import Process
from models.connection import connected
from transport.server import Server, server_settings
from transport.traffic import Traffic

if TYPE_CHECKING:
    from app.welcome import SignIn

OPEN_FILES = 65_536


def serve(settings: Settings) -> None:
    """Serve until a signal comes."""
    _allow_many_connections()
    sockets = listen(settings.host, settings.port)
    if settings.metrics_port is not None:
        metrics = listen(settings.metrics_host, settings.metrics_port, "JOBWIRE_METRICS")
        settings = settings.model_copy(update={"metrics_port": _port_of(metrics)})
        if _port_of(metrics) == _port_of(sockets):
            raise Mistake(
                "The metrics need a port of their own: set JOBWIRE_METRICS_PORT to another than JOBWIRE_PORT."
            )
        sockets += metrics
    with place(settings) as here, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, here, sockets))


def _allow_many_connections() -> None:
    """Each is an open file, and the usual limit is 1,024, though the system would let us have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(settings: Settings, here: Place, sockets: list[socket.socket]) -> None:
    async with connected(here.database_url, pool=settings.database_pool, statement_timeout=settings.statement_timeout):
        await require_migrated()
        await warn_without_redis(here.redis_url)
        server = _server(settings, here, await demo_sign_ins())
        # Once it has stopped it raises the signals again that it got: they then find this and do no more harm.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, server.handle_exit)
        serving = asyncio.create_task(server.serve(sockets))
        watching = asyncio.create_task(until_one_ends(here))
        await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        if watching.done():
            watching.result()


class _Announced(Server):
    """Says where it listens as soon as it does: on a line that programs can read, and in the data folder."""

    def __init__(self, config: uvicorn.Config, traffic: Traffic, window: float, note: Note, folder: Folder | None):
        super().__init__(config, traffic, window)
        self._note, self._folder = note, folder
        self._kept = ExitStack()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        url = graphql_url(self.config.host, _port_of(sockets or []))
        if self._folder is not None:
            self._kept.enter_context(self._note.kept(self._folder, url))
        say(f"Listening on {url}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # First, so that nobody comes to what is about to end.
        self._kept.close()
        await super().shutdown(sockets)


def _port_of(sockets: list[socket.socket]) -> int:
    """The first of them has it, and so have all of one address."""
    return int(sockets[0].getsockname()[1])


def _server(settings: Settings, here: Place, sign_ins: list[SignIn]) -> Server:
    note, folder = Note(Process.of_this_process()), folder_of(settings, here)
    # Only here, since the schema takes a second to load: who is refused a start hears of it at once.
    with paused():
        from app.application import create_app

        application = create_app(
            settings,
            database_url=here.database_url,
            redis_url=here.redis_url,
            own_database=False,
            sign_ins=sign_ins,
        )
    config = uvicorn.Config(
        application.asgi,
        host=settings.host,
        port=settings.port,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
        headers=[(HEADER, note.server)] if folder is not None else [],
        **server_settings(application.options),
    )
    return _Announced(config, application.traffic, settings.drain_window, note, folder)
