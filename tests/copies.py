"""A firm as it was made once, written again under new ids: building it anew would take its hundred statements for each
of the thousands of tests that stand on one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from secrets import token_urlsafe
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import orjson
from tortoise import Tortoise
from tortoise.models import Model
from tortoise.transactions import in_transaction
from uuid_utils import uuid7

from models.clock import day_in
from models.database import sql
from models.ids import Kind
from models.rows.base import known_models
from models.rows.keys import MadeOf
from models.search_entries import keep_entries, prefix_of
from models.words import LONGEST, words_of

F = TypeVar("F")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OWN_COLUMNS = """
SELECT attname FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
AND COALESCE(pg_get_expr(adbin, adrelid) NOT LIKE 'nextval%', true)
"""


#: How many firms have been copied, and how many there are when PostgreSQL looks at what is in its tables. It would look
#: again and again, after which every connection plans all its statements anew; without, it plans as if all were empty.
_copies = itertools.count()
_WORTH_STATISTICS = {20, 200, 1_000}


class Original(Generic[F]):
    """What tests stand on: built once a day, and then copied. `build` is given a word that all its texts are to be told
    apart by, `firm_of` says whose rows belong to it."""

    def __init__(self, build: Callable[[str], Awaitable[F]], firm_of: Callable[[F], UUID]) -> None:
        self._build = build
        self._firm_of = firm_of
        self._made: dict[date, tuple[F, Kept]] = {}

    async def copy(self, word: str, *, log: bool = True) -> F:
        """Another one, with a word of its own; half of what is written is its log, which may be left out."""
        # Of the firm's day: there are days in it that are this one.
        if next(_copies) in _WORTH_STATISTICS:
            async with in_transaction():
                # Of a tenth of what it would look at, to plan for firms that are all alike.
                await sql("SET LOCAL default_statistics_target = 10")
                await sql("ANALYZE")
        today = day_in("America/New_York", datetime.now(UTC))
        if today not in self._made:
            first = f"w{uuid4().hex[:12]}"
            built = await self._build(first)
            self._made = {today: (built, await Kept.of(self._firm_of(built), first))}
        built, kept = self._made[today]
        copied: F = (await kept.copied(word, log=log))(built)
        return copied


@dataclass(frozen=True, slots=True)
class Renamed:
    """How a copy differs: the new ids by the old ones, as texts, and a word instead of another."""

    ids: Mapping[UUID, str]
    word: str
    instead_of: str

    def __call__(self, value: Any) -> Any:
        """What a copy has in place of something of the first one's: an id, a text, a row, or what is made of these."""
        if isinstance(value, UUID):
            return UUID(self.ids[value]) if value in self.ids else value
        if type(value) is str:  # And no enum, which is one.
            return value.replace(self.instead_of, self.word)
        if isinstance(value, dict):
            return {name: self(each) for name, each in value.items()}
        if isinstance(value, Model):
            row = type(value).__new__(type(value))
            row.__dict__.update(self(value.__dict__))
            return row
        if is_dataclass(value):
            return replace(value, **{each.name: self(getattr(value, each.name)) for each in fields(value)})  # type: ignore[type-var]
        return copy(value)


class Holed:
    """A text that is written again and again with other things in certain places: where it has an id, or the word."""

    def __init__(self, text: str, word: str) -> None:
        places = re.compile(f"{_UUID.pattern}|{word}")
        self._between = places.split(text)
        self.things = places.findall(text)

    def with_(self, others: Mapping[str, str]) -> str:
        """The text with these in the places of those that it had."""
        parts = [""] * (len(self._between) + len(self.things))
        parts[::2] = self._between
        parts[1::2] = map(others.__getitem__, self.things)
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Made:
    """What is made of a text with the word in it, in a column that has a place of its own until then."""

    place: str
    make: Callable[[str], str]
    source: str


@dataclass(frozen=True, slots=True)
class Kept:
    """All rows of a firm, whose texts hold a word that is nowhere else; and what is no row of the ORM: what the log
    keeps of its jobs, and the entries that its things are found by."""

    word: str
    firm_id: UUID
    statement: str
    tables: Mapping[str, Holed]
    entries: Holed
    made: Sequence[Made]
    ids: Sequence[UUID]
    texts: Sequence[str]

    @classmethod
    async def of(cls, firm_id: UUID, word: str) -> Kept:
        """As it is now."""
        tables, made = {}, []
        for model in Tortoise.apps["models"].values():
            if rows := await _rows(model, firm_id):
                made += [each for row in rows for each in _make_place(model, row, word)]
                tables[model._meta.db_table] = rows
        # What triggers keep of the log, which do not see what is copied.
        for table in _KEPT_OF_THE_LOG:
            if rows := await _of_table(table, "firm_id = $1", firm_id):
                tables[table] = rows
        holed = {table: Holed(orjson.dumps(rows).decode(), word) for table, rows in tables.items()}
        things = {thing for table in holed.values() for thing in table.things} - {word, *(each.place for each in made)}
        found_by = await _of_table(_ENTRIES, "firm_id = $1 ORDER BY thing", firm_id)
        entries = Holed(orjson.dumps(found_by).decode(), f"{word}|{_beginning(firm_id)}")
        # The order in which they were made stays.
        texts = sorted(things)
        return cls(word, firm_id, _insert(tables), holed, entries, made, list(map(UUID, texts)), texts)

    async def copied(self, word: str, *, log: bool) -> Renamed:
        """Write them again, with this word; without the log where it is not wanted."""
        # As `new_id` makes them, but for that these become no objects of Python: there are hundreds, a few of which are
        # looked at.
        new = [str(uuid7()) for _ in self.ids]
        ids, others = dict(zip(self.ids, new, strict=True)), dict(zip(self.texts, new, strict=True))
        others[self.word] = word
        others |= {each.place: _inside(each.make(each.source.replace(self.word, word))) for each in self.made}
        written = {
            table: holed.with_(others) if log or table != "event" else "[]" for table, holed in self.tables.items()
        }
        if _is_kept_as_it_is(self.word) and _is_kept_as_it_is(word):
            begun = {_beginning(self.firm_id): _beginning(UUID(ids[self.firm_id]))}
            await self._write([*written.values(), self.entries.with_(others | begun)])
        else:
            await self._write([*written.values(), "[]"])
            await _keep_words(written)
        return Renamed(ids, word, self.word)

    async def _write(self, written: Sequence[str]) -> None:
        async with in_transaction():
            # Each refers to what is copied with it: to look for that, row by row, takes as long as to write them.
            await sql("SET LOCAL session_replication_role = replica")
            await sql(self.statement, *written)


