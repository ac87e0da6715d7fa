"""Work that several ask for at the same time, done once for all of them (a "single flight")."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Flight(Generic[T]):
    """Work that was begun, and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0

    @property
    def went_well(self) -> bool:
        """Whether there is a result."""
        return self.task.done() and not self.task.cancelled() and self.task.exception() is None


class SingleFlight(Generic[K, T]):
    """Work by key. Whoever asks while it is under way is given its result, or what it raises.

    It is a task of its own: whoever is cancelled while they wait takes nobody's result along. Work that nobody waits
    for any more goes on to its end; or it is cancelled, where such work is `abandoned`.

    What went well is given for `kept_for` seconds more, as long as it is among the `most` latest. What failed is never
    given to whoever comes later.
    """

    def __init__(self, name: str, *, abandoned: bool = False, kept_for: float = 0.0, most: int = 50) -> None:
        self._name = name
        self._abandoned = abandoned
        self._kept_for = kept_for
        self._most = most
        self._flights: dict[K, _Flight[T]] = {}

    def __contains__(self, key: K) -> bool:
        return key in self._flights

    def __iter__(self) -> Iterator[K]:
        """The keys of what may be joined, in the order in which it was begun."""
        return (key for key, flight in self._flights.items() if not self._is_over(flight))

    @property
    def tasks(self) -> list[asyncio.Task[T]]:
        """What is under way."""
        return [flight.task for flight in self._flights.values() if not flight.task.done()]

    async def get(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """The result of the work that is under way, or else of this."""
        flight = self._flights.get(key)
        if flight is None or self._is_over(flight):
            flight = self._begin(key, work)
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if self._abandoned and not flight.waiting and not flight.task.done():
                # Whoever comes from now on must not join it.
                self._remove(key, flight)
                flight.task.cancel()

    def forget(self, key: K) -> None:
        """Whoever comes from now on has the work done anew."""
        self._flights.pop(key, None)

    def _begin(self, key: K, work: Callable[[], Awaitable[T]]) -> _Flight[T]:
        async def through() -> T:
            return await work()

        flight = self._flights[key] = _Flight(asyncio.create_task(through(), name=self._name))
        flight.task.add_done_callback(lambda _task: self._end(key, flight))
        return flight

    def _end(self, key: K, flight: _Flight[T]) -> None:
        # That it is asked how it went matters: whoever waited may be gone, and then nobody else asks.
        if not (flight.went_well and self._kept_for):
            self._remove(key, flight)
            return
        asyncio.get_running_loop().call_later(self._kept_for, self._remove, key, flight)
        kept = [each for each, flight in self._flights.items() if flight.task.done()]
        for oldest in kept[: -self._most]:
            del self._flights[oldest]

    def _is_over(self, flight: _Flight[T]) -> bool:
        """Whether it is too late to join it."""
        return flight.task.done() and not (flight.went_well and self._kept_for)

    def _remove(self, key: K, flight: _Flight[T]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
