"""Text search: what is found by a text, and in which order.

Only things that the scope sees are looked at, in the same statement: what is hidden is neither found nor counted, and
takes nobody's place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any, NamedTuple
from uuid import UUID

from tortoise.expressions import Q

from models import policies, words
from models.bounds import RESULTS, SEARCHED_WORDS
from models.conditions import in_sql
from models.database import fetch
from models.errors import Invalid
from models.filtering import Asking
from models.ids import Kind
from models.kinds import modules_in
from models.reasons import Reason
from models.rows.base import known_models, model_of
from models.scope import Scope
from models.search_entries import prefix_of, prefix_of_parent
from models.texts import NAME


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: different words, folded."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str, field: str) -> Search:
        """`Invalid` where there is nothing to search for, or too much."""
        if len(text) > NAME.most:
            told = f"A search has {NAME.bounds}, and this has {len(text):,}."
            raise Invalid(told, field, reason=Reason.TOO_LONG, maximum=NAME.most, actual=len(text))
        found = tuple(dict.fromkeys(word[: words.LONGEST] for word in words.words_of(text)))
        if not found:
            told = "There is no letter and no digit to search for. Give a word, or the beginning of one."
            raise Invalid(told, field, reason=Reason.BLANK)
        if len(found) > SEARCHED_WORDS.most:
            told = f"A search has at most {SEARCHED_WORDS.most} different words, not {len(found)}."
            raise Invalid(told, field, reason=Reason.TOO_MANY, maximum=SEARCHED_WORDS.most, actual=len(found))
        return cls(found)

    @property
    def title(self) -> str:
        """What titles begin with that begin with just these words."""
        return f" {' '.join(self.words)}"

    def exactly(self, *prefixes: str) -> str:
        """A tsquery for what has words that begin with each of these, under one of the prefixes."""
        return self._each(prefixes, lambda word: [f"{word}':*"])

    def nearly(self, *prefixes: str) -> str:
        """A tsquery for that, or for words that each of these may be a misspelling of."""
        return self._each(prefixes, lambda word: [f"{word}':*", *(f"{kept}'" for kept in words.spellings(word))])

    def _each(self, prefixes: Sequence[str], forms: Callable[[str], list[str]]) -> str:
        alternatives = ([f"'{prefix}{form}" for prefix in prefixes for form in forms(word)] for word in self.words)
        return " & ".join(f"({' | '.join(of_word)})" for of_word in alternatives)


def prefixes_of(firm_id: UUID, kind: Kind) -> tuple[str, ...]:
    """What words begin with that a firm's things of a kind are found by: their own, and those of what they are of."""
    own, searched = prefix_of(firm_id, kind), model_of(kind).searched
    return (own,) if searched is None or searched.of is None else (own, prefix_of_parent(own))


@dataclass(frozen=True, slots=True)
class Matches:
    """The row is found by a text."""

    kind: Kind

    def __call__(self, wanted: str, asking: Asking, /) -> Q:
        query = Search.of(wanted, "filter").nearly(*prefixes_of(asking.scope.firm_id, self.kind))
        found = "SELECT entry.thing FROM search_entry AS entry WHERE entry.words @@ ({query}::text)::tsquery"
        return in_sql(f"{{row}}.id IN ({found})", query=query)


class Match(StrEnum):
    """How well a thing fits what was searched for, the best first."""

    TITLE = "TITLE"
    BEGINNING = "BEGINNING"
    WORDS = "WORDS"
    ACCOUNT = "ACCOUNT"
    TEXT = "TEXT"
    SIMILAR = "SIMILAR"


class Hit(NamedTuple):
    """A thing that was found."""

    kind: Kind
    id: UUID
    match: Match


class Found(NamedTuple):
    """The best hits, and whether there are more."""

    hits: Sequence[Hit]
    cut: bool


def searched_kinds() -> tuple[Kind, ...]:
    """The kinds of things that can be searched for."""
    modules_in("models")
    return tuple(kind for kind in Kind if kind in known_models() and model_of(kind).searched is not None)


