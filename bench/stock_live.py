"""Live changes as the documentation of Strawberry and broadcaster shows them: each subscriber has a queue and an
execution of its own. What changed comes with the message, so none of them asks the database."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
import strawberry
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types.info import Info

from bench.redis_feed import fed
from bench.stock_board import StockQuery, loaders
from models.connection import connected

_CHANGES = "changes"


@strawberry.type(name="StageRef")
class StockStageRef:
    """The stage of a changed card."""

    id: strawberry.ID


@strawberry.type(name="ChangedJob")
class StockChangedJob:
    """A changed card."""

    id: strawberry.ID
    version: int
    stage: StockStageRef
    position: str


@strawberry.interface(name="Event")
class StockEvent:
    """Something that happened."""

    revision: str


@strawberry.interface(name="JobEvent")
class StockJobEvent(StockEvent):
    """Something that happened to a card."""

    job: StockChangedJob


@strawberry.type(name="JobMoved")
class StockJobMoved(StockJobEvent):
    """A card is on another stage."""


@strawberry.type(name="BoardChanges")
class StockChanges:
    """One message."""

    revision: str
    previous: str | None
    resync: bool
    events: list[StockEvent]


@strawberry.type(name="Subscription")
class StockSubscription:
    """The root."""

    @strawberry.subscription
    async def board_changes(self, info: Info, after: str | None = None) -> AsyncGenerator[StockChanges, None]:
        """Where it begins, then every change. `after` is there for the sake of the document: nothing is kept."""
        async with info.context["broadcast"].subscribe(_CHANGES) as subscriber:
            yield StockChanges(revision="0", previous=None, resync=False, events=[])
            async for event in subscriber:
                yield _changes(event.message)


class _App(GraphQL[Any, Any]):
    """With a context that has the loaders, and the firm that is named in the URL."""

    def __init__(self, broadcast: Broadcast) -> None:
        schema = strawberry.Schema(
            StockQuery,
            subscription=StockSubscription,
            types=[StockJobMoved],
            extensions=[ParserCache, ValidationCache],
        )
        super().__init__(schema, graphql_ide=None)
        self._broadcast = broadcast

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        firm = request.query_params.get("firm")
        return {"broadcast": self._broadcast, "firm_id": UUID(firm) if firm else None, **loaders()}


def stock_app(database_url: str, redis_url: str) -> Starlette:
    """The stock way, for the same uvicorn."""
    broadcast = Broadcast("memory://")
    graphql = _App(broadcast)

    async def pass_on(message: bytes) -> None:
        await broadcast.publish(_CHANGES, orjson.loads(message)["payload"]["data"]["boardChanges"])

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with connected(database_url), broadcast, fed(redis_url, "stock", pass_on):
            yield

    return Starlette(routes=[Route("/graphql", graphql), WebSocketRoute("/graphql", graphql)], lifespan=lifespan)


def _changes(data: dict[str, Any]) -> StockChanges:
    return StockChanges(
        revision=data["revision"],
        previous=data["previous"],
        resync=data["resync"],
        events=[_event(event) for event in data["events"]],
    )


def _event(data: dict[str, Any]) -> StockEvent:
    job = data["job"]
    changed = StockChangedJob(
        id=strawberry.ID(job["id"]),
        version=job["version"],
        stage=StockStageRef(id=strawberry.ID(job["stage"]["id"])),
        position=job["position"],
    )
    return StockJobMoved(revision=data["revision"], job=changed)
