"""Whose turn is next, where only one thing can be done at a time, and nobody is to wait for long."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import ceil

from models.caller import OURSELVES, Caller
from models.errors import LimitReached
from models.reasons import Reason

#: In seconds: whoever has not had their turn by then is refused.
LONGEST_WAIT = 1.0
#: So many may wait in any case, however slow the machine is just now.
FEWEST_PLACES = 4
# How much the latest turn counts in the average.
_WEIGHT = 0.2


@dataclass(eq=False, slots=True)
class _Place:
    """Somebody who waits. The future is done when it is their turn, or when they are refused."""

    caller: Caller
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def wanted(self) -> bool:
        return not self.turn.done() and not self.caller.has_left()


class Turns:
    """Gives one turn at a time, to one network after the other.

    There are as many places as can be served within the longest wait, in seconds, as turns have lasted lately, or as is
    guessed before the first. When all are taken, a network with fewer of them than another gets one of the other's.
    Whoever leaves loses theirs, and whoever is refused is told what is too much just now: after the longest wait, or
    after their `patience` where that is shorter, of which goes what they have waited for other turns. More have places
    then than are served: to be refused at once would only have them ask again at once.

    After a turn nobody has one for `rest` times as long as it lasted: the event loop, which it may have kept from all
    else, then belongs to the others.
    """

    def __init__(
        self,
        told: str,
        *,
        longest_wait: float = LONGEST_WAIT,
        patience: float | None = None,
        rest: float = 0.0,
        first_guess: float = 0.15,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.refused = self.taken = 0
        self._told = told
        self._longest_wait = longest_wait
        self._patience = longest_wait if patience is None else patience
        self._rest = rest
        self._clock = clock
        self._lasts = first_guess
        self._busy = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: OrderedDict[str, deque[_Place]] = OrderedDict()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(map(len, self._waiting.values()))

    @property
    def places(self) -> int:
        """How many may wait."""
        return max(FEWEST_PLACES, int(self._longest_wait / self._lasts))

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """The caller's turn. `LimitReached` when there is no place, when it does not come in time, or when the caller
        has left before it."""
        self._settle_in()
        if self._busy:
            await self._wait(caller)
        elif caller.has_left():
            raise _gone()
        self._busy = True
        begun = self._clock()
        try:
            yield
        finally:
            self.taken += 1
            lasted = self._clock() - begun
            self._lasts += _WEIGHT * (lasted * (1 + self._rest) - self._lasts)
            if self._rest:
                asyncio.get_running_loop().call_later(lasted * self._rest, self._next)
            else:
                self._next()

    async def _wait(self, caller: Caller) -> None:
        place = self._take_place(caller)
        timer = None
        if caller is not OURSELVES:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(max(0.0, self._patience - caller.waited), self._refuse, place)
        try:
            await place.turn
        except asyncio.CancelledError:
            if place.turn.done() and not place.turn.cancelled() and place.turn.exception() is None:
                self._next()  # It was their turn already.
            raise
        finally:
            self._give_up(place)
            if timer is not None:
                timer.cancel()

    def _take_place(self, caller: Caller) -> _Place:
        place = _Place(caller)
        if caller is not OURSELVES:
            self._make_room(caller.network)
        self._waiting.setdefault(caller.network, deque()).append(place)
        return place

    def _make_room(self, network: str) -> None:
        """`LimitReached` when all places are taken, and by no network that has more of them than this one would."""
        self._drop_who_left()
        bounded = {name: places for name, places in self._waiting.items() if name != OURSELVES.network}
        if sum(map(len, bounded.values())) < self.places:
            return
        greediest = max(bounded.values(), key=len)
        if len(greediest) <= len(bounded.get(network, ())) + 1:
            self.refused += 1
            raise self._busy_now()
        # The newest: who came first has waited longest.
        self._refuse(greediest[-1])

    def _drop_who_left(self) -> None:
        for places in [*self._waiting.values()]:
            for place in [place for place in places if place.caller.has_left()]:
                self._give_up(place)
                if not place.turn.done():
                    place.turn.set_exception(_gone())

    def _refuse(self, place: _Place) -> None:
        self._give_up(place)
        if not place.turn.done():
            self.refused += 1
            place.turn.set_exception(self._busy_now())

    def _give_up(self, place: _Place) -> None:
        places = self._waiting.get(place.caller.network)
        if places is not None and place in places:
            places.remove(place)
            if not places:
                del self._waiting[place.caller.network]

    def _next(self) -> None:
        """Give the turn to the network that has waited longest for one."""
        self._busy = False
        self._drop_who_left()
        while self._waiting:
            network, places = next(iter(self._waiting.items()))
            place = places.popleft()
            del self._waiting[network]
            if places:
                self._waiting[network] = places  # after all others
            if place.wanted:
                self._busy = True
                place.turn.set_result(None)
                return

    def _busy_now(self) -> LimitReached:
        seconds = max(1, ceil(self.waiting * self._lasts))
        return LimitReached(
            f"{self._told} Try again in {seconds} second{'s' if seconds > 1 else ''}.",
            reason=Reason.TOO_OFTEN,
            retry_after=seconds,
        )

    def _settle_in(self) -> None:
        """Nobody waits on a loop that is no more."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._busy = loop, False
            self._waiting.clear()


def _gone() -> LimitReached:
    return LimitReached("Nobody waits for this any more.", reason=Reason.BUSY)
