"""Lines of a table, read by a map of its columns: what the domain takes over."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from interchange.imports.faults import FileRefused
from interchange.imports.fields import Field, What
from interchange.imports.mappings import ColumnMap, Place
from interchange.imports.tables import Cell, Row
from models.errors import Invalid
from models.gathered import Gathered
from models.imports.lines import AccountSaid, Called, ClientLine, ContactSaid, EntryLine, JobLine, Line, TaskLine
from models.reasons import Reason
from models.seen import AccountType
from models.texts import sameness

#: The columns that a file of refused lines has besides: the number of a line, why it was refused, and its key where it
#: has none of its own.
LINE, REASON, KEY = "Jobwire line", "Jobwire reason", "Jobwire key"
OURS = (LINE, REASON, KEY)

#: By what a line without a key is known again: all that it says, unless it is told here.
_KNOWN_BY: Mapping[What, frozenset[str]] = {
    What.JOBS: frozenset({"account.key", "account.name", "pipeline", "name", "period", "start_date"}),
    What.TASKS: frozenset({"account.key", "account.name", "job.key", "job.name", "name"}),
}

Values = Mapping[str, Any]


class Lines:
    """Reads the lines of a file with these columns."""

    def __init__(self, map: ColumnMap, columns: Sequence[str]) -> None:
        self._map = map
        self._places = {sameness(text): place for text, place in map.places.items()}
        at = {sameness(column): place for place, column in enumerate(columns) if column}
        self._own_key = at.get(sameness(KEY))
        self._columns: list[tuple[Field, list[int]]] = []
        #: The columns of each field, as the file calls them.
        self.named: dict[str, list[str]] = {}
        missing = []
        for field, called in map.fields():
            places = [at[sameness(column)] for column in called if sameness(column) in at]
            if field.name in map.needed and len(places) < len(called):
                missing += [column for column in called if sameness(column) not in at]
            if places or field.name in map.constants:
                self._columns.append((field, places))
                self.named[field.name] = [columns[place] for place in places]
        if missing:
            there = ", ".join(column for column in columns if column)
            raise FileRefused(f"The file lacks the columns {', '.join(missing)}. It has: {there}.")
        if not any(places for _, places in self._columns):
            raise FileRefused(f"None of the file's columns is mapped. It has: {', '.join(filter(None, columns))}.")
        read = {place for _, places in self._columns for place in places}
        #: The columns that nothing is read from.
        self.unread = [
            column for place, column in enumerate(columns) if column and place not in read and column not in OURS
        ]
        self._times: Counter[bytes] = Counter()

    @property
    def kind(self) -> type[Line]:
        """What its lines are to the domain."""
        return _MADE[self._map.what]

    def key_of(self, row: Row) -> str | None:
        """The key that a line gets which has none of its own: by all or some of what it says, and by how many lines
        that say the same were before it. It is asked once of each line, in their order."""
        if self._map.what in (What.ACCOUNTS, What.CONTACTS):
            return None
        if self._own_key is not None and (own := row.cells[self._own_key]):
            return str(own)
        known_by = _KNOWN_BY.get(self._map.what)
        said = [
            (field.name, [str(row.cells[place]) for place in places])
            for field, places in self._columns
            if known_by is None or field.name in known_by
        ]
        digest = hashlib.sha256(repr(said).encode(errors="replace")).digest()[:20]
        self._times[digest] += 1
        return f"={digest.hex()}#{self._times[digest]}"

    def read(self, row: Row, key: str | None) -> Line:
        """What a line says; `key` is for where it has none of its own. `Invalid` names each field that is not read."""
        if row.wrong is not None:
            raise Invalid(row.wrong, reason=Reason.FORMAT, format="LINE")
        with Gathered() as check:
            said = {field.name: check(self._value, field, places, row.cells) for field, places in self._columns}
        values = {name: value for name, value in said.items() if value is not None}
        return _MAKES[self._map.what](self, values, key)

    def _value(self, field: Field, places: Sequence[int], cells: Sequence[Cell]) -> Any:
        how = self._map.reading
        found = [value for place in places if (value := field.read(cells[place], field.name, how)) is not None]
        if not found and (constant := self._map.constants.get(field.name)) is not None:
            found = [field.read(constant, field.name, how)]
        if not found:
            return None
        return [each for value in found for each in value] if field.many else found[0]

    def _account(self, values: Values, _key: str | None) -> Line:
        said = _account_said(values, "")
        if said is None:
            raise _missing("name", "an account has a key or a name")
        return ClientLine(account=said)

    def _client(self, values: Values, _key: str | None) -> Line:
        account, name = _account_said(values, "account."), _name_of(values)
        person = ContactSaid(
            key=values.get("key"),
            fields=_only(values, "phone", "language") | ({"name": name} if name is not None else {}),
            emails=values.get("emails", ()),
            there=_only(values, "title", "signs", "gets_mail"),
        )
        is_somebody = person.key is not None or name is not None
        if not is_somebody and (person.emails or person.fields):
            raise _missing("name", "a contact has a key or a name")
        if account is None and self._map.own_account and is_somebody:
            account = AccountSaid(
                key=person.key,
                fields={"type": AccountType.INDIVIDUAL} | ({"name": name} if name is not None else {}),
                tags=values.get("account.tags", ()),
                team=values.get("account.team", ()),
            )
        if account is None and not is_somebody:
            raise _missing("name", "the line says neither who it is, nor of which account")
        return ClientLine(account=account, contact=person if is_somebody else None)

    def _job(self, values: Values, key: str | None) -> Line:
        place = self._place(values)
        return JobLine(
            key=_key_in(values, key),
            account=_called(values, "account"),
            pipeline=_needed(values, "pipeline"),
            stage=values.get("stage", place.stage),
            status=values.get("status", place.status),
            fields={
                "name": _needed(values, "name"),
                **_only(values, "description", "priority", "start_date", "due_date", "deadline", "period", "budget"),
            },
            assignees=values.get("assignees", ()),
        )

    def _place(self, values: Values) -> Place:
        """What is said of "Primary - Secondary", or else of the part before the dash."""
        if (found := values.get("place")) is None:
            return Place()
        for text in (found, found.partition(" - ")[0]):
            if (place := self._places.get(sameness(text))) is not None:
                return place
        there = ", ".join(self._map.places) or "none yet"
        told = f"The mapping does not say where {found!r} is. Its [places] are: {there}."
        raise Invalid(told, "place", reason=Reason.NOT_ONE_OF, values=list(self._map.places))

    def _task(self, values: Values, key: str | None) -> Line:
        names = ("description", "priority", "start_date", "due_date", "estimate")
        return TaskLine(
            key=_key_in(values, key),
            account=_called(values, "account"),
            job=_called(values, "job"),
            state=values.get("state"),
            fields={"name": _needed(values, "name"), **_only(values, *names)},
            assignees=values.get("assignees", ()),
        )

    def _entry(self, values: Values, key: str | None) -> Line:
        return EntryLine(
            key=_key_in(values, key),
            member=values.get("member"),
            account=_called(values, "account"),
            job=_called(values, "job"),
            fields={
                "day": _needed(values, "day"),
                "minutes": _needed(values, "minutes"),
                **_only(values, "note", "billable"),
            },
            rate=values.get("rate"),
        )

    def columns_of(self, path: Sequence[str | int]) -> str | None:
        """The columns that a refusal is about, by its path in the names of the domain; None where it is none's."""
        names = [str(part) for part in path if isinstance(part, str)]
        if self._map.what is What.ACCOUNTS and names[:1] == ["account"]:
            names = names[1:]
        first = names[0].removesuffix("_id").removesuffix("_ids") if names else ""
        first = {"tag": "tags", "team": "team", "assignee": "assignees"}.get(first, first)
        for name in (".".join(names[:2]), first):
            wanted = [columns for field, columns in self.named.items() if field == name or field.startswith(f"{name}.")]
            if found := [column for columns in wanted for column in columns]:
                return ", ".join(found)
        if first == "name" and (parts := [c for name in _NAMES for c in self.named.get(name, ())]):
            return ", ".join(parts)
        return None


