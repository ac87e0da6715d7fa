"""Answers that are given again: to whoever asks the same, may see the same, and comes before the next change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import date
from functools import partial

from common.single_flight import SingleFlight
from models.position import Position

#: The most bytes that are kept, and how large a single answer may be to be kept.
MOST_BYTES = 64 * 1024 * 1024
LARGEST = 4 * 1024 * 1024
#: What keeping an answer takes beside its bytes and its question. An estimate.
_OVERHEAD = 2_000


@dataclass(frozen=True, slots=True)
class Moment:
    """What an answer is as of, at least: a position of the log, and a day of the firm; None for any day."""

    position: Position
    today: date | None

    def covers(self, other: Moment) -> bool:
        """Whether what is as of this moment is good for somebody who asks at the other."""
        return self.today in (None, other.today) and self.position.reaches(other.position)


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes of an answer. One that is not repeatable went wrong in a way that another one would not."""

    body: bytes
    repeatable: bool
    #: The day of the firm that it is of; None for any.
    day: date | None = None
    #: Whether it is of the moment at which it was made: nobody is given it who asked after that.
    momentary: bool = False


class Answers:
    """Keeps the latest answer to each question, and makes it once for all who ask meanwhile.

    A question is what has to be the same for the same answer: document, operation, variables, scope. Whoever asks has
    read the firm's present revision and day, which are the `moment`: an answer that is older is never given. What an
    answer has to do with time is known when it has been made.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES) -> None:
        self.bytes = 0
        self.hits = self.joined = self.made = 0
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Moment, bytes, int]] = OrderedDict()
        #: Of each question that is being answered, as of when at the latest.
        self._latest: dict[Hashable, Moment] = {}
        self._flights = SingleFlight[tuple[Hashable, Moment], Answer]("answer", abandoned=True)

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
        latest = self._latest.get(question)
        if latest is None or not latest.covers(moment):
            # Of two that are being made, those who come join the later one.
            latest = self._latest[question] = moment
        flight = question, latest
        joins = flight in self._flights
        if joins:
            self.joined += 1
        else:
            self.made += 1
        try:
            answer = await self._flights.get(flight, partial(self._make, flight, make, size))
        finally:
            if flight not in self._flights and self._latest.get(question) is latest:
                del self._latest[question]
        if joins and answer.momentary:
            self.made += 1
            answer = await make()
        return answer.body

    async def _make(self, flight: tuple[Hashable, Moment], make: Callable[[], Awaitable[Answer]], size: int) -> Answer:
        (question, moment), answer = flight, await make()
        if answer.repeatable and not answer.momentary and len(answer.body) <= LARGEST:
            as_of = Moment(moment.position, answer.day)
            self._keep(question, (as_of, answer.body, len(answer.body) + size + _OVERHEAD))
        return answer

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
