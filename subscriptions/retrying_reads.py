"""Reading for a stream, which outlives the database's absences."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import structlog

from models.command import shut_out, token_over
from models.database_errors import DATABASE_ERRORS
from models.scope import Viewer
from models.viewers import viewer
from subscriptions.feed import Feed
from subscriptions.hub import Hub

T = TypeVar("T")

#: So often a read that fails is tried, each time after the database has answered the hub. Then it is the read's fault.
MOST_ATTEMPTS = 5

log = structlog.get_logger(__name__)


class RetryingReads:
    """Waits for the database to answer the hub again, and reads again."""

    def __init__(self, hub: Hub, feed: Feed) -> None:
        self._hub = hub
        self._feed = feed
        #: When the database last failed, until it has answered since.
        self._failed_at: float | None = None

    def failed(self) -> None:
        """The database has failed, whoever asked."""
        self._failed_at = asyncio.get_running_loop().time()

    async def trusted(self) -> None:
        """Wait until the feed's head is confirmed, since the last failure if there was one."""
        await self._hub.trusted(self._feed, self._failed_at)
        self._failed_at = None

    async def read(self, read: Callable[[], Awaitable[T]]) -> T:
        """What this reads, as soon as it can be read."""
        for _ in range(MOST_ATTEMPTS - 1):
            try:
                return await read()
            except DATABASE_ERRORS as error:
                log.warning("stream.read", reason=type(error).__name__)
                self.failed()
                await self.trusted()
        return await read()

    async def viewer(self, member_id: UUID, token_id: UUID | None) -> Viewer:
        """An active member, with the personal token that they come with; `SignInRefused` when they are out, or the
        token is good no more."""
        found = await self.read(lambda: viewer(member_id, token_id))
        if found is None:
            raise shut_out() if token_id is None else token_over()
        return found
