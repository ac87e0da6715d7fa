"""A hub and streams without a server, for what depends on what happens between two steps."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from models.rows import Member
from subscriptions.bell import Bell
from subscriptions.hub import Hub
from subscriptions.interest import BoardInterest
from subscriptions.pace import Pace
from subscriptions.stream import Delivery, Stream


@contextlib.asynccontextmanager
async def hub_on(redis_url: str, **pace: float) -> AsyncIterator[Hub]:
    """A hub that hears of changes by its sweeps."""
    hub = Hub(Bell(redis_url), Pace(**{"sweep": 0.05, **pace}))
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


@dataclass
class Pulled:
    """A member's stream whose messages come when asked for."""

    stream: Stream
    messages: Any
    told: list[Delivery] = field(default_factory=list)

    async def next(self) -> Delivery:
        """The next message, whether permitted or not."""
        message: Delivery = await anext(self.messages)
        self.told.append(message)
        return message


@contextlib.asynccontextmanager
async def pulling(hub: Hub, member: Member, **options: Any) -> AsyncIterator[Pulled]:
    """The stream of everything that the member sees, after its first message."""
    stream = Stream(hub, member.id, BoardInterest(), **options)
    async with contextlib.aclosing(stream.deliveries(member.firm_id)) as messages:
        pulled = Pulled(stream, messages)
        await pulled.next()
        yield pulled


def kinds(message: Delivery) -> list[str]:
    """The kinds of the events of a message, in order."""
    return [type(logged.event).__name__ for logged in message.events]
