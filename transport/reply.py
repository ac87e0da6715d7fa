"""An HTTP answer, its status by media type, and its way onto the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson
from starlette.types import Send

from transport.engine import NotSignedIn, Refused
from transport.errors import GraphQLErrors, error, response
from transport.negotiation import Media


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body and headers; the media type names the body's charset too."""

    status: int
    body: bytes = b""
    media: Media = Media.JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Whether it holds no secret, so that its size may tell of what it holds (`transport.compression`).
    compressible: bool = False

    async def send(self, send: Send, extra: Mapping[str, str]) -> None:
        """Onto the wire, with the headers that every answer to this caller has."""
        headers = {**self.headers, **extra}
        if self.status != 204:  # RFC 9110 section 8.6: no Content-Length in a 204
            headers["content-length"] = str(len(self.body))
            headers["content-type"] = f"{self.media.value}; charset=utf-8"
            headers["cache-control"] = "no-store"
            headers["x-content-type-options"] = "nosniff"
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


class Rejected(Exception):
    """The HTTP request is refused before, or in place of, a GraphQL response."""

    def __init__(self, status: int, message: str, code: str = "BAD_REQUEST", **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.errors: GraphQLErrors = [error(message, code)]
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def reply(self, media: Media) -> Reply:
        return Reply(self.status, response(self.errors), media, self.headers)


def executed(
    body: bytes, media: Media, headers: Mapping[str, str] = MappingProxyType({}), *, compressible: bool = False
) -> Reply:
    """The answer to what was executed.

    "application/graphql-response+json": "If the GraphQL response contains the {data} entry and it is not
    {null}, then the server MUST reply with a `2xx` status code and SHOULD reply with `200`"; a null one
    is RECOMMENDED 200; "If the GraphQL response does not contain the {data} entry then the server MUST
    reply with a `4xx` or `5xx` status code as appropriate."
    """
    if body.startswith(b'{"data"'):  # what an engine writes; the rest is for one that orders otherwise
        return Reply(200, body, media, headers, compressible=compressible)
    document = orjson.loads(body)
    if "data" in document or media is not Media.GRAPHQL:
        return Reply(200, body, media, headers)
    return Reply(500 if _code(document) == "INTERNAL" else 400, body, media)


def refused(refusal: Refused, media: Media) -> Reply:
    """The answer to what was not executed.

    "application/json": "The server SHOULD use the `200` status code for every response to a well-formed
    GraphQL-over-HTTP request, independent of any GraphQL request error". What forbids the caller rather
    than the document (401, 405, 429) keeps its status ("URL": "it SHOULD use the relevant `4xx`").
    """
    legacy_success = media is not Media.GRAPHQL and refusal.status == 400
    # RFC 9110 section 15.5.2: a 401 has a challenge; RFC 6750 section 3.1: without an error code, for want of a token.
    headers = {"www-authenticate": 'Bearer realm="graphql"'} if refusal.status == 401 else {}
    if refusal.retry_after is not None:
        headers["retry-after"] = str(refusal.retry_after)
    return Reply(200 if legacy_success else refusal.status, response(refusal.errors), media, headers)


def unauthenticated(refusal: NotSignedIn, media: Media) -> Reply:
    """401 with the challenge that RFC 9110 section 11.6.1 asks for."""
    challenge = {"www-authenticate": 'Bearer realm="graphql", error="invalid_token"'}
    return Reply(401, response([error(refusal.message, refusal.code)]), media, challenge)


def _code(document: Any) -> object:
    try:
        return document["errors"][0]["extensions"]["code"]
    except (KeyError, IndexError, TypeError):
        return None
