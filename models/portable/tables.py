"""What a firm is made of: the tables that an export has, in an order in which each comes after those that it names.

All of it follows from the classes of rows. What is left out is said here, with the reason: a table that is neither a
class of rows of a firm nor named here is a mistake that the tests find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from secrets import token_hex, token_urlsafe
from typing import Any, NamedTuple
from uuid import uuid4

from models.kinds import modules_in
from models.rows.keys import MadeOf
from models.rows.table import Table

#: Tables of which no export has anything, and why.
LEFT_OUT: Mapping[str, str] = {
    "automatic_actions": "of the installation: how much has happened by itself in the present minute",
    "event": "the log is in parts of its own, a month each",
    "file_segment": "of the store: where the bytes of a file are, which are parts of their own",
    "file_total": "what the files of the firm add up to: added up anew",
    "follower": "of the installation: which programs follow the logs",
    "follower_cursor": "of the installation: a firm that comes from elsewhere is followed from its present revision on",
    "follower_run": "of the installation: what workers have still to do is done where it was planned",
    "idempotency_key": "what was answered to calls of the last two days, with hashes of secrets among them",
    "identity": "secret: with what clients sign in, at whatever firms",
    "payment_provider_secret": "secret: with what payment providers sign",
    "search_entry": "made of what is written in things: made anew",
    "session": "secret: who is signed in",
    "sign_in_attempts": "of the installation: failed tries of passwords",
    "sign_in_letter": "secret: links and codes by which somebody signs in",
    "signing_key": "secret: what tokens are signed with",
    "tortoise_migrations": "of the installation: its version, which the manifest says",
}


class Anew(NamedTuple):
    """Why an export does not have a column, and what a restored row has there, made of the row as it is written."""

    why: str
    make: Callable[[Mapping[str, Any]], Any]


def _nothing(_row: Mapping[str, Any]) -> None:
    return None


#: Rows that no export has, by what holds for all others, and why.
BUT: Mapping[str, tuple[str, str]] = {
    "file": ("taken", "files that nothing has taken yet, or that were given up, are on their way"),
}
#: Columns that no export has.
ANEW: Mapping[tuple[str, str], Anew] = {
    ("account_contact", "contact_order"): Anew("what the contact is sorted by", lambda _: ""),
    ("contact", "portal_email"): Anew("nobody is let in from here by itself: they are invited again", _nothing),
    ("firm", "behind_since"): Anew("of the installation: which logs have to be followed", _nothing),
    ("firm", "epoch"): Anew("the restored log is another one: clients read everything anew", lambda _: str(uuid4())),
    ("mail", "claim"): Anew("of the installation: which worker has it in hand", _nothing),
    ("mail", "next_at"): Anew("nothing is sent from here by itself: the firm may have sent it itself", _nothing),
    ("reminder", "next_at"): Anew("nobody is written to from here by itself: say again how often", _nothing),
    ("member", "password_hash"): Anew("secret: a new password is given with `jobwire set-password`", _nothing),
    ("payment_provider", "former_secret_good"): Anew("of a secret that does not come along", lambda _: False),
    ("payment_provider", "path"): Anew(
        "secret: where the provider sends to is another path", lambda _: token_urlsafe(32)
    ),
    ("payment_provider", "secret_set_at"): Anew("of a secret that does not come along", _nothing),
    ("personal_token", "digest"): Anew("secret: nobody has the token of this", lambda _: token_hex(32)),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column, of a type as PostgreSQL calls it. `of` is the table whose ids it holds, where the database knows.
    `endless`: what has not ended is said to end at infinity."""

    name: str
    sql_type: str
    null: bool = False
    of: str | None = None
    enum: type[Enum] | None = None
    endless: bool = False

    @property
    def exact(self) -> bool:
        """Whether it holds numbers that JSON would round: they are written as texts."""
        return self.sql_type.startswith("DECIMAL")


@dataclass(frozen=True, slots=True)
class PortableTable:
    """A table of a firm. Where rows have no id, the order in which they were made is that of the lines."""

    name: str
    columns: Mapping[str, Column]
    #: What PostgreSQL is to find its rows by: a condition in which `$1` is the firm.
    condition: str
    order: str
    says: str
    model: type[Any] | None = None
    anew: Mapping[str, Anew] = field(default_factory=dict)
    #: Columns that are made of another one.
    made: Mapping[str, MadeOf] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """What an export calls its lines."""
        return f"rows/{self.name}.jsonl"

    @property
    def ids(self) -> list[str]:
        """The columns that hold ids. There is none of this type that holds anything else."""
        return [name for name, column in self.columns.items() if column.sql_type == "UUID"]

    @property
    def within_itself(self) -> bool:
        """Whether a row may be within another one of the table."""
        return any(column.of == self.name for column in self.columns.values())


