"""One operation, from the request to whatever ends it. Those of a websocket and of an event stream differ in where
their results go."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

from transport.engine import Engine, Prepared, Refused, Session, Subscription
from transport.errors import GraphQLErrors, internal, timed_out


class Operation(ABC):
    """Is executed or served, and is itself the Sink of what comes of it.

    There is a task only until a query or mutation is answered, or a subscription has begun. After that results are
    pushed: a subscription that waits holds no task.
    """

    __slots__ = ("_owes_resume", "_subscription", "_task", "ended", "stopped", "streams")

    def __init__(self, *, streams: bool) -> None:
        #: Whether it goes on until somebody ends it.
        self.streams = streams
        self.ended = False
        self.stopped = False
        self._owes_resume = False
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    @abstractmethod
    def ready(self) -> bool:
        """As `Sink.ready`. Whoever says no sets `_owes_resume`."""

    @abstractmethod
    def send(self, body: bytes) -> None:
        """As `Sink.send`."""

    @abstractmethod
    def end(self, errors: GraphQLErrors | None = None) -> None:
        """As `Sink.end`."""

    def start(self, engine: Engine, prepared: Prepared, session: Session, deadline: float) -> asyncio.Task[None]:
        """Begin. The deadline is for the answer to a query or a mutation."""
        self._task = asyncio.get_running_loop().create_task(self._run(engine, prepared, session, deadline))
        return self._task

    def stop(self) -> None:
        """Nobody wants it any more: nothing of it is sent after this."""
        self.stopped = True
        if self._task is not None:
            self._task.cancel()
        self._let_go()

    def pay_resume(self) -> None:
        """Tell the subscription that there is room again, if it was told that there is none."""
        if self._owes_resume and self._subscription is not None and self.ready:
            self._owes_resume = False
            try:
                self._subscription.resume()
            except Exception as fault:  # is this operation's, not that of the writer who found the room
                self._let_go()
                self.end([internal(fault, "resume")])

    async def _run(self, engine: Engine, prepared: Prepared, session: Session, deadline: float) -> None:
        try:
            if self.streams:
                self._subscription = await engine.subscribe(prepared, session, self)
            else:
                async with asyncio.timeout(deadline):
                    body = await engine.execute(prepared, session)
                self.send(body)
                self.end()
        except Refused as refusal:
            self.end(refusal.errors)
        except TimeoutError:
            self.end([timed_out(deadline)])
        except Exception as fault:
            self.end([internal(fault, "operation")])
        finally:
            self._task = None
        if self.stopped:  # while it began, and the engine did not notice
            self._let_go()
        elif self.ended:
            self._subscription = None
        else:
            self.pay_resume()

    def _let_go(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            try:
                subscription.stop()
            except Exception as fault:  # nobody is left to be told, and others are still to be stopped
                internal(fault, "stop")
