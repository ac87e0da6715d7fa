"""JSON from a client: what is not valid is refused, and what is nested deeper than anybody needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from common.collector import paused

#: What reads JSON takes more levels than what writes it, or walks it, can bear: 1,024 against 254 in orjson alone.
MOST_LEVELS = 64


class Undecodable(ValueError):
    """Not JSON that is taken here. The message ends a sentence: "… is not valid JSON"."""


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text. Raises Undecodable."""
    try:
        with paused():
            value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Undecodable("is not valid JSON") from None
    if _brackets(text) > MOST_LEVELS and _is_deep(value):
        raise Undecodable(f"is nested deeper than {MOST_LEVELS} levels")
    return value


def _brackets(text: str | bytes) -> int:
    """At least as many as there are levels, those within strings included: counted quickly, it spares most the walk."""
    return text.count("[") + text.count("{") if isinstance(text, str) else text.count(b"[") + text.count(b"{")


def _is_deep(value: object) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MOST_LEVELS):
        level = [inner for outer in level for inner in _within(outer) if isinstance(inner, (dict, list))]
        if not level:
            return False
    return True


def _within(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value
