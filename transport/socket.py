"""One websocket that speaks graphql-transport-ws, after its handshake.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
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
from transport.options import TransportOptions
from transport.outbox import Outbox
from transport.rate import TokenBucket
from transport.socket_operation import SocketOperation
from transport.traffic import Traffic
from transport.wire import Wire


class Socket:
    """Reads in the task that the server gave it, the only one that it has while it is idle; writes through its outbox.

    There are thousands of these, most of them idle: what is not needed then is None.
    """

    __slots__ = (
        "_address",
        "_closing",
        "_engine",
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
        "_wire",
    )

    def __init__(
        self,
        engine: Engine,
        options: TransportOptions,
        traffic: Traffic,
        send: Send,
        wire: Wire,
        header_token: str | None,
        address: str,
    ) -> None:
        self._engine = engine
        self._options = options
        self._traffic = traffic
        self._wire = wire
        self._header_token = header_token
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(send, wire, options.queue_bound, traffic.watchdog, traffic.counters, self)
        self._rate = TokenBucket(options.message_rate, options.message_burst, self._loop.time())
        self._session: Session | None = None
        self._init_seen = False
        self._closing = False
        self._retiring: tuple[int, str] | None = None
        self._operations: dict[str, SocketOperation] = {}
        self._tasks: set[asyncio.Task[None]] | None = None
        self._greeting: asyncio.TimerHandle | None = None
        self._unregister: Callable[[], None] | None = None

    async def run(self, receive: Receive) -> None:
        """Serve the socket until it is closed, by whichever side."""
        self._greeting = self._loop.call_later(
            self._options.init_timeout, self.close, Close.INIT_TIMEOUT, "Connection initialisation timeout"
        )
        self._enter()
        if not self._traffic.strangers.enter(self, self._address):
            self.give_way()
        try:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    break
                if not self._closing:
                    await self._take(message)
                del message  # or it is kept until the next one comes
        finally:
            await self._clean_up()
            self._leave()

    def close(self, code: int, reason: str, *, drop: bool = False) -> None:
        """Stop every operation and close, now. Should the close handshake stall, the connection is cut."""
        if self._closing:
            return
        self._closing = True
        self._stop_all()
        self._outbox.say_goodbye(code, reason, drop=drop)
        self._loop.call_later(self._options.close_timeout, self._wire.abort)

    def expire(self) -> None:
        self.close(Close.FORBIDDEN, "Token expired")

    def finished(self, operation: SocketOperation) -> None:
        """An operation has ended by itself."""
        del self._operations[operation.id]
        self._traffic.counters.operations_open -= 1
        if self._retiring is not None:
            self.retire(*self._retiring)

    def has_room(self) -> None:
        """The outbox is within its bound again."""
        for operation in list(self._operations.values()):
            operation.pay_resume()

    @property
    def busy(self) -> bool:
        """As `Stranger.busy`: it is being signed in."""
        return self._init_seen

    def give_way(self) -> None:
        """To somebody newer of the same address."""
        self.close(Close.TRY_AGAIN, "Too many sockets of your address that have not signed in")

    def stalled(self) -> None:
        """The peer does not read."""
        if self._closing:
            return
        self._traffic.counters.sockets_stalled += 1
        self.close(Close.TRY_AGAIN, "The reader is too slow", drop=True)

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
                await self._subscribe(message)
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
        self._greeted()
        session = await self._sign_in(message)
        if self._closing:
            return
        if not self._traffic.take_seat(session.member_key):
            raise Violation(Close.TRY_AGAIN, "Too many sockets of this member")
        self._session = session
        if session.member_key is not None:
            self._traffic.strangers.leave(self)
        self._unregister = self._engine.on_end(session, self._end)
        if session.expires_at is not None:
            self._traffic.expiries.watch(self, session.expires_at)
        self._outbox.put(frames.ACK)

    async def _sign_in(self, message: ConnectionInit) -> Session:
        """ "Sign-in refused" is 4403. A fault of ours must not end clients for good: they try again."""
        try:
            token = self._token(message)
            if token is None and not self._options.anonymous_sockets:
                raise NotSignedIn("Sign in first: connection_init needs an 'authorization'.")
            async with asyncio.timeout(self._options.deadline):
                return await self._engine.sign_in(token, self._address)
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

    async def _subscribe(self, message: Subscribe) -> None:
        """A wrong operation is an `error` for its id; a wrong id ends the socket."""
        session = self._session
        if session is None:
            raise Violation(Close.UNAUTHORIZED, "Unauthorized")
        if message.id in self._operations:
            raise Violation(Close.DUPLICATE, f"Subscriber for {message.id} already exists")
        try:
            prepared = await self._prepare(message, session)
        except Refused as refusal:
            self._outbox.put(frames.error(message.id, refusal.errors))
        except Exception as fault:
            self._outbox.put(frames.error(message.id, [internal(fault, "prepare")]))
        else:
            if not self._closing:
                self._start(message.id, prepared, session)

    async def _prepare(self, message: Subscribe, session: Session) -> Prepared:
        limit = self._options.operations_per_socket
        if len(self._operations) >= limit:
            raise Refused([error(f"At most {limit} operations at once on a socket.", "LIMIT")])
        prepared = await self._engine.prepare_in_turn(message.request, session)
        if prepared.kind == "mutation" and not self._options.mutations_over_websocket:
            raise Refused([error("Send mutations over HTTP.", "MUTATION_OVER_WEBSOCKET")])
        return prepared

    def _start(self, id: str, prepared: Prepared, session: Session) -> None:
        operation = SocketOperation(id, self, self._outbox, streams=prepared.kind == "subscription")
        self._operations[id] = operation
        self._traffic.counters.operations_open += 1
        self._traffic.counters.operations_total += 1
        task = operation.start(self._engine, prepared, session, self._options.deadline)
        self._tasks = self._tasks or set()
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        if self._tasks is not None:
            self._tasks.discard(task)
            self._tasks = self._tasks or None

    def _complete(self, id: str) -> None:
        """An unknown id is one whose own `complete` or `error` crossed this message: nothing to do."""
        operation = self._operations.pop(id, None)
        if operation is not None:
            self._traffic.counters.operations_open -= 1
            operation.stop()

    def _end(self, ended: Ended) -> None:
        self.close(ended.code, ended.reason)

    def _stop_all(self) -> None:
        operations = list(self._operations.values())
        self._operations.clear()
        self._traffic.counters.operations_open -= len(operations)
        for operation in operations:
            operation.stop()

    def _greeted(self) -> None:
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None

    def _enter(self) -> None:
        self._traffic.enter(self)
        self._traffic.counters.sockets_open += 1
        self._traffic.counters.sockets_total += 1

    def _leave(self) -> None:
        self._traffic.strangers.leave(self)
        self._traffic.counters.sockets_open -= 1
        self._traffic.leave(self)

    async def _clean_up(self) -> None:
        self._closing = True
        self._greeted()
        self._traffic.expiries.forget(self)
        if self._unregister is not None:
            self._unregister()
        if self._session is not None:
            self._traffic.leave_seat(self._session.member_key)
        self._stop_all()
        self._outbox.shut()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._options.close_timeout)
