"""Firms spread over workers by Redis: one of them follows each, at once, and nobody is forgotten."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from docket import Docket, Worker

from models.ids import new_id
from subscriptions.cancellation import cancel_all
from tests.live.eventually import eventually
from tests.live.valkey import Valkey, own_valkey
from workers.spreading import TURNS, Spread


@pytest.fixture
async def valkey() -> AsyncIterator[Valkey]:
    async with own_valkey() as valkey:
        yield valkey


@dataclass
class Firms:
    """What the workers of a test do in the firms: they wait until they may go on, and count."""

    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    present: Counter[UUID] = field(default_factory=Counter)
    most: Counter[UUID] = field(default_factory=Counter)
    times: Counter[UUID] = field(default_factory=Counter)
    #: What happens as soon as a turn has ended.
    at_the_end: Callable[[], object] = lambda: None
    #: How often there is more to do, of each.
    more: Counter[UUID] = field(default_factory=Counter)

    async def go_on_in(self, firm_id: UUID) -> bool:
        """What a worker calls."""
        self.present[firm_id] += 1
        self.most[firm_id] = max(self.most[firm_id], self.present[firm_id])
        await self.may_go_on.wait()
        self.present[firm_id] -= 1
        self.times[firm_id] += 1
        self.more[firm_id] -= 1
        self.at_the_end()
        return self.more[firm_id] > 0

    async def in_hand(self, *firms: UUID) -> None:
        """Wait until somebody has each of them."""

        async def all_are() -> bool:
            return all(self.present[firm] for firm in firms)

        await eventually(all_are)

    async def had_turns(self, firm: UUID, times: int) -> None:
        """Wait until it has been followed so often."""

        async def has() -> bool:
            return self.times[firm] >= times

        await eventually(has)


@asynccontextmanager
async def worker(valkey: Valkey, firms: Firms) -> AsyncIterator[Spread]:
    spread = Spread(firms.go_on_in)
    async with (
        Docket("spread", valkey.url) as docket,
        Worker(docket, name=str(new_id()), concurrency=16, reconnection_delay=timedelta(seconds=0.1)) as worker,
    ):
        spread.offer(docket)
        tasks = [asyncio.create_task(worker.run_forever()), asyncio.create_task(spread.keep_telling())]
        try:
            yield spread
        finally:
            firms.may_go_on.set()
            await cancel_all(tasks)


async def test_of_all_workers_one_follows_a_firm(valkey: Valkey) -> None:
    firms, ids, last = Firms(), [new_id() for _ in range(20)], new_id()
    async with worker(valkey, firms) as one, worker(valkey, firms) as other:
        for _ in range(2):
            for firm in ids:
                one.heard(firm)
                other.heard(firm)
            await firms.in_hand(*ids)
        # When this one is in hand, each has told of all those before it.
        one.heard(last)
        other.heard(last)
        await firms.in_hand(last)
        assert firms.most == dict.fromkeys([*ids, last], 1)
        firms.may_go_on.set()
        for firm in ids:
            await firms.had_turns(firm, 1)


async def test_who_rings_while_a_firm_is_followed_is_not_forgotten(valkey: Valkey) -> None:
    firms, firm = Firms(), new_id()
    async with worker(valkey, firms) as spread:
        spread.heard(firm)
        await firms.in_hand(firm)
        spread.heard(firm)
        firms.may_go_on.set()
        await firms.had_turns(firm, 2)
        # Nor in the moment in which its task has ended and is still known on Redis.
        loop = asyncio.get_running_loop()
        firms.at_the_end = lambda: loop.call_soon(loop.call_soon, spread.heard, firm)
        spread.heard(firm)
        await firms.had_turns(firm, 100)
        firms.at_the_end = lambda: None


async def test_a_firm_is_followed_to_its_end_and_does_not_keep_others_waiting(valkey: Valkey) -> None:
    firms, firm, failing = Firms(), new_id(), new_id()
    firms.may_go_on.set()
    firms.more[firm] = 3 * TURNS + 1
    async with worker(valkey, firms) as spread:
        spread.heard(firm)
        await firms.had_turns(firm, 3 * TURNS + 1)
        firms.more[failing] = "not a number"  # type: ignore[assignment]
        spread.heard(failing)
        await firms.had_turns(failing, 1)
        firms.more[failing] = 0
        assert await spread.hand_over(failing)
        await firms.had_turns(failing, 2)


async def test_without_redis_a_firm_is_not_handed_over(valkey: Valkey) -> None:
    firms, firm = Firms(), new_id()
    firms.may_go_on.set()
    async with worker(valkey, firms) as spread:
        assert await spread.hand_over(firm)
        await firms.had_turns(firm, 1)
        await valkey.kill()
        assert not await spread.hand_over(firm)
        await valkey.start()
        # Not before Redis has been heard: to ask one that swallows everything takes its time.
        assert not await spread.hand_over(firm)
        spread.heard(firm)
        await firms.had_turns(firm, 2)
        assert await spread.hand_over(firm)
