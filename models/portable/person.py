"""What is held of one person, a member or a contact: their own rows whole, of what else names them that it does and
when, and their part in the log. Nothing of anybody else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.database import copy_lines, sql
from models.errors import Refusal
from models.ids import Kind, decode
from models.portable.reading import Output
from models.portable.tables import Column, PortableTable, portable_tables
from models.texts import sameness

#: By the kind of person, the rows that are their own: by which column, and what of them besides ids and moments; None
#: for all that an export has. What stands nowhere here is never shown, of whatever kind it is.
_OWN: Mapping[Kind, Mapping[tuple[str, str], tuple[str, ...] | None]] = {
    Kind.MEMBER: {
        ("member", "id"): None,
        ("absence", "member_id"): None,
        ("message", "created_by_id"): ("number", "text"),
        ("note", "created_by_id"): ("text", "pinned"),
        ("personal_token", "member_id"): None,
        ("saved_view", "member_id"): None,
        ("time_entry", "member_id"): ("day", "minutes", "note", "billable", "flags"),
        ("wiki_page_version", "written_by_id"): ("version", "name", "text"),
    },
    Kind.CONTACT: {
        ("contact", "id"): None,
        ("account_contact", "contact_id"): ("title", "signs", "gets_mail"),
        ("document", "decided_by_id"): ("state", "decision_note"),
        ("payment", "payer_id"): ("method", "state", "currency", "amount", "received_date", "reference", "failure"),
        ("signer", "contact_id"): ("name", "place", "method", "signed_on", "digest", "address", "evidence"),
    },
}
#: Columns that name a member, and that no foreign key holds.
_MEMBERS = frozenset({"created_by_id", "updated_by_id", "written_by_id"})
#: Of lists in JSON whose entries say which member checked them off.
_CHECKED = (("task", "checklist"), ("chat", "client_tasks"))


@dataclass(frozen=True, slots=True)
class Person:
    """A member or a contact of a firm."""

    kind: Kind
    id: UUID
    firm_id: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """Something that is held of a person: what it is called, and the query that finds it, a line of JSON each."""

    name: str
    query: str
    values: tuple[object, ...]

    async def read(self, output: Output) -> None:
        """The lines."""
        await copy_lines(f"SELECT row_to_json(line) FROM ({self.query}) AS line", *self.values, output=output)


async def member_called(email: str) -> Person | None:
    """The member at an address, active or not."""
    rows = await sql("SELECT id, firm_id FROM member WHERE email_key = $1", sameness(email))
    return Person(Kind.MEMBER, **rows[0]) if rows else None


async def contact_called(text: str) -> Person | None:
    """The contact with an id."""
    try:
        id = decode(Kind.CONTACT, text)
    except Refusal:
        return None
    rows = await sql("SELECT id, firm_id FROM contact WHERE id = $1", id)
    return Person(Kind.CONTACT, **rows[0]) if rows else None


def held_of(person: Person) -> Iterator[Held]:
    """All of it, in an order of its own."""
    for table in portable_tables():
        for column in table.columns.values():
            if _names(person.kind, table, column):
                yield _in_column(person, table, column)
    if person.kind is Kind.MEMBER:
        yield from (_checked_off(person, table, column) for table, column in _CHECKED)
        sessions = "SELECT created_at, expires_at, ended_at FROM session WHERE member_id = $1 ORDER BY created_at"
        yield Held("session", sessions, (person.id,))
    about = (
        "SELECT at, revision, type, data FROM event WHERE firm_id = $1 AND subject = $2::uuid ORDER BY revision, index"
    )
    yield Held("events about them", about, (person.firm_id, person.id))
    by = (
        "SELECT at, revision, type, subject, job FROM event WHERE firm_id = $1 AND actor->>'kind' = $2 "
        "AND actor->>'id' = $3 ORDER BY revision, index"
    )
    yield Held("events by them", by, (person.firm_id, person.kind.upper(), str(person.id)))


def _names(kind: Kind, table: PortableTable, column: Column) -> bool:
    """Whether a column names people of this kind: as their own row, or as whoever did something."""
    if (table.name, column.name) == (kind.value, "id"):
        return True
    return column.of == kind.value or (kind is Kind.MEMBER and column.of is None and column.name in _MEMBERS)


def _in_column(person: Person, table: PortableTable, column: Column) -> Held:
    own = _OWN[person.kind].get((table.name, column.name), ())
    shown = [each for each in table.columns.values() if own is None or each.name in own or _says_which(table, each)]
    columns = ", ".join(_selected(person, table, each) for each in shown)
    query = (
        f'SELECT {columns} FROM {table.name} WHERE {table.condition} AND "{column.name}" = $2::uuid '
        f"ORDER BY {table.order}"
    )
    name = table.name if column.name == "id" else f"{table.name} by {column.name}"
    return Held(name, query, (person.firm_id, person.id))


def _says_which(table: PortableTable, column: Column) -> bool:
    """Whether a column says which thing it is, or when something was, and nothing else."""
    return column.sql_type in ("UUID", "TIMESTAMPTZ") or (table.name, column.name) == ("job_item", "kind")


def _selected(person: Person, table: PortableTable, column: Column) -> str:
    # Whoever else is named stays unnamed.
    if column.name != "id" and any(_names(kind, table, column) for kind in (Kind.MEMBER, Kind.CONTACT)):
        return f'CASE WHEN "{column.name}" = $2::uuid THEN "{column.name}" END AS "{column.name}"'
    return f'"{column.name}"::text AS "{column.name}"' if column.exact else f'"{column.name}"'


def _checked_off(person: Person, table: str, column: str) -> Held:
    query = (
        f"SELECT thing.id, entry->'number' AS number, entry->'checked_at' AS checked_at FROM {table} AS thing, "
        f"jsonb_array_elements({column}) AS entry WHERE firm_id = $1 AND entry->>'checked_by' = $2 ORDER BY thing.id"
    )
    return Held(f"{table} by {column}", query, (person.firm_id, str(person.id)))
