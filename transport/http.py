"""GraphQL over HTTP: https://graphql.github.io/graphql-over-http/draft/ (the text after the 2025 watershed).

POST for everything; GET for queries, and only with a header that a browser does not send by itself.
No batches, no multipart, no forms: nothing that a foreign page could send without a CORS preflight.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from transport.address import address_of
from transport.bearer import token_in
from transport.body import ClientGone, read_body
from transport.compression import Compression
from transport.engine import Engine, NotSignedIn, Prepared, Refused, Session
from transport.errors import internal, response, timed_out
from transport.negotiation import Accepted, Media, negotiate, rather_html
from transport.options import TransportOptions
from transport.origins import REFUSAL, cors_headers, is_preflight, note_refusal, origin_allowed, preflight_headers
from transport.parameters import Malformed, from_json, from_query_string
from transport.presence import Presence
from transport.reply import Rejected, Reply, executed, refused, unauthenticated
from transport.sheets.answer import SheetAnswer
from transport.sse import EventStream
from transport.strangers import known_of
from transport.traffic import Traffic

_PREFLIGHT_HEADERS = ("graphql-require-preflight", "apollo-require-preflight")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and the way back."""

    scope: Scope
    headers: Headers
    receive: Receive
    send: Send
    accepts: Accepted

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def media(self) -> Media:
        """What a plain answer is written in; JSON where the caller accepts none of ours. Nobody who asks for a sheet
        takes an error for one: it has a status of its own."""
        return Media.GRAPHQL if self.sheet else self.accepts.plain or Media.JSON

    @property
    def sheet(self) -> Media | None:
        """What kind of sheet the caller would rather have than any other answer."""
        plain = self.accepts.plain
        return plain if plain is not None and plain.is_sheet and not self.rather_streams else None

    @property
    def rather_streams(self) -> bool:
        """Whether an event stream is what the caller would rather have, whatever they ask."""
        return self.accepts.best is Media.EVENTS and self.method == "POST"


