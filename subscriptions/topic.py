"""What is asked of a firm's log: the same for all who asked the same."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from models.scope import Scope
from subscriptions.interest import Interest
from subscriptions.message import Message


class Rendered(Protocol):
    """A message as bytes, but for the one thing in which those who are sent it may differ."""

    @property
    def unread(self) -> bool:
        """Whether something is missing in it that can be read when the database is there again."""

    @property
    def void(self) -> bool:
        """Whether nothing of it could be told, and never can: it has no cursor, even."""

    def body(self, previous: int | None) -> bytes:
        """The message for those whose cursor was `previous`."""


class Topic(Protocol):
    """A document with its variables. Topics with the same key, under the same scope, are told the same."""

    def key(self, scope: Scope) -> Hashable:
        """What makes it the same, under this scope."""

    @property
    def document(self) -> Hashable:
        """What is asked, under whatever scope: by this it counts among those of a member and a firm."""

    @property
    def interest(self) -> Interest:
        """Which events it is about."""

    async def render(self, message: Message) -> Rendered:
        """The message, executed under its scope. Its `previous` is not looked at."""

    def errors(self, fault: Exception) -> list[dict[str, Any]]:
        """Why a subscription ends, in response format."""
