"""The application of one server process: routes and what lives as long as it does."""

import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metrics import metrics_route
from models.command import settle
from models.database import connected, sql
from models.log import on_commit
from models.signing_keys import ensure_signing_key
from schema.engine import Engine
from settings import Settings
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from subscriptions.pace import Pace
from transport.options import TransportOptions
from transport.routes import graphql_routes
from transport.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application, and what its server must know of it."""

    asgi: Starlette
    options: TransportOptions
    traffic: Traffic


def create_app(settings: Settings, *, database_url: str, redis_url: str, own_database: bool = True) -> Application:
    """An application on this database and this Redis. Any number of them share the work. Without `own_database` it
    uses the connections that its process has already."""
    options = TransportOptions(
        allowed_origins=settings.origins, allowed_headers=settings.headers, trusted_proxies=settings.proxies
    )
    traffic = Traffic(options)
    hub = Hub(Bell(redis_url), Pace(heartbeat=settings.heartbeat, hold_after=settings.hold_after))
    engine = Engine(hub, development=settings.development)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _database(settings, database_url) if own_database else nullcontext():
            await ensure_signing_key()
            _keep_what_is_here()
            await hub.start()
            silence = on_commit(hub.bell.ring)
            try:
                yield
            finally:
                await settle()
                silence()
                await hub.stop()

    routes = [
        *graphql_routes(engine, options, traffic),
        Route("/", _elsewhere, methods=["GET"]),
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", _ready(traffic), methods=["GET"]),
        metrics_route(engine, hub, traffic),
    ]
    asgi = Starlette(routes=routes, lifespan=lifespan)
    asgi.state.hub = hub  # for whoever looks at how it stays live
    return Application(asgi, options, traffic)


def _keep_what_is_here() -> None:
    # What has been made by now, the schema above all, stays as long as the process. A collector that looks through all
    # of it again and again takes half of the time of a large answer.
    gc.collect()
    gc.freeze()


def _database(settings: Settings, url: str) -> AbstractAsyncContextManager[None]:
    return connected(url, pool=settings.database_pool, statement_timeout=settings.statement_timeout)


def _elsewhere(_request: Request) -> Response:
    return JSONResponse({"errors": [{"message": "There is nothing here. The API is at /graphql."}]}, 404)


def _alive(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


def _ready(traffic: Traffic):  # type: ignore[no-untyped-def]
    async def ready(_request: Request) -> Response:
        if traffic.draining:
            return JSONResponse({"status": "draining"}, 503)
        try:
            await sql("SELECT 1")
        except Exception:  # whatever it is, no requests should come here
            return JSONResponse({"status": "database unreachable"}, 503)
        return JSONResponse({"status": "ready"})

    return ready
