"""What the wire needs of whoever executes GraphQL. Implemented elsewhere, given by injection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from transport.errors import GraphQLErrors


@dataclass(frozen=True, slots=True)
class Request:
    """One well-formed GraphQL request, whichever way it came. `query` is empty where the document is only named: by
    `document_id`, or by `extensions.persistedQuery`."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


class Refused(Exception):
    """The request cannot be executed: syntax, validation, unknown operation, limits, bad variables.

    `errors` are in response format. `status` is the HTTP status under
    `application/graphql-response+json`; the legacy media type turns 400 into 200 (see `transport.reply`).
    `retry_after` is how many seconds to wait before the same may be asked again.
    """

    def __init__(self, errors: GraphQLErrors, status: int = 400, *, retry_after: int | None = None) -> None:
        super().__init__(status)
        self.errors = errors
        self.status = status
        self.retry_after = retry_after


class NotSignedIn(Exception):
    """A bad, expired or revoked token, or a member who was deactivated."""

    def __init__(self, message: str, code: str = "UNAUTHENTICATED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class NoSheet(Exception):
    """The operation does not ask for one table. The message says what to ask for instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


#: What stands in a cell of a sheet; None is nothing. A text is a text, whatever it looks like, and a moment has a zone.
Cell = str | int | float | Decimal | date | datetime | None


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a session must end now: a websocket close code and a reason for the client."""

    code: int
    reason: str


class Prepared(Protocol):
    """A request that was parsed, validated and found within the limits."""

    @property
    def kind(self) -> Literal["query", "mutation", "subscription"]: ...


class Session(Protocol):
    """Who is asking."""

    @property
    def member_key(self) -> str | None:
        """What the caps per member count by; None is an anonymous caller."""

    @property
    def expires_at(self) -> float | None:
        """When the token expires, in unix seconds; None is never."""


class Sink(Protocol):
    """Where the results of one subscription go. Used on the event loop only; nothing in it waits or raises."""

    @property
    def ready(self) -> bool:
        """Whether it has room for a result. One that says no calls `Subscription.resume` when it has room again."""

    def send(self, body: bytes) -> None:
        """One JSON execution result; many sinks may be sent the same bytes. Sent whether `ready` or not, it is kept."""

    def end(self, errors: GraphQLErrors | None = None) -> None:
        """Nothing more comes, and what comes nevertheless is dropped. With errors (in response format): because of
        them."""


class Sheet(Protocol):
    """Where the rows of one table go."""

    @property
    def wanted(self) -> bool:
        """Whether anybody still waits for it. Whoever writes looks before each page, and stops."""

    async def begin(self, name: str, headers: Sequence[str]) -> None:
        """What it is called, a name of GraphQL, and how its columns are headed: first, and once."""

    async def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Some rows more. It waits for whoever reads, and raises what ends the sheet."""


class Subscription(Protocol):
    """A subscription that is served. Neither method waits or raises."""

    def resume(self) -> None:
        """The sink has room again. What is sent to it from within this call is welcome."""

    def stop(self) -> None:
        """Nobody listens any more. Nothing is sent to the sink after it. It may be called more than once."""


class Engine(Protocol):
    """Whoever signs callers in and executes what they ask.

    It is given back only what it gave: its own Prepared and its own Session, so those are Any here.
    """

    async def sign_in(self, token: str | None, address: str) -> Session:
        """The session of a bearer token, or an anonymous one for None. Raises NotSignedIn.

        `address` is the network that the caller comes from (`transport.address.address_of`).
        """

    async def prepare_in_turn(self, request: Request, session: Any) -> Prepared:
        """Parse, validate, apply limits. It waits while others' requests are prepared, when that takes long. Raises
        Refused, also when that lasts."""

    async def execute(self, prepared: Any, session: Any) -> bytes:
        """The JSON response of a query or mutation. Raises nothing but CancelledError, and Refused when the caller has
        to wait."""

    def headers(self, session: Any) -> Mapping[str, str]:
        """What the caller is told besides the response, as headers of HTTP."""

    async def sheet(self, prepared: Any, session: Any, sheet: Sheet) -> None:
        """Write the answer to a query to a sheet, page by page. Raises NoSheet, Refused, and what the sheet raises.

        It is not to be cancelled while anybody waits for it, but to be told that nobody does.
        """

    async def subscribe(self, prepared: Any, session: Any, sink: Sink) -> Subscription:
        """Begin to serve a subscription. Raises Refused. Results may come before it returns.

        It is cancelled when nobody listens any more, and then leaves nothing behind.
        """

    def on_end(self, session: Any, callback: Callable[[Ended], None]) -> Callable[[], None]:
        """Call back, on the event loop, when the session must end at once. Returns what unregisters it."""
