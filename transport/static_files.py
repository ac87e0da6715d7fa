"""The files of a folder, for whoever asks: what a page is made of.

They are read when the server starts. What was not there then does not exist, and no path is ever opened for a caller.
What a caller costs is the bytes of a file, so many of them at once, for so long.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from transport.compression import accepts_gzip
from transport.cutting import abort_of
from transport.errors import error
from transport.options import TransportOptions

#: What is served: a file of another kind is not there.
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".graphql": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
IMMUTABLE = "public, max-age=31536000, immutable"
_PIECE = 32_768
#: As the bundler names what it makes: with a hash of what is in it.
_HASHED = re.compile(r"assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """What a file holds, plain and compressed, and what is said of it."""

    media_type: str
    body: bytes
    compressed: bytes | None = None
    #: Its name changes with what is in it.
    hashed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """Its ETag. Weak, as it is of both forms."""
        return f'W/"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def files_in(folder: Path) -> dict[str, StaticFile]:
    """The files of a folder that can be served, by their paths in it. None where there is no such folder."""
    return dict(_read(folder))


def _read(folder: Path) -> Iterator[tuple[str, StaticFile]]:
    for path in sorted(folder.rglob("*")):
        kind = MEDIA_TYPES.get(path.suffix)
        if kind is not None and path.is_file():
            name, packed = path.relative_to(folder).as_posix(), path.with_name(f"{path.name}.gz")
            compressed = packed.read_bytes() if packed.is_file() else None
            yield name, StaticFile(kind, path.read_bytes(), compressed, _HASHED.fullmatch(name) is not None)


class FileSender:
    """Sends files. Make one per process: it counts how many are under way."""

    def __init__(self, options: TransportOptions) -> None:
        self._most = options.files_at_once
        self._patience = options.file_timeout
        self._under_way = 0

    async def __call__(self, file: StaticFile, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer to a GET or HEAD for this file."""
        if self._under_way >= self._most:
            return await _busy(scope, receive, send)
        self._under_way += 1
        try:
            async with asyncio.timeout(self._patience):
                await _send(file, scope, send)
        except TimeoutError:
            abort_of(scope)()
        finally:
            self._under_way -= 1


async def _send(file: StaticFile, scope: Scope, send: Send) -> None:
    given = Headers(scope=scope)
    unchanged = not file.hashed and file.tag in given.get("if-none-match", "")
    packed = file.compressed is not None and accepts_gzip(given.get("accept-encoding"))
    body = file.compressed if packed and file.compressed is not None else file.body
    headers = {**_headers(file), **file.headers}
    if not unchanged:
        headers |= {"content-type": file.media_type, "content-length": str(len(body))}
        headers |= {"content-encoding": "gzip"} if packed else {}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": raw})
    if scope["method"] != "HEAD" and not unchanged:
        # Each piece waits for the one before it: no more of a file is held for a slow reader.
        for start in range(0, len(body), _PIECE):
            piece = body[start : start + _PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _headers(file: StaticFile) -> dict[str, str]:
    kept = {"cache-control": IMMUTABLE} if file.hashed else {"cache-control": "no-cache", "etag": file.tag}
    vary = {"vary": "Accept-Encoding"} if file.compressed is not None else {}
    return kept | vary | {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}


async def _busy(scope: Scope, receive: Receive, send: Send) -> None:
    answer = {"errors": [error("Too many files are being sent. Come back in a moment.", "UNAVAILABLE")]}
    await JSONResponse(answer, 503, {"retry-after": "1"})(scope, receive, send)