_OF_THE_LOG = {
    "stay": (
        "since TIMESTAMPTZ, until TIMESTAMPTZ, firm_id UUID, job UUID?, thing UUID?, account UUID?, pipeline UUID?, "
        "course TEXT, away BOOL, origin BOOL",
        "From when until when a job was on a stage or under a custom status.",
    ),
    "completion": (
        "since TIMESTAMPTZ?, until TIMESTAMPTZ, firm_id UUID, job UUID, account UUID?, pipeline UUID?",
        "When a job was completed that still is.",
    ),
    "shown_status": (
        "since TIMESTAMPTZ, until TIMESTAMPTZ, firm_id UUID, account UUID, job UUID, entry UUID, name TEXT, "
        "status TEXT, color TEXT?, description TEXT, changed_at TIMESTAMPTZ",
        "What the client of a job was shown of it, from when until when.",
    ),
}
#: What is kept of the log beside it: no classes of rows, see migrations 0017 and 0054.
OF_THE_LOG = tuple(_OF_THE_LOG)


@cache
def portable_tables() -> tuple[PortableTable, ...]:
    """The tables of a firm, each after those that it names."""
    models = {model._meta.db_table: model for model in _models()}
    described = {name: _described(name, model) for name, model in models.items() if name not in LEFT_OUT}
    ordered: dict[str, PortableTable] = {}

    def put(table: PortableTable) -> None:
        if table.name not in ordered:
            for name in sorted({column.of for column in table.columns.values() if column.of not in (None, table.name)}):
                put(described[str(name)])
            ordered[table.name] = table

    for name in sorted(described):
        put(described[name])
    return (*ordered.values(), *(_of_the_log(name) for name in OF_THE_LOG))


def _models() -> Iterator[type[Any]]:
    """The classes of all tables that the product has."""
    modules_in("models")
    waiting: list[type[Any]] = [Table]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        yield from (each for each in found if not each._meta.abstract and each.__module__.startswith("models."))


def _described(name: str, model: type[Any]) -> PortableTable:
    fields = model._meta.fields_map
    columns: dict[str, Column] = {}
    for name_of_field, of in fields.items():
        column = _column(name_of_field, of)
        # The ORM adds the column of a reference beside it, once it is connected.
        if column.of is not None or column.name not in columns:
            columns[column.name] = column
    made = {name: of for name, of in fields.items() if isinstance(of, MadeOf)}
    anew = {column: ANEW[name, column] for column in columns if (name, column) in ANEW}
    has_id = columns["id"].sql_type == "UUID"
    left_out = {*made, *anew} if has_id else {"id", *made, *anew}
    return PortableTable(
        name,
        {column: of for column, of in columns.items() if column not in left_out},
        _condition(name, columns.values()),
        "id",
        _first_sentence(str(model.__doc__)),
        model,
        anew,
        made,
    )


def _first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n", 1)[0].split()).partition(". ")[0].rstrip(".") + "."


def _column(name: str, of: Any) -> Column:
    if hasattr(of, "model_name"):
        return Column(f"{name}_id", "UUID", of.null, _table_of(of.model_name))
    type_ = str(of.get_for_dialect("postgres", "SQL_TYPE"))
    return Column(of.source_field or name, type_, of.null, enum=getattr(of, "enum_type", None))


@cache
def _tables() -> Mapping[str, str]:
    return {model.__name__: model._meta.db_table for model in _models()}


def _table_of(name: str) -> str:
    return _tables()[name.rpartition(".")[2]]


def _condition(name: str, columns: Any) -> str:
    by_name = {column.name: column for column in columns}
    if name == "firm":
        return "id = $1"
    if "firm_id" in by_name:
        return f"firm_id = $1 AND {BUT[name][0]}" if name in BUT else "firm_id = $1"
    # What belongs to a thing is of the firm of that.
    for column in sorted(by_name.values(), key=lambda column: column.name):
        if column.of is not None and not column.null:
            return f"{column.name} IN (SELECT id FROM {column.of} WHERE firm_id = $1)"
    raise TypeError(f"The table {name} is of no firm: say why no export has it, in LEFT_OUT.")


def _of_the_log(table: str) -> PortableTable:
    columns, says = _OF_THE_LOG[table]
    described = (each.split(" ") for each in columns.split(", "))
    found = [Column(name, type_.rstrip("?"), type_.endswith("?"), endless=name == "until") for name, type_ in described]
    return PortableTable(table, {column.name: column for column in found}, "firm_id = $1", "since, job", says)


#: What the log has of an event, besides whose it is.
EVENT_COLUMNS = {
    column.name: column
    for column in (
        Column("revision", "BIGINT"),
        Column("index", "INT"),
        Column("type", "VARCHAR(60)"),
        Column("data", "JSONB"),
        Column("subject", "UUID", null=True),
        Column("job", "UUID", null=True),
        Column("actor", "JSONB"),
        Column("cause", "BIGINT", null=True),
        Column("hops", "INT"),
        Column("at", "TIMESTAMPTZ"),
    )
}
