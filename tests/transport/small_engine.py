"""A real engine over a tiny schema, with handles for the tests. It runs on the server's own loop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import graphql
import orjson

from tests.transport.small_subscriptions import SERVED, Served, Ticks
from transport.engine import Ended, NoSheet, NotSignedIn, Refused, Request, Sheet, Sink

T = TypeVar("T")

SDL = """
type Query {
  hello(name: String = "you"): String!  slow(key: String!): String  broken: String  sure: String!
  table(rows: Int!, failsAfter: Int, key: String, text: String): String
}
type Mutation { add(key: String!): Int! }
type Subscription {
  count(to: Int!): Int!  ticks(topic: String!): String!  flood(size: Int!): String!
  fails: Int!  refused: Int!  begins(key: String!): Int!  stubborn(key: String!): Int!
  faulty(size: Int!): String!
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

    lifetime: float = 1.0
    executing: Counter[str] = field(default_factory=Counter)
    cancelled: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    live: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    resumed: Counter[str] = field(default_factory=Counter)
    addresses: set[str] = field(default_factory=set)
    callbacks: dict[Caller, Callable[[Ended], None]] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        self.topics: defaultdict[str, set[Ticks]] = defaultdict(set)
        self.schema = graphql.build_schema(SDL)
        for type_name, fields in resolvers(self).items():
            for name, resolve in fields.items():
                self.schema.get_type(type_name).fields[name].resolve = resolve  # type: ignore[union-attr]

    # What the tests do, from their own thread.

    def publish(self, topic: str, text: str) -> None:
        self.run(lambda: all_of(self.topics[topic], lambda ticks: ticks.publish(text)))

    def finish(self, topic: str, errors: list[dict[str, Any]] | None = None) -> None:
        self.run(lambda: all_of(self.topics[topic], lambda ticks: ticks.end(errors)))

    def run(self, what: Callable[[], object]) -> None:
        """On the loop of the server, where everything here happens."""
        assert self.loop is not None
        self.loop.call_soon_threadsafe(what)

    def end(self, member: str, ended: Ended) -> None:
        callbacks = [callback for caller, callback in list(self.callbacks.items()) if caller.member_key == member]
        self.run(lambda: all_of(callbacks, lambda callback: callback(ended)))

    # What the wire asks.

    async def sign_in(self, token: str | None, address: str = "") -> Caller:
        self.loop = asyncio.get_running_loop()
        self.addresses.add(address)
        if token == "bad":
            raise NotSignedIn("The token is not valid.")
        if token == "broken":
            raise RuntimeError("no database, secret-literal")
        if token is not None and token.startswith("short-"):
            return Caller(token, time.time() + self.lifetime)
        return Caller(token)

    async def prepare_in_turn(self, request: Request, session: Any) -> Document:
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

    def headers(self, session: Any) -> dict[str, str]:
        return {"ratelimit": f'"points";r=1;t={len(session.member_key)}'} if session.member_key else {}

    async def execute(self, prepared: Any, session: Any) -> bytes:
        request = prepared.request
        result = graphql.execute(
            self.schema,
            prepared.node,
            variable_values=request.variables,
            operation_name=request.operation_name,
        )
        return body(await result if asyncio.iscoroutine(result) or hasattr(result, "__await__") else result)

    async def sheet(self, prepared: Any, session: Any, sheet: Sheet) -> None:
        """A table of so many rows, in hundreds. It waits at its end for the key, as `slow` does."""
        name, asked = self.asked(prepared)
        if name != "table":
            raise NoSheet("Ask for `table`.")
        rows, fails_after, key = asked["rows"], asked.get("failsAfter"), asked.get("key")
        if fails_after == 0:
            raise Refused([{"message": "Not this one.", "extensions": {"code": "INVALID"}}])
        await sheet.begin("Table", ["Text", "Number"])
        self.executing[str(key)] += 1
        for start in range(0, rows, 100):
            if not sheet.wanted:
                break
            if fails_after is not None and start >= fails_after:
                raise RuntimeError("secret-literal")
            await sheet.add([(asked.get("text"), number) for number in range(start, min(start + 100, rows))])
        while key is not None and sheet.wanted:
            await asyncio.sleep(0.005)
        self.cancelled[str(key)] += not sheet.wanted

    async def subscribe(self, prepared: Any, session: Any, sink: Sink) -> Served:
        name, arguments = self.asked(prepared)
        served = SERVED[name](self, str(session.member_key), prepared, sink)
        self.live[served.member] += 1
        try:
            await served.begin(**arguments)
        except BaseException:
            served.stop()
            raise
        return served

    def asked(self, prepared: Document) -> tuple[str, dict[str, Any]]:
        """The one field of a subscription or a sheet, and its arguments."""
        request = prepared.request
        operation = graphql.get_operation_ast(prepared.node, request.operation_name)
        assert operation is not None
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        (node,) = operation.selection_set.selections
        assert isinstance(node, graphql.FieldNode)
        values = graphql.get_variable_values(self.schema, operation.variable_definitions or (), request.variables or {})
        assert not isinstance(values, list)
        name = node.name.value
        return name, graphql.get_argument_values(root.fields[name], node, values)

    def render(self, prepared: Document, value: Any) -> bytes:
        """One message of a subscription."""
        request = prepared.request
        return body(graphql.execute_sync(self.schema, prepared.node, value, variable_values=request.variables))

    def on_end(self, session: Any, callback: Callable[[Ended], None]) -> Callable[[], None]:
        self.callbacks[session] = callback
        return lambda: self.callbacks.pop(session, None) and None


def all_of(things: Iterable[T], do: Callable[[T], None]) -> None:
    for thing in list(things):
        do(thing)


def body(result: graphql.ExecutionResult) -> bytes:
    return orjson.dumps(result.formatted)


def resolvers(engine: SmallEngine) -> dict[str, dict[str, Any]]:
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

    def same(value: Any, info: Any, **_: Any) -> Any:
        return value

    return {
        "Query": {"hello": lambda _, info, name: f"Hello, {name}", "slow": slow, "broken": broken, "sure": broken},
        "Mutation": {"add": add},
        "Subscription": dict.fromkeys(SERVED, same),
    }
