"""What is held of one person, a member or a contact: their own rows whole, of what else names them that it does and
when, and their part in the log. Nothing of anybody else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.database import copy_lines, sql
from models.errors import Refusal
from models.event_kinds import KINDS
from models.events import kind_of_thing
from models.ids import Kind, decode, encode
from models.portable.reading import Output
from models.portable.tables import Column, PortableTable, portable_tables
from models.texts import sameness

#: By the kind of person, the rows that are their own: by which column, and what of them besides ids and moments; None
#: for all that an export has. What stands nowhere here is never shown, of whatever kind it is.
_OWN: Mapping[Kind, Mapping[tuple[str, str], tuple[str, ...] | None]] = {
    Kind.MEMBER: {
        ("member", "id"): None,
        ("absence", "member_id"): None,
        ("file", "created_by_id"): ("name", "size", "content_type"),
        ("mail", "created_by_id"): ("subject", "text"),
        ("message", "created_by_id"): ("number", "text"),
        ("personal_token", "member_id"): None,
        ("saved_view", "member_id"): None,
        ("time_entry", "member_id"): ("day", "minutes", "note", "billable", "flags"),
    },
    Kind.CONTACT: {
        ("contact", "id"): None,
        ("account_contact", "contact_id"): ("title", "signs", "gets_mail"),
        ("document", "decided_by_id"): ("state", "decision_note"),
        ("mail", "contact_id"): ("to_name", "address", "subject", "text", "state", "answer"),
        ("payment", "payer_id"): ("method", "state", "currency", "amount", "received_date", "reference", "failure"),
        ("signer", "contact_id"): ("name", "place", "method", "signed_on", "digest", "address", "evidence"),
    },
}
_PEOPLE = (Kind.MEMBER, Kind.CONTACT)
#: Columns that name a member, and that no foreign key holds.
_MEMBERS = frozenset({"created_by_id", "updated_by_id", "written_by_id"})
#: What any member may rewrite is theirs who wrote it last. The log says who that was of a note, and where it does not,
#: the row has to name nobody else. Of a page all that it said is kept: what another one said in the very same words
#: before is theirs, and was taken up again.
_WRITTEN: Mapping[str, str] = {
    "note": """
SELECT id, created_at, updated_at, text FROM note WHERE firm_id = $1 AND coalesce((
    SELECT coalesce(actor->>'id', '') FROM event
    WHERE firm_id = $1 AND subject = note.id AND type = 'NoteUpdated' AND data->'changes' ? 'text'
    ORDER BY revision DESC, index DESC LIMIT 1
), CASE WHEN coalesce(updated_by_id, created_by_id) = created_by_id THEN created_by_id::text END) = $2::uuid::text
ORDER BY id
""",
    "wiki_page": """
WITH said AS (
    SELECT id, version, name, text, updated_at AS written_at, coalesce(updated_by_id, created_by_id) AS written_by_id
    FROM wiki_page WHERE firm_id = $1
    UNION ALL
    SELECT wiki_page_id, version, name, text, written_at, written_by_id
    FROM wiki_page_version WHERE wiki_page_id IN (SELECT id FROM wiki_page WHERE firm_id = $1)
)
SELECT id, version, written_at, name, text FROM said WHERE written_by_id = $2::uuid AND NOT EXISTS (
    SELECT FROM said AS before WHERE before.id = said.id AND before.version < said.version
    AND before.text = said.text AND before.written_by_id IS DISTINCT FROM $2::uuid
) ORDER BY id, version
""",
}
#: Columns of JSON in which filters name things as clients do.
_FILTERS = frozenset({("saved_view", "job_filter")})
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
        yield from (Held(f"{name} written", query, (person.firm_id, person.id)) for name, query in _WRITTEN.items())
        yield from (_checked_off(person, table, column) for table, column in _CHECKED)
    yield Held("session", _SESSIONS.format(person=f"{person.kind}_id"), (person.id,))
    about = (
        "SELECT at, revision, type, data FROM event WHERE firm_id = $1 AND subject = $2::uuid ORDER BY revision, index"
    )
    yield Held("events about them", about, (person.firm_id, person.id))
    values = (person.firm_id, person.kind.upper(), person.id)
    yield Held("events by them", _EVENTS.format(actor="actor", more=""), (*values, _about_people()))
    # What automations did because of them: the log names who began a chain of causes.
    caused = _EVENTS.format(actor="actor->'causer'", more=", cause, hops")
    yield Held("events because of them", caused, (*values, _about_people()))
    yield Held("automation_run by causer", _RUNS, values)


_SESSIONS = "SELECT created_at, expires_at, ended_at FROM session WHERE {person} = $1 ORDER BY created_at"
_EVENTS = """
SELECT at, revision, type, job,
    CASE WHEN type <> ALL($4::text[]) OR subject = $3::uuid THEN subject END AS subject{more}
FROM event WHERE firm_id = $1 AND {actor}->>'kind' = $2 AND {actor}->>'id' = $3::uuid::text ORDER BY revision, index
"""
_RUNS = """
SELECT id, job_id, type, state, cause, hops, created_at, ended_at FROM automation_run
WHERE firm_id = $1 AND causer->>'kind' = $2 AND causer->>'id' = $3::uuid::text ORDER BY id
"""


def _about_people() -> list[str]:
    """The types of events whose subject is a person."""
    return [name for name, event in KINDS.items() if kind_of_thing(event) in _PEOPLE]


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
    if any(_names(kind, table, column) for kind in _PEOPLE):
        return f'CASE WHEN "{column.name}" = $2::uuid THEN "{column.name}" END AS "{column.name}"'
    if (table.name, column.name) in _FILTERS:
        others = f'"(?!{encode(person.kind, person.id)}")({"|".join(_PEOPLE)})_[0-9a-z]{{26}}"'
        return f"regexp_replace({column.name}::text, '{others}', 'null', 'g')::jsonb AS {column.name}"
    return f'"{column.name}"::text AS "{column.name}"' if column.exact else f'"{column.name}"'


def _checked_off(person: Person, table: str, column: str) -> Held:
    query = (
        f"SELECT thing.id, entry->'number' AS number, entry->'checked_at' AS checked_at FROM {table} AS thing, "
        f"jsonb_array_elements({column}) AS entry WHERE firm_id = $1 AND entry->>'checked_by' = $2 ORDER BY thing.id"
    )
    return Held(f"{table} by {column}", query, (person.firm_id, str(person.id)))
