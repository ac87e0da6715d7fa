"""What is kept of things that can be searched for: beside them, in a table that moving a card does not touch."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from models.database import sql
from models.ids import Kind
from models.words import kept_words, title_of


class Parent(NamedTuple):
    """The thing that another is of, as an account has its jobs: of which kind, and which column names it."""

    kind: Kind
    column: str


class Searched:
    """What a kind of thing is found by: its `title`, which results are ranked by, what else is written in it, and the
    title of the thing that it is `of`. Where a column, `unless`, holds something, a search of all kinds leaves it
    out."""

    def __init__(self, title: str, *more: str, of: Parent | None = None, unless: str | None = None) -> None:
        self._title = title
        self._more = more
        self.of = of
        self.unless = unless

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
        return [_text(getattr(row, column)) for column in self._more]


def _text(value: Any) -> str:
    """What a column holds as one text: nothing, a text, or several."""
    return " ".join(value) if isinstance(value, list) else str(value or "")


def prefix_of(firm_id: UUID, kind: Kind) -> str:
    """What the words of a firm's things of a kind begin with. The index has them beside each other: nothing is read of
    others', however common a word is there."""
    return f"{base64.b32encode(firm_id.bytes[-5:]).decode().lower()}{kind}:"


def prefix_of_parent(prefix: str) -> str:
    """What the words of the title begin with that such a thing is of: with the prefix of its own, and a mark that no
    word has."""
    return f"{prefix}{_MARK}"


_MARK = ":"

# Whoever renames a parent meanwhile waits for these, or these for them: so none keeps what it was called before.
_KEEP = f"""
WITH parent AS (SELECT thing, title, words FROM search_entry WHERE thing = ANY ($5::uuid[]) FOR SHARE)
INSERT INTO search_entry (thing, firm_id, kind, title, parent_title, words)
SELECT given.thing, given.firm_id, $7, given.title, coalesce(parent.title, ''), array_to_tsvector(
    string_to_array(given.words, ' ') || ARRAY(
        SELECT given.prefix || split_part(word, '{_MARK}', 2) FROM unnest(tsvector_to_array(parent.words)) AS word))
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])
    AS given(thing, firm_id, title, words, parent, prefix)
LEFT JOIN parent ON parent.thing = given.parent
ON CONFLICT (thing) DO UPDATE
SET title = EXCLUDED.title, parent_title = EXCLUDED.parent_title, words = EXCLUDED.words
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
            _prefixed(prefix_of(row.firm_id, row.kind), kept_words(title, *searched.more(row)))
            for row, title in zip(rows, titles, strict=True)
        ],
        [None if searched.of is None else getattr(row, searched.of.column) for row in rows],
        [prefix_of_parent(prefix_of(row.firm_id, row.kind)) for row in rows],
        rows[0].kind.value,
    )


_RENAME = """
UPDATE search_entry AS entry SET parent_title = $2, words = array_to_tsvector(
    ARRAY(SELECT word FROM unnest(tsvector_to_array(entry.words)) AS word WHERE NOT starts_with(word, $3))
    || string_to_array($4, ' '))
FROM {table} AS thing WHERE thing.{column} = $1 AND entry.thing = thing.id
"""


async def rename_parent(parent: Any, models: Iterable[Any]) -> None:
    """Let things of these classes be found by the new title of what they are of: in one statement for each class,
    however many there are. Its own entry has been written before, by which others wait for it."""
    title = parent.searched.title(parent)
    for model in models:
        of, prefix = model.searched.of, prefix_of_parent(prefix_of(parent.firm_id, model.kind))
        statement = _RENAME.format(table=model._meta.db_table, column=of.column)
        await sql(statement, parent.id, title_of(title), prefix, _prefixed(prefix, kept_words(title)))


def _prefixed(prefix: str, words: Collection[str]) -> str:
    return " ".join(f"{prefix}{word}" for word in words)
