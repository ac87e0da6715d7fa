"""What is kept of things that can be searched for: beside them, in a table that moving a card does not touch."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from models.database import sql
from models.ids import Kind
from models.words import kept_words, title_of


class Searched:
    """What a kind of thing is found by: its `title`, which results are ranked by, and what else is written in it."""

    def __init__(self, title: str, *more: str) -> None:
        self._title = title
        self._more = more

    @property
    def sources(self) -> frozenset[str]:
        """What it is made of: columns, and what is made of them."""
        return frozenset({self._title, *self._more})

    def is_written_with(self, columns: Iterable[str] | None) -> bool:
        """Whether it is made of one of these columns; None is all of them."""
        return columns is None or not self.sources.isdisjoint(columns)

    def title(self, row: Any) -> str:
        """The title."""
        return str(getattr(row, self._title))

    def more(self, row: Any) -> list[str]:
        """The other texts."""
        return [str(getattr(row, column)) for column in self._more]


def prefix_of(firm_id: UUID, kind: Kind) -> str:
    """What the words of a firm's things of a kind begin with. The index has them beside each other: nothing is read of
    others', however common a word is there."""
    return f"{base64.b32encode(firm_id.bytes[-5:]).decode().lower()}{kind}:"


_KEEP = """
INSERT INTO search_entry (thing, firm_id, title, words)
SELECT thing, firm_id, title, array_to_tsvector(string_to_array(words, ' '))
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS given(thing, firm_id, title, words)
ON CONFLICT (thing) DO UPDATE SET title = EXCLUDED.title, words = EXCLUDED.words
"""


async def keep_entries(rows: Sequence[Any]) -> None:
    """Keep what these rows of one kind are found by, in one statement."""
    if not rows:
        return
    searched: Searched = rows[0].searched
    titles = [searched.title(row) for row in rows]
    await sql(
        _KEEP,
        [row.id for row in rows],
        [row.firm_id for row in rows],
        [title_of(title) for title in titles],
        [
            _prefixed(row.firm_id, row.kind, kept_words(title, *searched.more(row)))
            for row, title in zip(rows, titles, strict=True)
        ],
    )


def _prefixed(firm_id: UUID, kind: Kind, words: Collection[str]) -> str:
    prefix = prefix_of(firm_id, kind)
    return " ".join(f"{prefix}{word}" for word in words)
