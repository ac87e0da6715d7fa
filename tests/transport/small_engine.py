"""A real engine over a tiny schema, with handles for the tests. It runs on the server's own loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import graphql
import orjson

from transport.engine import Ended, NotSignedIn, Refused, Request

SDL = """
type Query { hello(name: String = "you"): String!  slow(key: String!): String  broken: String  sure: String! }
type Mutation { add(key: String!): Int! }
type Subscription {
  count(to: Int!): Int!  ticks(topic: String!): String!  flood(size: Int!): String!
  fails: Int!  refused: Int!
}
"""


@dataclass(eq=False)
class Caller:
    member_key: str | None
    expires_at: float | None = None


@dataclass(frozen=True)
class Document:
    kind: Literal["query", "mutation", "subscription"]
    node: graphql.DocumentNode
    request: Request


@dataclass
class SmallEngine:
    """Tokens are names. `short-<name>` expires soon, `bad` is refused, `broken` is a fault of ours."""

    lifetime: float = 0.3
    executing: Counter[str] = field(default_factory=Counter)
    cancelled: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    live: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    callbacks: dict[Caller, Callable[[Ended], None]] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        self.topics: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self.schema = graphql.build_schema(SDL)
        for type_name, fields in resolvers(self).items():
            for name, (resolve, subscribe) in fields.items():
                definition = self.schema.get_type(type_name).fields[name]  # type: ignore[union-attr]
                definition.resolve, definition.subscribe = resolve, subscribe

    # What the tests do, from their own thread.

    def publish(self, topic: str, text: str) -> None:
        assert self.loop is not None
        for queue in list(self.topics[topic]):
            self.loop.call_soon_threadsafe(queue.put_nowait, text)

    def end(self, member: str, ended: Ended) -> None:
        assert self.loop is not None
        for caller, callback in list(self.callbacks.items()):
            if caller.member_key == member:
                self.loop.call_soon_threadsafe(callback, ended)

    # What the wire asks.

    async def sign_in(self, token: str | None) -> Caller:
        self.loop = asyncio.get_running_loop()
        if token == "bad":
            raise NotSignedIn("The token is not valid.")
        if token == "broken":
            raise RuntimeError("no database, secret-literal")
        if token is not None and token.startswith("short-"):
            return Caller(token, time.time() + self.lifetime)
        return Caller(token)

    def prepare(self, request: Request, session: Any) -> Document:
        if "explode" in request.query:
            raise RuntimeError("secret-literal")
        try:
            node = graphql.parse(request.query)
        except graphql.GraphQLError as fault:
            raise Refused([dict(fault.formatted)]) from None
        if faults := graphql.validate(self.schema, node):
            raise Refused([dict(fault.formatted) for fault in faults])
        operation = graphql.get_operation_ast(node, request.operation_name)
        if operation is None:
            raise Refused([{"message": "Which operation?"}])
        if "tooMuch" in request.query:
            raise Refused([{"message": "Slow down."}], 429)
        values = graphql.get_variable_values(self.schema, operation.variable_definitions or (), request.variables or {})
        if isinstance(values, list):
            raise Refused([dict(fault.formatted) for fault in values])
        return Document(operation.operation.value, node, request)

    async def execute(self, prepared: Any, session: Any) -> bytes:
        request = prepared.request
        result = graphql.execute(
            self.schema,
            prepared.node,
            variable_values=request.variables,
            operation_name=request.operation_name,
        )
        return body(await result if asyncio.iscoroutine(result) or hasattr(result, "__await__") else result)

    async def subscribe(self, prepared: Any, session: Any) -> AsyncGenerator[bytes, None]:
        request = prepared.request
        results: Any = graphql.subscribe(self.schema, prepared.node, variable_values=request.variables)
        if hasattr(results, "__await__"):
            results = await results
        if isinstance(results, graphql.ExecutionResult):
            raise Refused([dict(fault.formatted) for fault in results.errors or []])
        member = str(session.member_key)
        self.live[member] += 1
        try:
            async for result in results:
                self.sent[member] += 1
                yield body(result)
        finally:
            self.live[member] -= 1
            await results.aclose()

    def on_end(self, session: Any, callback: Callable[[Ended], None]) -> Callable[[], None]:
        self.callbacks[session] = callback
        return lambda: self.callbacks.pop(session, None) and None


def body(result: graphql.ExecutionResult) -> bytes:
    return orjson.dumps(result.formatted)


def resolvers(engine: SmallEngine) -> dict[str, dict[str, tuple[Any, Any]]]:
    async def slow(_: Any, info: Any, key: str) -> str:
        engine.executing[key] += 1
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            engine.cancelled[key] += 1
            raise
        return key

    async def add(_: Any, info: Any, key: str) -> int:
        engine.added[key] += 1
        return engine.added[key]

    def broken(_: Any, info: Any) -> str:
        raise ValueError("broken")

    async def count(_: Any, info: Any, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            yield number

    async def ticks(_: Any, info: Any, topic: str) -> AsyncIterator[str]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        engine.topics[topic].add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            engine.topics[topic].discard(queue)

    async def flood(_: Any, info: Any, size: int) -> AsyncIterator[str]:
        while True:
            yield "x" * size
            await asyncio.sleep(0)

    async def fails(_: Any, info: Any) -> AsyncIterator[int]:
        yield 1
        raise RuntimeError("secret-literal")

    async def refused(_: Any, info: Any) -> AsyncIterator[int]:
        raise Refused([{"message": "Not this one."}])
        yield 1

    def same(value: Any, info: Any, **_: Any) -> Any:
        return value

    sources = {"count": count, "ticks": ticks, "flood": flood, "fails": fails, "refused": refused}
    return {
        "Query": {
            "hello": (lambda _, info, name: f"Hello, {name}", None),
            "slow": (slow, None),
            "broken": (broken, None),
            "sure": (broken, None),
        },
        "Mutation": {"add": (add, None)},
        "Subscription": {name: (same, source) for name, source in sources.items()},
    }
