"""The subscriptions of the small engine: each pushes into its sink in a way of its own."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from transport.engine import Refused, Sink


class Owner(Protocol):
    """What they use of the engine."""

    topics: Any
    executing: Any
    cancelled: Any
    live: Any
    sent: Any
    resumed: Any
    faults: list[str]

    def render(self, prepared: Any, value: Any) -> bytes: ...


class Served:
    """A `transport.engine.Subscription` that keeps to the rules, and notices when the other side does not."""

    def __init__(self, engine: Owner, member: str, prepared: Any, sink: Sink) -> None:
        self.engine = engine
        self.member = member
        self.prepared = prepared
        self.sink = sink
        self.over = False

    async def begin(self, *_: Any, **arguments: Any) -> None:
        """Before `subscribe` returns."""

    def resume(self) -> None:
        if self.over or not self.sink.ready:
            self.engine.faults.append(f"{type(self).__name__} is resumed for no reason")
        self.engine.resumed[self.member] += 1

    def stop(self) -> None:
        if not self.over:
            self.over = True
            self.engine.live[self.member] -= 1

    def send(self, value: Any) -> None:
        self.engine.sent[self.member] += 1
        self.sink.send(self.engine.render(self.prepared, value))

    def end(self, errors: list[dict[str, Any]] | None = None) -> None:
        self.stop()
        self.sink.end(errors)
        self.sink.send(b"never")


class Count(Served):
    """The first number before `subscribe` returns, the others after it, each in a turn of the loop."""

    async def begin(self, to: int) -> None:
        self._to, self._next = to, 1
        self._go_on()

    def _go_on(self) -> None:
        if self._next > self._to and not self.over:
            self.end()
        if not self.over:
            self.send(self._next)
            self._next += 1
            asyncio.get_running_loop().call_soon(self._go_on)


class Ticks(Served):
    """What is published; of what comes while there is no room, the last."""

    async def begin(self, topic: str) -> None:
        self._topic = topic
        self.missed: str | None = None
        self.engine.topics[topic].add(self)

    def publish(self, text: str) -> None:
        if self.sink.ready:
            self.send(text)
        else:
            self.missed = text

    def resume(self) -> None:
        super().resume()
        if self.missed is not None:
            missed, self.missed = self.missed, None
            self.send(missed)

    def stop(self) -> None:
        super().stop()
        self.engine.topics[self._topic].discard(self)


class Flood(Served):
    """As much as there is room for."""

    async def begin(self, size: int) -> None:
        self._text = "x" * size
        self._flow()

    def resume(self) -> None:
        super().resume()
        self._flow()

    def _flow(self) -> None:
        if not self.over and self.sink.ready:
            self.send(self._text)
            asyncio.get_running_loop().call_soon(self._flow)


class Fails(Served):
    async def begin(self) -> None:
        self.send(1)
        raise RuntimeError("secret-literal")


class Refuses(Served):
    async def begin(self) -> None:
        raise Refused([{"message": "Not this one."}])


class Begins(Served):
    """Takes its time to begin."""

    async def begin(self, key: str) -> None:
        self.engine.executing[key] += 1
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.engine.cancelled[key] += 1
            raise


class Stubborn(Served):
    """Begins although it is cancelled meanwhile, and sends."""

    async def begin(self, key: str) -> None:
        self.engine.executing[key] += 1
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            self.engine.cancelled[key] += 1
            self.send(1)


class Faulty(Flood):
    """Breaks the rule that neither method raises."""

    def resume(self) -> None:
        super().resume()
        raise RuntimeError("secret-literal")

    def stop(self) -> None:
        super().stop()
        raise RuntimeError("secret-literal")


SERVED: dict[str, type[Served]] = {
    "count": Count,
    "ticks": Ticks,
    "flood": Flood,
    "fails": Fails,
    "refused": Refuses,
    "begins": Begins,
    "stubborn": Stubborn,
    "faulty": Faulty,
}
