"""The routes of the API."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from transport.engine import Engine
from transport.http import GraphQLOverHTTP
from transport.options import TransportOptions
from transport.traffic import Traffic
from transport.websocket import GraphQLOverWebSocket


def graphql_routes(
    engine: Engine,
    options: TransportOptions,
    traffic: Traffic | None = None,
    path: str = "/graphql",
    page: ASGIApp | None = None,
    name: str = "graphql",
) -> list[BaseRoute]:
    """HTTP, event streams and websockets on one path, and the page that a browser is shown there.

    Give a `Traffic` to read its counters and to drain it. No `Mount`: it answers /graphql with 307, and
    403 on websockets. The HTTP route takes every method, so that a wrong one is answered in JSON too.
    """
    traffic = traffic or Traffic(options)
    return [
        Route(path, GraphQLOverHTTP(engine, options, traffic, page), name=name),
        WebSocketRoute(path, GraphQLOverWebSocket(engine, options, traffic), name=f"{name}_websocket"),
    ]
