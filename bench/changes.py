"""Where changes come from: commits of a firm, made in this process, or messages for the controls that say the same."""

import itertools
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from redis.asyncio import Redis

from bench.firms import BenchFirm
from bench.house import House
from bench.moves import Move
from bench.redis_feed import channel_of
from models.commands.moves import move_job
from models.database import sql
from models.log import Committed, on_commit
from subscriptions.bell import Bell

_PLACE = re.compile(r'"revision":"\d+","previous":(?:"\d+"|null)')


class Changes(Protocol):
    """A source of changes. The revisions rise by one."""

    async def head(self) -> int:
        """The last revision."""

    async def make(self, number: int) -> dict[int, float]:
        """So many changes, back to back: when each revision was there to be told of."""


class Commits:
    """Moves of one firm's cards: what a worker or another server would commit."""

    def __init__(self, firm: BenchFirm) -> None:
        self.firm = firm
        self._numbers = itertools.count()

    async def head(self) -> int:
        rows = await sql("SELECT revision FROM firm WHERE id = $1", self.firm.id)
        return int(rows[0]["revision"])

    def next(self) -> Move:
        """Another card to another stage than before."""
        number = next(self._numbers)
        jobs, stages = self.firm.jobs, self.firm.stages
        place = number + number // len(jobs) + 1
        return Move(self.firm, jobs[number % len(jobs)].id, stages[place % len(stages)].id)

    async def make(self, number: int) -> dict[int, float]:
        """The clock starts right after each commit."""
        moments: dict[int, float] = {}

        def note(committed: Committed) -> None:
            moments[committed.revision] = time.perf_counter()

        silence = on_commit(note)
        try:
            for _ in range(number):
                move = self.next()
                await move_job(self.firm.actor, job_id=move.job, stage_id=move.stage)
        finally:
            silence()
        return moments


class Messages:
    """The same text again and again, under other revisions: for servers that only pass on."""

    def __init__(self, redis: Redis, kind: str, text: str) -> None:
        self._redis, self._channel, self._text = redis, channel_of(kind), text
        # With as many digits as the text's own.
        self._head = int("1" + "0" * (len(re.findall(r'"revision":"(\d+)"', text)[0]) - 1))

    async def head(self) -> int:
        return self._head

    async def make(self, number: int) -> dict[int, float]:
        """The clock starts right before each is published."""
        moments: dict[int, float] = {}
        for _ in range(number):
            place = f'"revision":"{self._head + 1}","previous":"{self._head}"'
            text = _PLACE.sub(place, self._text, count=1)
            self._head += 1
            moments[self._head] = time.perf_counter()
            await self._redis.publish(self._channel, text)
        return moments


@asynccontextmanager
async def ringing(house: House) -> AsyncIterator[None]:
    """What this process commits, it rings for, as every process of the product does."""
    bell = Bell(house.redis_url)
    await bell.start_ringing()
    silence = on_commit(bell.ring)
    try:
        yield
    finally:
        silence()
        await bell.stop()
