"""Messages of subscriptions, as bytes: each made once for all who are told the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from graphql import ExecutionResult, GraphQLError

from engine.faults import formatted
from engine.prepared import Key, Prepared
from models.database_errors import DATABASE_ERRORS
from models.errors import SignInRefused
from models.scope import Scope, Viewer
from models.viewers import viewer
from resolvers.context import Context
from subscriptions.interest import Interest
from subscriptions.message import Message

#: A `previous` that no client has: the real one takes its place.
_NOBODYS = -1

Run = Callable[[Prepared, Context, Message], Awaitable[ExecutionResult]]


class RenderedMessage:
    """A message that was executed. Only `previous` may differ between those who are sent it."""

    __slots__ = ("_body", "_changes", "_root", "_slots", "unread", "void")

    def __init__(self, result: ExecutionResult) -> None:
        self.unread = _database_failed(result)
        self.void = not any((result.data or {}).values())
        self._body: dict[str, Any] = {"data": result.data}
        if result.errors:
            self._body["errors"] = [formatted(error) for error in result.errors]
        self._slots: list[str] = []
        self._changes: dict[str, Any] = {}
        self._root = ""
        for root, changes in (result.data or {}).items():
            self._root, self._changes = root, changes or {}
            self._slots = [key for key, value in self._changes.items() if value == str(_NOBODYS)]
        # Serialized now, once, however many bodies are made of it.
        self._changes = {key: orjson.Fragment(orjson.dumps(value)) for key, value in self._changes.items()}

    def body(self, previous: int | None) -> bytes:
        """The message for those whose cursor was `previous`."""
        if self._slots:
            told = None if previous is None else str(previous)
            self._body["data"] = {self._root: self._changes | dict.fromkeys(self._slots, told)}
        return orjson.dumps(self._body)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who a subscription is of, and the session or the personal token that they came with."""

    member_id: UUID
    session_id: UUID | None
    token_id: UUID | None

    @classmethod
    def of(cls, viewer: Viewer) -> Listener:
        """That of a viewer."""
        return cls(viewer.member_id, viewer.session_id, viewer.token_id)

    async def viewer(self) -> Viewer | None:
        """The member as of now, or None."""
        return await viewer(self.member_id, self.token_id)


@dataclass(frozen=True, slots=True)
class LiveTopic:
    """The `subscriptions.topic.Topic` of a GraphQL subscription."""

    operation: Prepared
    interest: Interest
    listener: Listener
    run: Run
    services: Any

    @property
    def document(self) -> Key:
        """The operation, whoever asks."""
        return self.operation.key

    def key(self, scope: Scope) -> object:
        """The operation; and who follows, where they are told something of their own."""
        return topic_key(self.operation, scope, self.listener)

    async def render(self, message: Message) -> RenderedMessage:
        """Execute it under the scope of the message. Nothing in it depends on who listens, unless the topic is one
        viewer's own: a resolver that reaches for the viewer fails."""
        context = Context(message.scope, services=self.services)
        # A heartbeat costs no statement: without events, nothing in it could be theirs.
        if message.events and self.operation.is_per_viewer(message.scope):
            try:
                known = await self.listener.viewer()
            except DATABASE_ERRORS as error:
                return RenderedMessage(ExecutionResult(None, [GraphQLError("Unread.", original_error=error)]))
            context.known_viewer = known and replace(known, scope=message.scope, session_id=self.listener.session_id)
            context.shut_out = known is None
        return RenderedMessage(await self.run(self.operation, context, replace(message, previous=_NOBODYS)))

    def errors(self, fault: Exception) -> list[dict[str, Any]]:
        """Why a subscription ends."""
        message = fault.message if isinstance(fault, SignInRefused) else "Something went wrong on our side."
        return [formatted(GraphQLError(message, original_error=fault))]


def topic_key(operation: Prepared, scope: Scope, listener: Listener) -> object:
    """What makes two subscriptions be told the same under this scope. A link to a file ends with what it was asked
    with, so a member's two sessions are two."""
    return operation.key, listener if operation.is_per_viewer(scope) else None


def _database_failed(result: ExecutionResult) -> bool:
    """Whether something is missing that could be read at another moment."""
    return any(isinstance(error.original_error, DATABASE_ERRORS) for error in result.errors or ())
