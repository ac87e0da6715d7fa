"""Which media type a response has.

GraphQL over HTTP, "Body": "If an `Accept` header is provided, the server MUST respect the given `Accept`
header and attempt to encode the response in the highest priority media type listed that is supported by
the server." "Legacy watershed": "From 1st January 2025, if the client does not supply an `Accept`
header, the server SHOULD treat the request as if it had `Accept: application/graphql-response+json`."
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

_MOST_RANGES = 50  # no client lists so many, and each is looked at
_QUALITY = re.compile(r"0(\.\d*)?|1(\.0*)?", re.ASCII)


class Media(Enum):
    """What this server can speak, in the order in which it prefers to when a wildcard leaves it the choice.

    Legacy comes first there: whoever sends `*/*` (a browser's `fetch`, curl) did not ask for the new type,
    and the conformance suite's audit 47DE wants it so.
    """

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENTS = "text/event-stream"
    CSV = "text/csv"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    @property
    def is_sheet(self) -> bool:
        """Whether it is a table in place of a response. Only who names such a type is given one."""
        return self in (Media.CSV, Media.XLSX)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a caller takes. Which of it they get depends on what they ask."""

    #: What they would rather have for an answer; None is 406.
    best: Media | None
    #: The same, where there can be no stream.
    plain: Media | None
    #: Whether a subscription may be answered with a stream, though something else be the best for the rest: public
    #: clients send one header for all that they ask.
    streams: bool


#: What a browser asks for that goes to an address.
HTML = "text/html"

_Ranked = dict[Media, tuple[float, int]]


@lru_cache(maxsize=256)
def negotiate(accept: str | None) -> Accepted:
    """RFC 9110 section 12.5.1 says what outranks what."""
    if not (accept or "").strip():
        return Accepted(Media.GRAPHQL, Media.GRAPHQL, streams=False)
    ranges = _ranges(accept)
    ranked: _Ranked = {media: rank for media in Media if (rank := _rank_of(media, ranges))[0] > 0}
    plain: _Ranked = {media: rank for media, rank in ranked.items() if media is not Media.EVENTS}
    return Accepted(_best(ranked), _best(plain), streams=Media.EVENTS in ranked)


@lru_cache(maxsize=256)
def rather_html(accept: str | None) -> bool:
    """Whether a caller names HTML, and would rather have it than anything that the API speaks."""
    ranges = _ranges(accept)
    named = [range for range in ranges if range.name == HTML]
    return bool(named) and _rank(HTML, ranges) > max(_rank_of(media, ranges) for media in Media)


def _ranges(accept: str | None) -> list[_Range]:
    return [_Range(text) for text in (accept or "").split(",", _MOST_RANGES)[:_MOST_RANGES] if text.strip()]


def _best(ranked: _Ranked) -> Media | None:
    return max(ranked, key=ranked.__getitem__) if ranked else None


class _Range:
    """One entry of an Accept header."""

    def __init__(self, text: str) -> None:
        name, *rest = (part.strip().lower() for part in text.split(";"))
        parameters = dict(part.partition("=")[::2] for part in rest)
        self.name = name
        self.quality = _quality(parameters.get("q", "1"))
        self.utf8 = parameters.get("charset", "utf-8").strip('"') in ("utf-8", "utf8")

    def specificity(self, media: str) -> int:
        """3 for the type itself, 2 for its family, 1 for anything, 0 for no match."""
        if not self.utf8:
            return 0
        family = media.partition("/")[0]
        return {media: 3, f"{family}/*": 2, "*/*": 1}.get(self.name, 0)


def _quality(text: str) -> float:
    return float(text) if _QUALITY.fullmatch(text) else 0.0


def _rank_of(media: Media, ranges: list[_Range]) -> tuple[float, int]:
    return _rank(media.value, ranges, least=3 if media.is_sheet else 1)


def _rank(media: str, ranges: list[_Range], *, least: int = 1) -> tuple[float, int]:
    """(quality, earliness) of the most specific entry that matches, if it is specific enough."""
    matches = [(entry.specificity(media), -index) for index, entry in enumerate(ranges)]
    specificity, position = max(matches, default=(0, 0))
    return (ranges[-position].quality if specificity >= least else 0.0, position)