_MAKES: Mapping[What, Callable[[Lines, Values, str | None], Line]] = {
    What.ACCOUNTS: Lines._account,
    What.CONTACTS: Lines._client,
    What.JOBS: Lines._job,
    What.TASKS: Lines._task,
    What.TIME_ENTRIES: Lines._entry,
}
_MADE: Mapping[What, type[Line]] = {
    What.ACCOUNTS: ClientLine,
    What.CONTACTS: ClientLine,
    What.JOBS: JobLine,
    What.TASKS: TaskLine,
    What.TIME_ENTRIES: EntryLine,
}
_NAMES = ("first_name", "middle_name", "last_name")


def _only(values: Values, *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _called(values: Values, of: str) -> Called:
    return Called(key=values.get(f"{of}.key"), name=values.get(f"{of}.name"))


def _account_said(values: Values, within: str) -> AccountSaid | None:
    """What is said of an account; None where neither its key nor its name is."""
    fields = {name: values[within + name] for name in ("name", "type") if within + name in values}
    key = values.get(f"{within}key")
    if key is None and "name" not in fields:
        return None
    return AccountSaid(
        key=key, fields=fields, tags=values.get(f"{within}tags", ()), team=values.get(f"{within}team", ())
    )


def _name_of(values: Values) -> str | None:
    """The name of a contact, or its parts together."""
    return values.get("name") or " ".join(values[part] for part in _NAMES if part in values) or None


def _key_in(values: Values, key: str | None) -> str:
    found: str | None = values.get("key", key)
    assert found is not None
    return found


def _needed(values: Values, name: str) -> Any:
    if name not in values:
        raise _missing(name, "it is needed")
    return values[name]


def _missing(name: str, why: str) -> Invalid:
    return Invalid(f"Nothing is said here: {why}.", name, reason=Reason.MISSING, field=name)
