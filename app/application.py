"""The application of one server process: routes and what lives as long as it does."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.files.hashes import Hashes
from app.files.receiving import Desk
from app.files.routes import Files, file_routes
from app.files.uploads import Uploads
from app.health import Readiness, health_routes
from app.metrics import MetricsAccess, MetricsPort, metrics_route
from app.pages import Pages
from app.webhooks import webhook_route
from app.welcome import SignIn
from common.collector import keep_what_is_here
from common.settings import Settings
from engine.engine import Engine
from engine.ledger import Ledger
from engine.points import A_MINUTE, Points
from engine.reading import SWITCH_INTERVAL
from engine.trusted import Trusted
from files.place import place_of
from files.store import Store
from models.audiences import Audience
from models.command import settle
from models.connection import ask, connected
from models.files.uploads import UploadLimits
from models.log import on_commit
from models.signing_keys import ensure_signing_key
from resolvers.portal.root import portal_schema
from resolvers.portal.sign_in import OPEN_MUTATIONS
from resolvers.root import graphql_schema
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from subscriptions.pace import Pace
from transport.allowed_hosts import AllowedHosts
from transport.options import TransportOptions
from transport.routes import graphql_routes
from transport.traffic import Traffic

#: Where clients ask.
PORTAL = "/portal/graphql"


@dataclass(frozen=True, slots=True)
class Application:
    """The ASGI application, and what its server must know of it."""

    asgi: Starlette
    options: TransportOptions
    traffic: Traffic


def create_app(
    settings: Settings,
    *,
    database_url: str,
    redis_url: str,
    own_database: bool = True,
    sign_ins: Sequence[SignIn] = (),
) -> Application:
    """An application on this database and this Redis. Any number of them share the work. Without `own_database` it
    uses the connections that its process has already. `sign_ins` are named on its pages, with their passwords: those of
    the demo, and nobody else's."""
    options = TransportOptions(
        allowed_origins=settings.origins, allowed_headers=settings.headers, trusted_proxies=settings.proxies
    )
    traffic = Traffic(options)
    hub = Hub(Bell(redis_url), Pace(heartbeat=settings.heartbeat, hold_after=settings.hold_after))
    points = Points(settings.points_a_minute or A_MINUTE)
    engine = Engine(
        graphql_schema(),
        hub,
        development=settings.development,
        trusted=_trusted(settings.trusted_documents, settings),
        points=points,
        link_lifetime=timedelta(minutes=settings.file_links_good),
    )
    portal = Engine(
        portal_schema(),
        hub,
        audience=Audience.CLIENT,
        development=settings.development,
        trusted=_trusted(settings.portal_trusted_documents, settings),
        points=points,
        open_mutations=OPEN_MUTATIONS,
    )
    ledger = Ledger(redis_url, points)
    pages = Pages(options, sign_ins)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _database(settings, database_url) if own_database else nullcontext():
            await ensure_signing_key()
            # The schema above all: to look through it again and again takes half of the time of a large answer.
            keep_what_is_here()
            # What is read beside the event loop gives way to it: it has the interpreter again after so long.
            sys.setswitchinterval(SWITCH_INTERVAL)
            await hub.start()
            await ledger.start()
            silence = on_commit(hub.bell.ring)
            try:
                yield
            finally:
                await settle()
                silence()
                await ledger.stop()
                await hub.stop()

    access = MetricsAccess(settings.metrics_token, settings.metrics_port)
    routes = [
        *graphql_routes(engine, options, traffic, page=pages.show),
        *graphql_routes(portal, options, traffic, path=PORTAL, name="portal"),
        *pages.routes(),
        webhook_route(options),
        *file_routes(_files(settings, engine, options, traffic)),
        *health_routes(Readiness(ask), lambda: traffic.draining),
        metrics_route(engine, hub, traffic, access),
    ]
    asgi = Starlette(
        routes=routes,
        middleware=_middleware(settings, traffic),
        exception_handlers={404: _elsewhere},
        lifespan=lifespan,
    )
    # A redirect would go wherever the Host header says.
    asgi.router.redirect_slashes = False
    asgi.state.hub = hub  # for whoever looks at how it stays live
    return Application(asgi, options, traffic)


def _files(settings: Settings, engine: Engine, options: TransportOptions, traffic: Traffic) -> Files:
    store = Store(place_of(settings))
    desk = Desk(store, Hashes(), settings.scanner_url is not None, lambda: traffic.draining)
    limits = UploadLimits(settings.file_limit, settings.files_of_firm, settings.uploads_of_member)
    return Files(engine, options, traffic, store, Uploads(desk, limits))


def _middleware(settings: Settings, traffic: Traffic) -> list[Middleware]:
    hosts = Middleware(AllowedHosts, settings.hosts, traffic.notices)
    if settings.metrics_port is None:
        return [hosts]
    return [hosts, Middleware(MetricsPort, settings.metrics_port)]


def _trusted(path: Path | None, settings: Settings) -> Trusted:
    only = settings.trusted_documents_only
    return Trusted(only=only) if path is None else Trusted.read(path, only=only)


def _database(settings: Settings, url: str) -> AbstractAsyncContextManager[None]:
    return connected(url, pool=settings.database_pool, statement_timeout=settings.statement_timeout)


async def _elsewhere(_request: Request, _fault: Exception) -> Response:
    return JSONResponse({"errors": [{"message": "There is nothing here. The API is at /graphql."}]}, 404)
