"""Lines of an export, read back: whether each is a row of its table, or an event, before anything is written."""

import re
from collections.abc import Collection, Mapping, Set
from datetime import UTC, date, datetime, timedelta
from typing import Any

from models.actor import ActorKind
from models.event_kinds import KINDS
from models.events import from_json
from models.portable.faults import Unrestorable
from models.portable.tables import EVENT_COLUMNS, Column, PortableTable

#: What a column of a type holds, as JSON has it. What else there is to know of it, the database knows.
_HELD: Mapping[str, type | tuple[type, ...]] = {
    "BIGINT": int,
    "BOOL": bool,
    "INT": int,
    "JSONB": (dict, list),
    "SMALLINT": int,
}
#: Numbers are of less than this: whatever counts on, such as versions and revisions, has room for it.
_LESS_THAN: Mapping[str, int] = {"BIGINT": 2**52, "INT": 2**30, "SMALLINT": 2**15}
_MADE_OF: Mapping[str, re.Pattern[str]] = {
    "DECIMAL": re.compile(r"-?[0-9]+(\.[0-9]+)?"),
    "INT4MULTIRANGE": re.compile(r"\{(\[[0-9]+,[0-9]+\)(,\[[0-9]+,[0-9]+\))*)?\}"),
    "UUID": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
#: The first day that Python has and the last one are to PostgreSQL
#: (https://magicstack.github.io/asyncpg/current/usage.html#type-conversion).
_ENDLESS = ("-infinity", "infinity")
#: So far the clocks of two computers are apart at most.
_CLOCKS_DIFFER = timedelta(days=1)
#: What the log says of who did something: a token only where they came with one.
_ACTOR = frozenset({"kind", "id", "label"})


def check_row(table: PortableTable, row: Any, firm_id: str) -> None:
    """`Unrestorable` where this is no row of the table, or of another firm."""
    _expect_columns(row, table.columns)
    whose = row.get("id" if table.name == "firm" else "firm_id", firm_id)
    if whose != firm_id:
        raise Unrestorable("it is of another firm than the archive")


def check_event(row: Any, revision: int, month: datetime, now: datetime) -> None:
    """`Unrestorable` where this is no event that this version knows, of a later revision than the firm's, or of another
    time than this month, which begins at that moment, or of one that has not come."""
    _expect_columns(row, EVENT_COLUMNS)
    at = datetime.fromisoformat(row["at"]).astimezone(UTC)
    if (at.year, at.month) != (month.year, month.month):
        raise Unrestorable("it is of another month than its part")
    if at > now + _CLOCKS_DIFFER:
        raise Unrestorable(f"it is of {at:%Y-%m-%d}, and today is {now:%Y-%m-%d}")
    if row["type"] not in KINDS:
        raise Unrestorable(f"this version knows no event {row['type'][:60]}")
    if not 0 < row["revision"] <= revision:
        raise Unrestorable(f"its revision is none of the firm's, which has {revision}")
    try:
        from_json(row["type"], row["data"])
        known = _is_actor(row["actor"])
    except (AttributeError, LookupError, TypeError, ValueError):
        raise Unrestorable(f"it is no event {row['type']}") from None
    if not known:
        raise Unrestorable("its actor is not known")


def _is_actor(actor: Any, *, may_have: Set[str] = frozenset({"token", "causer"})) -> bool:
    if not isinstance(actor, Mapping):
        return False
    ids = (actor["id"], actor.get("token"))
    return (
        actor["kind"] in list(ActorKind)
        and actor.keys() - may_have == _ACTOR
        and ("causer" not in actor or _is_actor(actor["causer"], may_have=frozenset()))
        and all(each is None or (isinstance(each, str) and _MADE_OF["UUID"].fullmatch(each)) for each in ids)
        and isinstance(actor["label"], str | None)
    )


def _expect_columns(row: Any, columns: Mapping[str, Column]) -> None:
    if not isinstance(row, dict):
        raise Unrestorable("it is no object")
    if unknown := row.keys() - columns.keys():
        raise Unrestorable(f"it has columns that are not known here: {_named(unknown)}")
    if missing := columns.keys() - row.keys():
        raise Unrestorable(f"it lacks columns: {_named(missing)}")
    for name, column in columns.items():
        if not _fits(column, row[name]):
            raise Unrestorable(
                f"its {name} is no {column.sql_type}" if column.enum is None else f"its {name} is not known"
            )


def _fits(column: Column, value: Any) -> bool:
    if value is None:
        return column.null
    if column.enum is not None:
        return isinstance(value, str) and value in {each.value for each in column.enum}
    held = _HELD.get(column.sql_type, str)
    # Whether is a number to Python.
    if not isinstance(value, held) or (isinstance(value, bool) and held is int):
        return False
    return _is_within(column, value)


def _is_within(column: Column, value: Any) -> bool:
    """Whether it is a value that can be read again, and be gone on from: PostgreSQL has more than these."""
    match column.sql_type.partition("(")[0]:
        case "BIGINT" | "INT" | "SMALLINT" as whole:
            return bool(abs(value) < _LESS_THAN[whole])
        case "DATE":
            return value in _ENDLESS or _is_day(value)
        case "TIMESTAMPTZ":
            return _is_moment(value) or (value == "infinity" and column.endless)
        case "DECIMAL" | "INT4MULTIRANGE" | "UUID" as form:
            return _MADE_OF[form].fullmatch(value) is not None
    return True


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value) > date.min
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return False
    # In no time zone that is another year than Python has.
    return moment.tzinfo is not None and date.min.year < moment.year < date.max.year


def _named(columns: Collection[str]) -> str:
    return ", ".join(sorted(name[:60] for name in columns)[:5])
