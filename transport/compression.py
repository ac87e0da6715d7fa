"""Compressing answers, for who accepts it.

Compression tells of a secret by the size of what it is beside (BREACH), if somebody else chooses what that is. So an
answer is compressed where it was declared to hold none: queries are, mutations, which hand out tokens, never are.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial

from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Send

from common.single_flight import SingleFlight
from transport.options import TransportOptions

_MOST_CODINGS = 20  # no client lists so many
_QUALITY = re.compile(r"0(\.\d*)?|1(\.0*)?", re.ASCII)


class Compression:
    """Starlette's, which compresses the same bytes once for all who are given them: an answer is often given again, and
    making it anew would cost less than compressing it anew."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._results = _Results(options.compressed_kept)

    async def send(self, answer: ASGIApp, accept_encoding: str | None, send: Send) -> None:
        """Send what an application answers by itself."""
        kind = self._responder if accepts_gzip(accept_encoding) else self._plain
        await kind(answer)({"type": "http", "headers": []}, _nothing_comes, send)

    def _plain(self, answer: ASGIApp) -> IdentityResponder:
        return IdentityResponder(answer, self._options.compress_from)

    def _responder(self, answer: ASGIApp) -> GZipResponder:
        return _Responder(answer, self._options, self._results)


class _Responder(GZipResponder):
    def __init__(self, answer: ASGIApp, options: TransportOptions, results: _Results) -> None:
        level, threaded = options.compress_level, options.compress_in_thread_from
        super().__init__(answer, options.compress_from, compresslevel=level, thread_minimum_size=threaded)
        self._results = results

    async def apply_compression(self, body: bytes, *, more_body: bool) -> bytes:
        return await self._results.of(
            body, lambda: super(_Responder, self).apply_compression(body, more_body=more_body)
        )


class _Results:
    """What was compressed lately, as much as there is room for, and what is being compressed."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._under_way = SingleFlight[bytes, bytes]("compression")

    async def of(self, body: bytes, compress: Callable[[], Awaitable[bytes]]) -> bytes:
        """Whoever leaves meanwhile takes nobody's result along."""
        if body in self._kept:
            self._kept.move_to_end(body)
            return self._kept[body]
        return await self._under_way.get(body, partial(self._make, body, compress))

    async def _make(self, body: bytes, compress: Callable[[], Awaitable[bytes]]) -> bytes:
        made = await compress()
        self._kept[body] = made
        self._size += len(body) + len(made)
        while self._size > self._most:
            old, result = self._kept.popitem(last=False)
            self._size -= len(old) + len(result)
        return made


@lru_cache(maxsize=256)
def accepts_gzip(header: str | None) -> bool:
    """RFC 9110 section 12.5.3. Without the header nothing is compressed: who wants it says so."""
    codings: dict[str, float] = {}
    for part in (header or "").lower().split(",", _MOST_CODINGS)[:_MOST_CODINGS]:
        name, _, parameter = (text.strip() for text in part.partition(";"))
        quality = parameter.removeprefix("q=").strip() if parameter else "1"
        codings[name] = float(quality) if _QUALITY.fullmatch(quality) else 0.0
    named = [codings[name] for name in ("gzip", "x-gzip") if name in codings]
    return max(named) > 0 if named else codings.get("*", 0.0) > 0


async def _nothing_comes() -> dict[str, object]:
    raise RuntimeError("An answer that is there already asks for nothing.")
