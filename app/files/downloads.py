"""Answering with the bytes of a file, or with a range of them (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import Send

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(?:(\d{1,18})[ \t]*-[ \t]*(\d{0,18})|-[ \t]*(\d{1,18}))[ \t]*", re.ASCII)
_TAGS = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"|\*')
#: What an old reader is told in place of a letter that it would not know.
_NOT_PLAIN = re.compile(r"[^ !#$&+\-.0-9A-Z^_`a-z{}~()=,;@\[\]]")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file is sent: from `start` on, up to `end` and without it."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a request is answered: with nothing but a status, or with a part."""

    status: int
    headers: Mapping[str, str]
    part: Part | None = None


def plan_for(file: Any, headers: Headers, *, head: bool = False) -> Plan:
    """What a request for a file's bytes is answered, which it sees. Where it is for the head alone, ranges are ignored:
    they are defined for GET and nothing else (RFC 9110, section 14.2)."""
    tag = f'"{file.sha256}"'
    common = {**_of_file(file), "etag": tag, "accept-ranges": "bytes"}
    if "if-match" in headers and not _names(headers, "if-match", tag, weakly=False):
        return Plan(412, {**common, "content-length": "0"})
    if "if-none-match" in headers and _names(headers, "if-none-match", tag, weakly=True):
        return Plan(304, common)
    whole = Part(0, file.size)
    part = (None if head else _range_in(headers, file.size, tag)) or whole
    if part.start >= part.end and part is not whole:
        return Plan(416, {**common, "content-range": f"bytes */{file.size}", "content-length": "0"})
    length = {"content-length": str(part.end - part.start)}
    if part is whole:
        return Plan(200, {**common, **length}, part)
    return Plan(206, {**common, **length, "content-range": f"bytes {part.start}-{part.end - 1}/{file.size}"}, part)


def _names(headers: Headers, name: str, tag: str, *, weakly: bool) -> bool:
    given = _TAGS.findall(",".join(headers.getlist(name)))
    return "*" in given or tag in given or (weakly and f"W/{tag}" in given)


def _range_in(headers: Headers, size: int, tag: str) -> Part | None:
    """The one range that is asked for; None for all of it, and for what is to be ignored: several ranges at once, what
    is no range, and one of bytes that are not these. An empty one where nothing of the file is in it."""
    given = headers.getlist("range")
    match = _ONE_RANGE.fullmatch(given[0].lower()) if len(given) == 1 else None
    if match is None or ("if-range" in headers and headers.getlist("if-range") != [tag]):
        return None
    first, last, final = match.groups()
    if final is not None:
        return Part(max(0, size - int(final)), size)
    if last and int(last) < int(first):
        return None
    return Part(int(first), min(size, int(last) + 1) if last else size)


def _of_file(file: Any) -> dict[str, str]:
    """It is nobody's page: it is kept, and not shown, whatever is in it."""
    return {
        "content-type": file.content_type,
        "content-disposition": disposition(file.name),
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "cache-control": "private, no-store",
    }


def disposition(name: str) -> str:
    """An attachment of this name (RFC 6266), for readers that know RFC 8187 and for those that do not."""
    plain = _NOT_PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def send_part(plan: Plan, body: AsyncIterator[bytes], head: Sequence[tuple[bytes, bytes]], send: Send) -> None:
    """The answer with a part, each piece when the one before has gone. It begins when the first piece is there; what a
    store fails with after that is raised, and whoever reads finds the answer cut off."""
    first = await anext(body, b"")
    await send({"type": "http.response.start", "status": plan.status, "headers": head})
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for data in body:
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
