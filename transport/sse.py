"""Results as Server-Sent Events, in the "distinct connections mode" of GraphQL over SSE.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md. Only for POST: a browser's EventSource
could send neither the token nor the header that a GET needs here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.types import Receive, Scope, Send

from transport.codes import Close, clients_retry
from transport.cutting import abort_of
from transport.engine import Ended, Engine, Prepared, Refused, Session
from transport.errors import GraphQLErrors, error, response
from transport.mailbox import Mailbox
from transport.options import TransportOptions
from transport.traffic import Traffic

_COMPLETE = b"event: complete\ndata:\n\n"
_KEEP_ALIVE = b":\n\n"
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # nginx would hold the events back
    "x-content-type-options": "nosniff",
}


class Stuck(Exception):
    """The client does not read."""


class EventStream:
    """One operation's results as `next` events, and `complete`."""

    def __init__(self, traffic: Traffic, options: TransportOptions, receive: Receive, send: Send, scope: Scope) -> None:
        self._traffic = traffic
        self._options = options
        self._receive = receive
        self._send = send
        self._abort = abort_of(scope)
        self._ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()

    async def refuse(self, refusal: Refused, headers: Mapping[str, str]) -> None:
        """ "Validation steps that run before execution of the GraphQL operation MUST report errors through
        an accepted SSE connection by emitting `next` events that contain the errors in the data field."
        """
        await self._open(headers)
        await self._event(_next(response(refusal.errors)) + _COMPLETE)
        await self._send({"type": "http.response.body", "body": b""})

    async def run(self, engine: Engine, prepared: Prepared, session: Session, headers: Mapping[str, str]) -> None:
        """Stream until the operation is through, the client leaves or the session ends."""
        unregister = engine.on_end(session, self._end)
        if session.expires_at is not None:
            self._traffic.expiries.watch(self, session.expires_at)
        self._enter()
        mailbox = Mailbox(streams=prepared.kind == "subscription")
        task: asyncio.Task[None] | None = None
        try:
            await self._open(headers)
            task = mailbox.start(engine, prepared, session, self._options.deadline)
            if await self._relay(mailbox):
                await self._send({"type": "http.response.body", "body": b""})
        except Stuck:
            self._traffic.counters.sockets_stalled += 1
            self._abort()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):  # uvicorn would log a response that is not complete
                    await self._disconnected()
        finally:
            unregister()
            self._traffic.expiries.forget(self)
            self._leave()
            mailbox.stop()
            if task is not None:
                await asyncio.wait({task})

    def close(self, code: int, reason: str) -> None:
        """End the stream: after an error event, and without `complete` if clients should come back."""
        self._end(Ended(code, reason))

    def retire(self, code: int, reason: str) -> None:
        self.close(code, reason)

    def expire(self) -> None:
        self.close(Close.FORBIDDEN, "Token expired")

    async def _relay(self, mailbox: Mailbox) -> bool:
        """Send what comes until something ends it. False if nobody is there any more."""
        gone = asyncio.ensure_future(self._disconnected())
        try:
            while True:
                waiting: set[asyncio.Future[Any]] = {gone, mailbox.arrival(), self._ended}
                await asyncio.wait(waiting, timeout=self._options.keep_alive, return_when=asyncio.FIRST_COMPLETED)
                if gone.done():
                    return False
                if self._ended.done():
                    await self._say_why(self._ended.result())
                    return True
                if (body := mailbox.first) is not None:
                    await self._event(_next(body))
                    mailbox.written()
                elif mailbox.ended:
                    await self._event(_COMPLETE)
                    return True
                else:
                    await self._event(_KEEP_ALIVE)
        finally:
            gone.cancel()

    async def _say_why(self, ended: Ended) -> None:
        """The published client takes a stream that ends without `complete` for lost, and subscribes again.

        So that is what a restart is, silently; an expired token is told as well.
        """
        if ended.code == Close.RESTARTING:
            return
        code = "UNAUTHENTICATED" if ended.code in (Close.FORBIDDEN, Close.UNAUTHORIZED) else "ENDED"
        errors: GraphQLErrors = [error(ended.reason, code)]
        final = b"" if clients_retry(ended.code) else _COMPLETE
        await self._event(_next(response(errors)) + final)

    def _end(self, ended: Ended) -> None:
        if not self._ended.done():
            self._ended.set_result(ended)

    def _enter(self) -> None:
        counters = self._traffic.counters
        counters.streams_open += 1
        counters.streams_total += 1
        self._traffic.enter(self)

    def _leave(self) -> None:
        self._traffic.counters.streams_open -= 1
        self._traffic.leave(self)

    async def _open(self, extra: Mapping[str, str]) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in (_HEADERS | dict(extra)).items()]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._event(_KEEP_ALIVE)  # uvicorn sends the head at once; a proxy may wait for a first byte

    async def _event(self, event: bytes) -> None:
        """Send, waiting for the client to read: as long as it does read."""
        try:
            async with asyncio.timeout(self._options.stall_timeout):
                await self._send({"type": "http.response.body", "body": event, "more_body": True})
        except TimeoutError:
            raise Stuck from None
        self._traffic.counters.events_sent += event is not _KEEP_ALIVE

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _next(body: bytes) -> bytes:
    return b"event: next\ndata: " + body + b"\n\n"