class GraphQLOverHTTP:
    """The ASGI application behind the HTTP route. A browser that goes there is shown the page, if there is one."""

    def __init__(
        self, engine: Engine, options: TransportOptions, traffic: Traffic, page: ASGIApp | None = None
    ) -> None:
        self._engine = engine
        self._page = page
        self._options = options
        self._traffic = traffic
        self._compression = Compression(options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        accept = ", ".join(headers.getlist("accept")) or None
        self._traffic.counters.requests_total += 1
        if self._page is not None and _is_of_browser(scope, headers, accept):
            await self._page(scope, receive, send)
            return
        exchange = Exchange(scope, headers, receive, send, negotiate(accept))
        cors = cors_headers(headers)
        if scope["method"] in ("GET", "HEAD"):
            cors["vary"] = ", ".join(["Accept", *filter(None, [cors.get("vary")])])
        try:
            if not origin_allowed(scope, headers, self._options) and not is_preflight(scope, headers):
                note_refusal(headers, self._traffic.notices)
                raise Rejected(403, REFUSAL, "FORBIDDEN")
            reply = await self._answer(exchange, cors)
        except ClientGone:
            self._traffic.counters.requests_abandoned += 1
            return
        except Exception as fault:
            reply = _reply_to(fault, exchange.media)
        if reply is not None:
            await self._send(reply, exchange, cors)

    async def _send(self, reply: Reply, exchange: Exchange, extra: dict[str, str]) -> None:
        if not reply.compressible or len(reply.body) < self._options.compress_from:
            return await reply.send(exchange.send, extra)

        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            await reply.send(send, extra)

        return await self._compression.send(answer, exchange.headers.get("accept-encoding"), exchange.send)

    async def _answer(self, exchange: Exchange, cors: dict[str, str]) -> Reply | None:
        """The reply; None when it was streamed. What is wrong with the request is raised."""
        if exchange.method == "OPTIONS":
            return Reply(204, headers={"allow": "GET, POST, OPTIONS", **preflight_headers(self._options)})
        _check_acceptable(exchange)
        text = await self._read(exchange)
        try:
            async with asyncio.timeout(self._options.deadline), Presence(exchange.receive):
                session = await self._engine.sign_in(token_in(exchange.headers), address_of(exchange.scope))
                if session.member_key is not None:
                    known_of(exchange.scope)()
                # Not before: what a forged token comes with is not read.
                request = from_json(text) if exchange.method == "POST" else from_query_string(text)
                prepared = await self._engine.prepare_in_turn(request, session)
                _check_served(exchange, prepared)
                if exchange.sheet is None and not exchange.rather_streams and prepared.kind != "subscription":
                    body = await self._engine.execute(prepared, session)
                    headers = self._engine.headers(session)
                    return executed(body, exchange.media, headers, compressible=prepared.kind == "query")
        except TimeoutError:
            return Reply(504, response([timed_out(self._options.deadline)]), exchange.media)
        except Refused as refusal:
            if not exchange.rather_streams:
                return refused(refusal, exchange.media)
            stream = EventStream(self._traffic, self._options, exchange.receive, exchange.send, exchange.scope)
            await stream.refuse(refusal, cors)
            return None
        if exchange.sheet is not None and prepared.kind == "query":
            return await self._sheet(exchange, exchange.sheet, prepared, session, cors)
        return await self._stream(exchange, prepared, session, cors)

    async def _read(self, exchange: Exchange) -> bytes:
        """What holds the request: the body, or the query string."""
        if exchange.method == "GET":
            _check_not_forged(exchange.headers)
            return bytes(exchange.scope["query_string"])
        _check_content_type(exchange.headers)
        options = self._options
        most = options.body_limit if "authorization" in exchange.headers else options.stranger_body_limit
        try:
            async with asyncio.timeout(options.body_timeout):
                return await read_body(exchange.receive, exchange.headers, most, largest=options.body_limit)
        except TimeoutError:
            raise Rejected(408, "The body took too long.", "TIMEOUT", connection="close") from None

    async def _sheet(
        self, exchange: Exchange, media: Media, prepared: Prepared, session: Session, cors: dict[str, str]
    ) -> Reply | None:
        if self._traffic.draining:
            raise Rejected(503, "Restarting. Come back in a moment.", "UNAVAILABLE", retry_after="1")
        sheet = SheetAnswer(media, self._traffic, self._options, exchange.receive, exchange.send, exchange.scope)
        try:
            await sheet.run(self._engine, prepared, session, cors)
        except Refused as refusal:
            return refused(refusal, exchange.media)
        return None

    async def _stream(
        self, exchange: Exchange, prepared: Prepared, session: Session, cors: dict[str, str]
    ) -> Reply | None:
        traffic = self._traffic
        if traffic.draining:
            raise Rejected(503, "Restarting. Come back in a moment.", "UNAVAILABLE", retry_after="1")
        if not traffic.take_seat(session.member_key):
            raise Rejected(429, "Too many connections of this member.", "LIMIT", retry_after="10")
        try:
            stream = EventStream(traffic, self._options, exchange.receive, exchange.send, exchange.scope)
            await stream.run(self._engine, prepared, session, cors)
        finally:
            traffic.leave_seat(session.member_key)
        return None


def _reply_to(fault: Exception, media: Media) -> Reply:
    """What each way of failing looks like."""
    if isinstance(fault, Malformed):
        fault = Rejected(400, str(fault))
    if isinstance(fault, Rejected):
        return fault.reply(media)
    if isinstance(fault, NotSignedIn):
        return unauthenticated(fault, media)
    return Reply(500, response([internal(fault, "http")]), media)


def _check_served(exchange: Exchange, prepared: Prepared) -> None:
    """An operation is served in the ways that there are for what it does."""
    if prepared.kind == "mutation" and exchange.method == "GET":
        # "GET": "If the values of {query} and {operationName} indicate that a mutation operation is
        # to be executed, the server MUST respond with error status code `405`".
        raise Rejected(405, "Send mutations with POST.", "METHOD_NOT_ALLOWED", allow="POST")
    if prepared.kind == "mutation" and exchange.sheet is not None:
        message = "A sheet is of a query. Send a mutation with 'Accept: application/json'."
        raise Rejected(406, message, "NOT_ACCEPTABLE")
    if prepared.kind == "subscription" and exchange.method == "GET":
        raise Rejected(405, "Ask for an event stream with POST.", "METHOD_NOT_ALLOWED", allow="POST")
    if prepared.kind == "subscription" and not exchange.accepts.streams:
        message = "A subscription needs 'Accept: text/event-stream', or a websocket."
        raise Rejected(400, message, "SUBSCRIPTION_NEEDS_STREAM")


def _check_acceptable(exchange: Exchange) -> None:
    if exchange.method not in ("GET", "POST"):
        raise Rejected(405, "Use GET or POST.", "METHOD_NOT_ALLOWED", allow="GET, POST, OPTIONS")
    if exchange.accepts.best is None:
        # "Body": "Respond with a `406 Not Acceptable` status code and stop processing (RECOMMENDED)".
        types = ", ".join(media.value for media in Media)
        raise Rejected(406, f"Accept one of {types}.", "NOT_ACCEPTABLE")
    if exchange.accepts.plain is None and exchange.method != "POST":
        raise Rejected(405, "Ask for an event stream with POST.", "METHOD_NOT_ALLOWED", allow="POST")


def _is_of_browser(scope: Scope, headers: Headers, accept: str | None) -> bool:
    """Whether somebody goes to this address with a browser. Of the API such a request would be refused, whatever it
    holds: so no client of the API is ever shown a page."""
    return (
        scope["method"] in ("GET", "HEAD")
        and "origin" not in headers
        and not _may_be_executed(headers)
        and rather_html(accept)
    )


def _may_be_executed(headers: Headers) -> bool:
    """A page elsewhere can make a browser send a GET, but none of these headers without a preflight. A browser adds an
    Authorization by itself for other schemes than Bearer."""
    named = any(headers.get(name, "").strip() for name in _PREFLIGHT_HEADERS)
    signed = any(value.split(" ")[0].lower() == "bearer" for value in headers.getlist("authorization"))
    return named or signed or _content_type(headers)[0] == "application/json"


def _check_not_forged(headers: Headers) -> None:
    if not _may_be_executed(headers):
        message = "A GET needs a bearer token, or the header 'GraphQL-Require-Preflight: 1'."
        raise Rejected(400, message, "PREFLIGHT_REQUIRED")


def _check_content_type(headers: Headers) -> None:
    """ "POST": "For POST requests using an officially recognized GraphQL `Content-Type` without indicating
    an encoding, the server MUST assume the encoding is `utf-8`"; without one the server SHOULD reject.
    """
    name, charset = _content_type(headers)
    if name != "application/json":
        raise Rejected(415, "Send JSON, with 'Content-Type: application/json'.", "UNSUPPORTED_MEDIA_TYPE")
    if charset not in ("utf-8", "utf8"):
        raise Rejected(415, "Send UTF-8.", "UNSUPPORTED_MEDIA_TYPE")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Rejected(415, "Send the body uncompressed.", "UNSUPPORTED_MEDIA_TYPE", accept_encoding="identity")


def _content_type(headers: Headers) -> tuple[str, str]:
    name, *rest = (part.strip().lower() for part in headers.get("content-type", "").split(";"))
    parameters = dict(part.partition("=")[::2] for part in rest)
    return name, parameters.get("charset", "utf-8").strip('"')