# What a kind has found comes in order, so that no more of its rows are looked up than are shown, and those between them
# that are hidden.
_OF_KIND = """
(SELECT '{kind}' AS kind, seen.id, found.match FROM (
    SELECT entry.thing, {found} ORDER BY match, entry.thing DESC
) AS found JOIN {table} AS seen ON seen.id = found.thing
WHERE {condition} ORDER BY found.match, found.thing DESC LIMIT $3)
"""
# Titles that begin with the words, by an index of no more than their beginnings: the first two of `Match`.
_BEGINNING = """CASE WHEN entry.title = $1::text || ' ' THEN 0 ELSE 1 END AS match FROM search_entry AS entry
WHERE entry.firm_id = {firm} AND entry.kind = '{kind}' AND left(entry.title, 40) ~>=~ left($1, 40)
AND left(entry.title, 40) ~<~ (left($1, 40) || chr(1114111)) AND starts_with(entry.title, $1)"""
# All others.
_ELSEWHERE = """CASE WHEN entry.title LIKE ALL ($2::text[]) THEN 2
    WHEN entry.title || entry.parent_title LIKE ALL ($2) THEN 3
    WHEN entry.words @@ ({exactly}::text)::tsquery THEN 4 ELSE 5
END AS match FROM search_entry AS entry
WHERE entry.words @@ ({nearly}::text)::tsquery AND NOT starts_with(entry.title, $1)"""
# Others are looked for only where there are not enough that begin so: of a common beginning there may be thousands.
_STATEMENT = """
WITH beginning AS MATERIALIZED (SELECT * FROM ({beginning}) AS hit ORDER BY match, id DESC LIMIT $3)
SELECT * FROM (
    SELECT * FROM beginning
    UNION ALL SELECT * FROM ({elsewhere}) AS hit WHERE (SELECT count(*) FROM beginning) < $3
) AS hit ORDER BY match, id DESC LIMIT $3
"""


@cache
def _statement(kinds: tuple[Kind, ...]) -> str:
    places, parts = count(4), defaultdict[str, list[str]](list)
    for kind in kinds:
        model = model_of(kind)
        exactly, nearly, first = (next(places) for _ in range(3))
        condition = policies.sql_condition(model.policy, "seen", first)
        if model.searched is not None and model.searched.unless is not None:
            condition += f" AND seen.{model.searched.unless} IS NULL"
        for _ in range(policies.count_values(model.policy) - 1):
            next(places)
        named = {"kind": kind, "exactly": f"${exactly}", "nearly": f"${nearly}", "firm": f"${first}"}
        for part, found in (("beginning", _BEGINNING), ("elsewhere", _ELSEWHERE)):
            of_kind = _OF_KIND.format(
                kind=kind, table=model._meta.db_table, condition=condition, found=found.format(**named)
            )
            parts[part].append(of_kind)
    return _STATEMENT.format(**{part: " UNION ALL ".join(of_kinds) for part, of_kinds in parts.items()})


async def search(scope: Scope, text: str, kinds: Sequence[Kind] | None, most: int) -> Found:
    """What the scope sees that is found by a text, the best first: in one statement."""
    if most not in RESULTS:
        told = f"A search gives {RESULTS} results, not {most}."
        raise Invalid(
            told, "first", reason=Reason.OUT_OF_RANGE, minimum=RESULTS.least, maximum=RESULTS.most, unit="THINGS"
        )
    asked = Search.of(text, "text")
    among = tuple(kind for kind in searched_kinds() if kinds is None or kind in kinds)
    if not among:
        return Found([], cut=False)
    rows = await fetch(*statement_of(scope, asked, among, most + 1))
    hits = [Hit(Kind(row["kind"]), row["id"], list(Match)[row["match"]]) for row in rows]
    return Found(hits[:most], len(hits) > most)


def statement_of(scope: Scope, asked: Search, among: tuple[Kind, ...], limit: int) -> tuple[Any, ...]:
    """The statement of a search, with its values."""
    values: list[Any] = [asked.title, [f"% {word}%" for word in asked.words], limit]
    for kind in among:
        prefixes = prefixes_of(scope.firm_id, kind)
        values += [asked.exactly(*prefixes), asked.nearly(*prefixes), *scope.of_kind(kind).values]
    return _statement(among), *values
