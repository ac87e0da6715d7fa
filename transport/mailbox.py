"""One operation of an event stream."""

from __future__ import annotations

import asyncio
from collections import deque

from transport.errors import GraphQLErrors, response
from transport.operation import Operation


class Mailbox(Operation):
    """Keeps each result until the stream has written it. There is room for one: the engine joins what piles up."""

    __slots__ = ("_arrival", "_bodies")

    def __init__(self, *, streams: bool) -> None:
        super().__init__(streams=streams)
        self._bodies: deque[bytes] = deque()
        self._arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def ready(self) -> bool:
        self._owes_resume = self._owes_resume or bool(self._bodies)
        return not self._bodies

    def send(self, body: bytes) -> None:
        if self.stopped or self.ended:
            return
        self._bodies.append(body)
        self._owes_resume = True
        self._notify()

    def end(self, errors: GraphQLErrors | None = None) -> None:
        if self.stopped or self.ended:
            return
        if errors is not None:
            self._bodies.append(response(errors))
        self.ended = True
        self._subscription = None
        self._notify()

    @property
    def first(self) -> bytes | None:
        """The result to write now."""
        return self._bodies[0] if self._bodies else None

    def written(self) -> None:
        """The first result is on its way to the client."""
        self._bodies.popleft()
        self.pay_resume()

    def arrival(self) -> asyncio.Future[None]:
        """Done as soon as there is a result, or there will be none any more."""
        if self._arrival.done() and not self._bodies and not self.ended:
            self._arrival = asyncio.get_running_loop().create_future()
        return self._arrival

    def _notify(self) -> None:
        if not self._arrival.done():
            self._arrival.set_result(None)
