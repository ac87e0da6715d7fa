"""One operation of a websocket, from `subscribe` to whichever `complete` or `error` ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from transport import frames
from transport.engine import Engine, Prepared, Refused, Session
from transport.errors import internal, timed_out
from transport.outbox import Outbox


class Operation:
    """A task that executes and sends, until it is through or stopped.

    After `stop` nothing of it is sent any more, not even what is queued, and its id is free.
    """

    __slots__ = ("_deadline", "_engine", "_outbox", "_prepared", "_session", "_task", "id", "stopped")

    def __init__(
        self, id: str, prepared: Prepared, session: Session, engine: Engine, outbox: Outbox, deadline: float
    ) -> None:
        self.id = id
        self.stopped = False
        self._prepared = prepared
        self._session = session
        self._engine = engine
        self._outbox = outbox
        self._deadline = deadline
        self._task: asyncio.Task[None] | None = None

    @property
    def streams(self) -> bool:
        """Whether it goes on until somebody ends it."""
        return self._prepared.kind == "subscription"

    def start(self, when_done: Callable[[asyncio.Task[None]], None]) -> asyncio.Task[None]:
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(when_done)
        return self._task

    def stop(self) -> None:
        self.stopped = True
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            await (self._stream() if self.streams else self._single())
            last = frames.complete(self.id)
        except Refused as refusal:
            last = frames.error(self.id, refusal.errors)
        except TimeoutError:
            last = frames.error(self.id, [timed_out(self._deadline)])
        except Exception as fault:
            last = frames.error(self.id, [internal(fault, "websocket")])
        if not self.stopped:
            self._outbox.put(last, self)

    async def _stream(self) -> None:
        """Send each result, and ask for the next when there is room; the engine joins what piles up."""
        prefix = frames.next_prefix(self.id)
        async with aclosing(self._engine.subscribe(self._prepared, self._session)) as results:
            async for body in results:
                await self._outbox.deliver(frames.next_frame(prefix, body), self)

    async def _single(self) -> None:
        """ "Server dispatches the result with the `Next` message", then `Complete`."""
        async with asyncio.timeout(self._deadline):
            body = await self._engine.execute(self._prepared, self._session)
        await self._outbox.deliver(frames.next_frame(frames.next_prefix(self.id), body), self)
