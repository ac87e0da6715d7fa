"""What the wire needs of whoever executes GraphQL. Implemented elsewhere, given by injection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """One well-formed GraphQL request, whichever way it came."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class Refused(Exception):
    """The request cannot be executed: syntax, validation, unknown operation, limits, bad variables.

    `errors` are in response format. `status` is the HTTP status under
    `application/graphql-response+json`; the legacy media type turns 400 into 200 (see `transport.reply`).
    """

    def __init__(self, errors: list[dict[str, Any]], status: int = 400) -> None:
        super().__init__(status)
        self.errors = errors
        self.status = status


class NotSignedIn(Exception):
    """A bad, expired or revoked token, or a member who was deactivated."""

    def __init__(self, message: str, code: str = "UNAUTHENTICATED") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


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


class Engine(Protocol):
    """Whoever signs callers in and executes what they ask.

    It is given back only what it gave: its own Prepared and its own Session, so those are Any here.
    """

    async def sign_in(self, token: str | None) -> Session:
        """The session of a bearer token, or an anonymous one for None. Raises NotSignedIn."""

    def prepare(self, request: Request, session: Any) -> Prepared:
        """Parse, validate, apply limits. Raises Refused."""

    async def execute(self, prepared: Any, session: Any) -> bytes:
        """The JSON response of a query or mutation. Raises nothing but CancelledError."""

    def subscribe(self, prepared: Any, session: Any) -> AsyncGenerator[bytes, None]:
        """JSON execution results, one each time. May raise Refused before the first."""

    def on_end(self, session: Any, callback: Callable[[Ended], None]) -> Callable[[], None]:
        """Call back, on the event loop, when the session must end at once. Returns what unregisters it."""
