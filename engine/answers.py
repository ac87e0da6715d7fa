"""Answers that are given again: to whoever asks the same, may see the same, and comes before the next change."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

#: The most bytes that are kept, and how large a single answer may be to be kept.
MOST_BYTES = 64 * 1024 * 1024
LARGEST = 4 * 1024 * 1024
#: What keeping an answer takes beside its bytes and its question. An estimate.
_OVERHEAD = 2_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What an answer is as of, at least: a revision of a log, and a day of the firm."""

    epoch: UUID
    revision: int
    today: date

    def covers(self, other: Moment) -> bool:
        """Whether what is as of this moment is good for somebody who asks at the other."""
        return self.epoch == other.epoch and self.today == other.today and self.revision >= other.revision


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of an answer. One that is not repeatable went wrong in a way that another one would not."""

    body: bytes
    repeatable: bool


@dataclass(slots=True)
class _Making:
    moment: Moment
    size: int
    task: asyncio.Task[Answer]
    waiting: int = 0


class Answers:
    """Keeps the latest answer to each question, and makes it once for all who ask meanwhile.

    A question is what has to be the same for the same answer: document, operation, variables, scope. Whoever asks has
    read the firm's present revision, which is the `moment`: an answer that is older is never given.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self.bytes = 0
        self.hits = self.joined = self.made = 0
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Moment, bytes, int]] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(
        self, question: Hashable, moment: Moment, make: Callable[[], Awaitable[Answer]], *, size: int = 0
    ) -> bytes:
        """The answer as of this moment or later. `size` is how many bytes the question itself takes."""
        kept = self._kept.get(question)
        if kept is not None and kept[0].covers(moment):
            self.hits += 1
            self._kept.move_to_end(question)
            return kept[1]
        making = self._making.get(question)
        if making is not None and making.moment.covers(moment):
            self.joined += 1
        else:
            making = self._make(question, moment, make, size)
        return await self._wait(question, making)

    def _make(self, question: Hashable, moment: Moment, make: Callable[[], Awaitable[Answer]], size: int) -> _Making:
        async def through() -> Answer:
            return await make()

        self.made += 1
        making = _Making(moment, size, asyncio.create_task(through(), name="answer"))
        # Of two that are being made, those who come join the later one.
        self._making[question] = making
        making.task.add_done_callback(lambda _task: self._made(question, making))
        return making

    async def _wait(self, question: Hashable, making: _Making) -> bytes:
        making.waiting += 1
        try:
            return (await asyncio.shield(making.task)).body
        finally:
            making.waiting -= 1
            if not making.waiting and not making.task.done():
                # Whoever comes from now on must not join it.
                self._part(question, making)
                making.task.cancel()

    def _made(self, question: Hashable, making: _Making) -> None:
        self._part(question, making)
        if making.task.cancelled() or making.task.exception() is not None:
            return
        answer = making.task.result()
        if answer.repeatable and len(answer.body) <= LARGEST:
            weight = len(answer.body) + making.size + _OVERHEAD
            self._keep(question, (making.moment, answer.body, weight))

    def _part(self, question: Hashable, making: _Making) -> None:
        if self._making.get(question) is making:
            del self._making[question]

    def _keep(self, question: Hashable, answer: tuple[Moment, bytes, int]) -> None:
        kept = self._kept.pop(question, None)
        if kept is not None:
            self.bytes -= kept[2]
            if kept[0].covers(answer[0]):
                answer = kept
        self._kept[question] = answer
        self.bytes += answer[2]
        while self.bytes > self._most_bytes:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= dropped[2]
