"""One operation of a websocket, from `subscribe` to whichever `complete` or `error` ends it."""

from __future__ import annotations

from typing import Protocol

from transport import frames
from transport.errors import GraphQLErrors
from transport.operation import Operation
from transport.outbox import Outbox


class Host(Protocol):
    """The socket that an operation belongs to."""

    def finished(self, operation: SocketOperation) -> None:
        """Called once, when the operation has ended by itself: its id is free."""


class SocketOperation(Operation):
    """Sends its results through the socket's outbox.

    It has room while none of its frames waits there and the outbox is within its bound, so an engine that heeds
    `ready` has at most one frame of each operation in the queue.
    """

    __slots__ = ("_host", "_outbox", "_prefix", "_waiting", "id")

    def __init__(self, id: str, host: Host, outbox: Outbox, *, streams: bool) -> None:
        super().__init__(streams=streams)
        self.id = id
        self._host = host
        self._outbox = outbox
        self._prefix = frames.next_prefix(id)
        self._waiting = 0

    @property
    def ready(self) -> bool:
        if self._waiting or self._outbox.full:
            self._owes_resume = True
            return False
        return True

    def send(self, body: bytes) -> None:
        if self.stopped or self.ended:
            return
        if not self._outbox.deliver(self._prefix, body, frames.NEXT_SUFFIX, self):
            self._waiting += 1
            self._owes_resume = True

    def end(self, errors: GraphQLErrors | None = None) -> None:
        """ "Server dispatches the result with the `Next` message", then `Complete`; or `Error`."""
        if self.stopped or self.ended:
            return
        self.ended = True
        self._subscription = None
        self._outbox.put(frames.complete(self.id) if errors is None else frames.error(self.id, errors))
        self._host.finished(self)

    def sent(self) -> None:
        """One of its frames that waited has left."""
        self._waiting -= 1
        self.pay_resume()
