"""One websocket that speaks graphql-transport-ws, after its handshake.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from starlette.types import Message, Receive, Send

from transport import frames
from transport.bearer import token_of
from transport.codes import Close
from transport.engine import Ended, Engine, NotSignedIn, Prepared, Refused, Session
from transport.errors import error, internal
from transport.messages import (
    Complete,
    ConnectionInit,
    Ping,
    Subscribe,
    Violation,
    invalid,
    read_message,
)
from transport.operation import Operation
from transport.options import TransportOptions
from transport.outbox import Outbox
from transport.rate import TokenBucket
from transport.traffic import Traffic


class Socket:
    """Reads in the task that the server gave it; writes through its outbox; one task per operation."""

    __slots__ = (
        "_abort",
        "_closing",
        "_engine",
        "_expiry",
        "_greeting",
        "_header_token",
        "_init_seen",
        "_loop",
        "_operations",
        "_options",
        "_outbox",
        "_rate",
        "_retiring",
        "_session",
        "_tasks",
        "_traffic",
        "_unregister",
    )

    def __init__(
        self,
        engine: Engine,
        options: TransportOptions,
        traffic: Traffic,
        send: Send,
        abort: Callable[[], None],
        header_token: str | None,
    ) -> None:
        self._engine = engine
        self._options = options
        self._traffic = traffic
        self._abort = abort
        self._header_token = header_token
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(send, options.queue_bound, traffic.watchdog, traffic.counters, self._stalled)
        self._rate = TokenBucket(options.message_rate, options.message_burst, self._loop.time())
        self._session: Session | None = None
        self._init_seen = False
        self._closing = False
        self._retiring: tuple[int, str] | None = None
        self._operations: dict[str, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._greeting: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._unregister: Callable[[], None] | None = None

    async def run(self, receive: Receive) -> None:
        """Serve the socket until it is closed, by whichever side."""
        self._greeting = self._loop.call_later(
            self._options.init_timeout, self.close, Close.INIT_TIMEOUT, "Connection initialisation timeout"
        )
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if not self._closing:
                    await self._take(message)
        finally:
            await self._clean_up()

    def close(self, code: int, reason: str, *, drop: bool = False) -> None:
        """Stop every operation and close, now. Should the close handshake stall, the connection is cut."""
        if self._closing:
            return
        self._closing = True
        self._stop_all()
        self._outbox.say_goodbye(code, reason, drop=drop)
        self._loop.call_later(self._options.close_timeout, self._abort)

    def retire(self, code: int, reason: str) -> None:
        """Close when no query or mutation is being answered any more; subscriptions do not hold it up."""
        self._retiring = (code, reason)
        if all(operation.streams for operation in self._operations.values()):
            self.close(code, reason)

    async def _take(self, message: Message) -> None:
        self._traffic.counters.messages_received += 1
        try:
            await self._handle(self._text_of(message))
        except Violation as violation:
            self.close(violation.code, violation.reason)
        except Exception as fault:
            self.close(Close.FAULT, str(internal(fault, "websocket")["message"]))
        await self._outbox.room()

    def _text_of(self, message: Message) -> str:
        text = message.get("text")
        if not self._rate.take(self._loop.time()):
            raise Violation(Close.POLICY, "Too many messages")
        size = len(text if text is not None else message["bytes"])
        if size > self._options.message_limit:
            raise Violation(Close.TOO_BIG, f"A message is larger than {self._options.message_limit} bytes")
        if text is None:
            raise invalid("Messages are text, not binary")
        return str(text)

    async def _handle(self, text: str) -> None:
        match read_message(text):
            case Subscribe() as message:
                self._subscribe(message)
            case Complete(id):
                self._complete(id)
            case Ping(payload):
                self._outbox.put(frames.pong(payload))
            case ConnectionInit() as message:
                await self._greet(message)

    async def _greet(self, message: ConnectionInit) -> None:
        """Sign in and acknowledge. Messages that follow wait their turn, so none overtakes the sign-in."""
        if self._init_seen:
            raise Violation(Close.TOO_MANY_INITS, "Too many initialisation requests")
        self._init_seen = True
        if self._greeting is not None:
            self._greeting.cancel()
        session = await self._sign_in(message)
        if self._closing:
            return
        if not self._traffic.take_seat(session.member_key):
            raise Violation(Close.TRY_AGAIN, "Too many sockets of this member")
        self._session = session
        self._unregister = self._engine.on_end(session, self._end)
        if session.expires_at is not None:
            remaining = max(session.expires_at - time.time(), 0.0)
            self._expiry = self._loop.call_later(remaining, self.close, Close.FORBIDDEN, "Token expired")
        self._outbox.put(frames.ACK)

    async def _sign_in(self, message: ConnectionInit) -> Session:
        """ "Sign-in refused" is 4403. A fault of ours must not end clients for good: they try again."""
        try:
            token = self._token(message)
            if token is None and not self._options.anonymous_sockets:
                raise NotSignedIn("Sign in first: connection_init needs an 'authorization'.")
            async with asyncio.timeout(self._options.deadline):
                return await self._engine.sign_in(token)
        except NotSignedIn as refusal:
            raise Violation(Close.FORBIDDEN, refusal.message) from None
        except TimeoutError:
            raise Violation(Close.TRY_AGAIN, "Signing in took too long") from None
        except Exception as fault:
            raise Violation(Close.TRY_AGAIN, str(internal(fault, "sign_in")["message"])) from None

    def _token(self, message: ConnectionInit) -> str | None:
        """From `connection_init`, or else from the handshake's header, which browsers cannot send."""
        for name, value in (message.payload or {}).items():
            if name.lower() == "authorization":
                return token_of(value)
        return self._header_token

    def _subscribe(self, message: Subscribe) -> None:
        """A wrong operation is an `error` for its id; a wrong id ends the socket."""
        session = self._session
        if session is None:
            raise Violation(Close.UNAUTHORIZED, "Unauthorized")
        if message.id in self._operations:
            raise Violation(Close.DUPLICATE, f"Subscriber for {message.id} already exists")
        try:
            prepared = self._prepare(message, session)
        except Refused as refusal:
            self._outbox.put(frames.error(message.id, refusal.errors))
        except Exception as fault:
            self._outbox.put(frames.error(message.id, [internal(fault, "prepare")]))
        else:
            self._start(message.id, prepared, session)

    def _prepare(self, message: Subscribe, session: Session) -> Prepared:
        limit = self._options.operations_per_socket
        if len(self._operations) >= limit:
            raise Refused([error(f"At most {limit} operations at once on a socket.", "LIMIT")])
        prepared = self._engine.prepare(message.request, session)
        if prepared.kind == "mutation" and not self._options.mutations_over_websocket:
            raise Refused([error("Send mutations over HTTP.", "MUTATION_OVER_WEBSOCKET")])
        return prepared

    def _start(self, id: str, prepared: Prepared, session: Session) -> None:
        operation = Operation(id, prepared, session, self._engine, self._outbox, self._options.deadline)
        self._operations[id] = operation
        self._traffic.counters.operations_open += 1
        self._traffic.counters.operations_total += 1
        self._tasks.add(operation.start(lambda task: self._finished(operation, task)))

    def _finished(self, operation: Operation, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._traffic.counters.operations_open -= 1
        if self._operations.get(operation.id) is operation:
            del self._operations[operation.id]
        if self._retiring is not None:
            self.retire(*self._retiring)

    def _complete(self, id: str) -> None:
        """An unknown id is one whose own `complete` or `error` crossed this message: nothing to do."""
        operation = self._operations.pop(id, None)
        if operation is not None:
            operation.stop()

    def _end(self, ended: Ended) -> None:
        self.close(ended.code, ended.reason)

    def _stalled(self) -> None:
        if self._closing:
            return
        self._traffic.counters.sockets_stalled += 1
        self.close(Close.TRY_AGAIN, "The reader is too slow", drop=True)

    def _stop_all(self) -> None:
        for operation in self._operations.values():
            operation.stop()
        self._operations.clear()

    async def _clean_up(self) -> None:
        self._closing = True
        for timer in (self._greeting, self._expiry):
            if timer is not None:
                timer.cancel()
        if self._unregister is not None:
            self._unregister()
        if self._session is not None:
            self._traffic.leave_seat(self._session.member_key)
        self._stop_all()
        self._outbox.shut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._options.close_timeout)
