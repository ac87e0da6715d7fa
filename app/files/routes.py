"""Where the bytes of files go and come: /files, /files/{id} and /files/{id}/content.

Nobody's request costs anything: who has not signed in, or comes with no link of ours, is answered before a body is
read. What one does not see is answered as what is not there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from starlette.datastructures import Headers, QueryParams
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.files import tus
from app.files.answers import not_found, reply_to, send_reply
from app.files.downloads import plan_for, send_part
from app.files.uploads import Uploads
from engine.admission import BudgetSpent
from engine.engine import Engine
from files.segments import pieces
from files.store import Store
from models.errors import Invalid
from models.files.links import read_by, read_link
from models.files.uploads import segments_of
from models.ids import Kind, decode
from models.scope import Viewer
from transport.address import address_of
from transport.bearer import token_in
from transport.body import ClientGone
from transport.cutting import abort_of
from transport.options import TransportOptions
from transport.origins import REFUSAL, cors_headers, is_preflight, note_refusal, origin_allowed, preflight_headers
from transport.reply import Rejected, Reply
from transport.strangers import known_of
from transport.traffic import Traffic

#: So many files are read at once from a process, and by a member; and how long, in seconds, a reader may take nothing.
READ_AT_ONCE, OF_MEMBER = 500, 50
#: What a request costs its member, whatever is in it: as a small query does.
POINTS = 20
STUCK = 60.0


class Files:
    """The ASGI application behind the routes. Make one per process."""

    def __init__(
        self, engine: Engine, options: TransportOptions, traffic: Traffic, store: Store, uploads: Uploads
    ) -> None:
        self._engine = engine
        self._options = options
        self._traffic = traffic
        self._store = store
        self._uploads = uploads
        self._reading: Counter[UUID] = Counter()

    async def upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the tus protocol."""
        await self._answer(scope, receive, send, self._upload)

    async def content(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a file's bytes."""
        await self._answer(scope, receive, send, self._content)

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, answer: Callable[..., Awaitable[Reply | None]]
    ) -> None:
        headers = Headers(scope=scope)
        extra = self._extra(headers)
        reading, sending = _Reading(receive, headers), _Sending(send)
        try:
            if not origin_allowed(scope, headers, self._options) and not is_preflight(scope, headers):
                note_refusal(headers, self._traffic.notices)
                raise Rejected(403, REFUSAL, "FORBIDDEN")
            reply = await answer(scope, headers, reading, sending, extra)
        except ClientGone:
            return await _cut(scope, receive)
        except Exception as fault:
            reply = reply_to(fault)
            if sending.begun:
                # What was said of the answer does not hold: whoever reads it is to find it cut off.
                return await _cut(scope, receive)
        if reply is not None:
            await send_reply(reply, extra, reading, send, read=reading.over)

    def _extra(self, headers: Headers) -> dict[str, str]:
        cors = cors_headers(headers)
        if "access-control-expose-headers" in cors:
            cors["access-control-expose-headers"] = ", ".join(tus.READ)
        return cors

    async def _viewer(self, scope: Scope, headers: Headers) -> Viewer:
        """Who comes with a bearer token. `NotSignedIn` for everybody else."""
        async with asyncio.timeout(self._options.deadline):
            session = await self._engine.sign_in(token_in(headers), address_of(scope))
            viewer = await session.viewer()
        if viewer is None:
            raise Rejected(
                401,
                "Sign in first: send a token as 'Authorization: Bearer …'.",
                "UNAUTHENTICATED",
                www_authenticate='Bearer realm="files"',
            )
        known_of(scope)()
        self._charge(viewer.member_id)
        return viewer

    def _charge(self, member_id: UUID) -> None:
        """Let the member owe for a request, as they do for what they ask of the API; or have them wait."""
        try:
            self._engine.points.spend(member_id, POINTS)
        except BudgetSpent as spent:
            raise Rejected(429, spent.message, "LIMIT", retry_after=str(spent.retry_after)) from None

    async def _upload(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send, extra: dict[str, str]
    ) -> Reply | None:
        method = _method(scope, headers)
        extra["tus-resumable"] = tus.VERSION
        if method == "OPTIONS":
            return Reply(204, headers={**tus.about(self._uploads.limits.file_size), **self._preflight()})
        named = scope["path_params"].get("file")
        if method not in (("HEAD", "PATCH", "DELETE") if named else ("POST",)):
            allowed = "HEAD, PATCH, DELETE, OPTIONS" if named else "POST, OPTIONS"
            raise Rejected(405, f"Use {allowed} here.", "METHOD_NOT_ALLOWED", allow=allowed)
        viewer = await self._viewer(scope, headers)
        tus.expect_version(headers)
        if named is None:
            return await self._uploads.begin(viewer, scope, headers)
        file_id = _id(named)
        if method == "HEAD":
            extra["cache-control"] = "no-store"
            return await self._uploads.ask(viewer, file_id)
        if method == "DELETE":
            return await self._uploads.give_up(viewer, scope, file_id)
        return await self._uploads.go_on(viewer, scope, headers, receive, file_id)

    def _preflight(self) -> dict[str, str]:
        told = preflight_headers(self._options)
        sent = told["access-control-allow-headers"]
        methods = "GET, HEAD, POST, PATCH, DELETE"
        allowed = {
            "access-control-allow-methods": methods,
            "access-control-allow-headers": f"{sent}, {', '.join(tus.SENT)}",
        }
        return {**told, **allowed}

    async def _content(
        self, scope: Scope, headers: Headers, receive: Receive, send: Send, extra: dict[str, str]
    ) -> Reply | None:
        if scope["method"] == "OPTIONS":
            return Reply(204, headers={"allow": "GET, HEAD, OPTIONS", **self._preflight()})
        if scope["method"] not in ("GET", "HEAD"):
            raise Rejected(405, "Use GET or HEAD here.", "METHOD_NOT_ALLOWED", allow="GET, HEAD, OPTIONS")
        file, member_id = await self._file_of_link(scope, headers)
        plan = plan_for(file, headers, head=scope["method"] == "HEAD")
        head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in {**plan.headers, **extra}.items()]
        if plan.part is None or scope["method"] == "HEAD":
            await send({"type": "http.response.start", "status": plan.status, "headers": head})
            await send({"type": "http.response.body", "body": b""})
            return None
        with self._room_for(member_id):
            segments = await segments_of(file.id)
            body = pieces(self._store, file.firm_id, file.id, segments, plan.part.start, plan.part.end)
            async with aclosing(body):
                await send_part(plan, body, head, _patient(scope, send))
        return None

    @contextmanager
    def _room_for(self, member_id: UUID) -> Iterator[None]:
        """For one file more that a member reads. `Rejected` where there is none: whoever takes a byte in a minute keeps
        their place for days, and is not to have those of others."""
        if self._reading.total() >= READ_AT_ONCE or self._reading[member_id] >= OF_MEMBER:
            raise Rejected(
                503, "Too many files are read at once. Come back in a moment.", "UNAVAILABLE", retry_after="2"
            )
        self._reading[member_id] += 1
        try:
            yield
        finally:
            self._reading[member_id] -= 1
            if not self._reading[member_id]:
                del self._reading[member_id]

    async def _file_of_link(self, scope: Scope, headers: Headers) -> tuple[Any, UUID]:
        """The file that a link leads to, as whoever it was made for sees it now; and who that is. A link is not for
        somebody else, so who comes with a token besides is that member."""
        file_id, links = _id(scope["path_params"]["file"]), QueryParams(scope["query_string"]).getlist("link")
        async with asyncio.timeout(self._options.deadline):
            link = await read_link(links[0], now=datetime.now(UTC)) if len(links) == 1 else None
            if link is None or link.file_id != file_id:
                raise not_found()
            if "authorization" in headers and (await self._viewer(scope, headers)).member_id != link.member_id:
                raise not_found()
            file = await read_by(link)
        if file is None:
            raise not_found()
        known_of(scope)()
        self._charge(link.member_id)
        return file, link.member_id