_ENTRIES = "search_entry"
_KEPT_OF_THE_LOG = ("stay", "completion", "shown_status")


def _beginning(firm_id: UUID) -> str:
    """What all words begin with that things of a firm are found by."""
    return prefix_of(firm_id, Kind.FIRM).removesuffix(f"{Kind.FIRM}:")


def _is_kept_as_it_is(word: str) -> bool:
    """Whether things are found by this word as it is, alone and at the end of another one, and by no other spelling."""
    return words_of(word) == [word] and len(word) < LONGEST // 2 and not word.isalpha()


async def _rows(model: type[Model], firm_id: UUID) -> list[dict[str, Any]]:
    condition, table = of_the_firm(model), model._meta.db_table
    if condition is None:
        return []
    return await _of_table(table, f"{condition} ORDER BY id", firm_id)


async def _of_table(table: str, condition: str, firm_id: UUID) -> list[dict[str, Any]]:
    own = {row["attname"] for row in await sql(_OWN_COLUMNS, table)}
    found = await sql(f"SELECT to_jsonb(t) AS row FROM {table} t WHERE {condition}", firm_id)
    rows = [orjson.loads(row["row"]) for row in found]
    return [{name: row[name] for name in row.keys() & own} for row in rows]


def _make_place(model: type[Model], row: dict[str, Any], word: str) -> Iterator[Made]:
    """Let what is made of the word be made anew in each copy."""
    for field in model._meta.fields_map.values():
        if isinstance(field, MadeOf) and word in (source := row[field.source] or ""):
            row[field.model_field_name] = place = str(uuid4())
            yield Made(place, field.make, source)
    if model._meta.db_table == "personal_token":
        # Of a secret that nobody has: there is one of each.
        row["digest"] = place = str(uuid4())
        yield Made(place, lambda _: uuid4().hex, "")
    if model._meta.db_table == "payment_provider":
        # What nobody guesses is nobody else's.
        row["path"] = place = str(uuid4())
        yield Made(place, lambda _: token_urlsafe(32), "")


def _inside(text: str) -> str:
    """A text as it stands between the quotes of JSON."""
    return orjson.dumps(text)[1:-1].decode()


async def _keep_words(tables: Mapping[str, str]) -> None:
    """Make the entries anew that things are found by."""
    for model in known_models().values():
        if model.searched is not None and (rows := tables.get(model._meta.db_table)):
            await keep_entries([_read(model, row) for row in orjson.loads(rows)])


def _read(model: type[Model], values: Mapping[str, Any]) -> Model:
    row = model.__new__(model)
    row.__dict__.update(values, id=UUID(values["id"]), firm_id=UUID(values["firm_id"]))
    return row


def of_the_firm(model: type[Model]) -> str | None:
    """What holds for the rows of a firm, whose id is `$1`; None for a class that is of no firm."""
    columns = model._meta.db_fields
    if model._meta.db_table == "firm":
        return "id = $1"
    if "firm_id" in columns:
        return "firm_id = $1"
    for name in sorted(model._meta.fk_fields):
        field: Any = model._meta.fields_map[name]
        if "firm_id" in field.related_model._meta.db_fields:
            table = field.related_model._meta.db_table
            return f"{field.source_field} IN (SELECT id FROM {table} WHERE firm_id = $1)"
    return None


def _insert(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """One statement for all: then references may point either way, and nobody sees half a firm."""
    inserts = []
    written = {table: list(next(iter(rows))) for table, rows in tables.items()}
    written[_ENTRIES] = ["thing", "firm_id", "kind", "title", "parent_title", "words"]
    for place, (table, names) in enumerate(written.items(), 1):
        columns = ", ".join(f'"{name}"' for name in names)
        inserts.append(
            f"of_{table} AS (INSERT INTO {table} ({columns}) "
            f"SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, ${place}::jsonb))"
        )
    return f"WITH {', '.join(inserts)} SELECT 1"