def _id(text: str) -> UUID:
    try:
        return decode(Kind.FILE, text)
    except Invalid:
        raise not_found() from None


def _method(scope: Scope, headers: Headers) -> str:
    """What is asked for. Where something between lets only POST through, a header says so."""
    method = str(scope["method"])
    return headers.get("x-http-method-override", method).upper() if method == "POST" else method


class _Reading:
    """Reads a request, and knows whether all of it has been."""

    def __init__(self, receive: Receive, headers: Headers) -> None:
        self._receive = receive
        self.over = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    async def __call__(self) -> Message:
        """The next message."""
        message = await self._receive()
        self.over = self.over or not message.get("more_body", False)
        return message


async def _cut(scope: Scope, receive: Receive) -> None:
    """End the connection, and come back when it has ended: whoever has not answered by then is at fault."""
    abort_of(scope)()
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            while (await receive())["type"] != "http.disconnect":
                pass


class _Sending:
    """Sends an answer, and knows whether it has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """Send a message."""
        self.begun = True
        await self._send(message)


def _patient(scope: Scope, send: Send) -> Send:
    """Sends, and cuts the connection of a reader who has taken nothing for long."""

    async def sent(message: Message) -> None:
        try:
            async with asyncio.timeout(STUCK):
                await send(message)
        except TimeoutError:
            abort_of(scope)()
            raise ClientGone from None

    return sent


def file_routes(files: Files) -> list[Route]:
    """The routes. They take every method, so that a wrong one is answered in JSON too."""
    return [
        Route("/files", _Endpoint(files.upload)),
        Route("/files/{file}", _Endpoint(files.upload)),
        Route("/files/{file}/content", _Endpoint(files.content)),
    ]


class _Endpoint:
    """An ASGI application, which Starlette tells from a function of a request by that it is none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._app(scope, receive, send)
