"""Lines of an export, read back: whether each is a row of its table, or an event, before anything is written."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from models.actor import ActorKind
from models.event_kinds import KINDS
from models.events import from_json
from models.portable.faults import Unrestorable
from models.portable.tables import EVENT_COLUMNS, Column, PortableTable

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What a column of a type holds, as JSON has it. What else there is to know of it, the database knows.
_HELD: Mapping[str, type | tuple[type, ...]] = {
    "BIGINT": int,
    "BOOL": bool,
    "INT": int,
    "JSONB": (dict, list),
    "SMALLINT": int,
}


def check_row(table: PortableTable, row: Any, firm_id: str) -> None:
    """`Unrestorable` where this is no row of the table, or of another firm."""
    _expect_columns(row, table.columns)
    whose = row.get("id" if table.name == "firm" else "firm_id", firm_id)
    if whose != firm_id:
        raise Unrestorable("it is of another firm than the archive")


def check_event(row: Any, revision: int) -> None:
    """`Unrestorable` where this is no event that this version knows, or of a later revision than the firm's."""
    _expect_columns(row, EVENT_COLUMNS)
    if row["type"] not in KINDS:
        raise Unrestorable(f"this version knows no event {row['type'][:60]}")
    if not 0 < row["revision"] <= revision:
        raise Unrestorable(f"its revision is none of the firm's, which has {revision}")
    try:
        from_json(row["type"], row["data"])
        ActorKind(row["actor"]["kind"])
    except (AttributeError, LookupError, TypeError, ValueError):
        raise Unrestorable(f"it is no event {row['type']}") from None


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
        return value in {each.value for each in column.enum}
    held = _HELD.get(column.sql_type, str)
    # Whether is a number to Python.
    if not isinstance(value, held) or (isinstance(value, bool) and held is int):
        return False
    return column.sql_type != "UUID" or _UUID.fullmatch(str(value)) is not None


def _named(columns: Collection[str]) -> str:
    return ", ".join(sorted(name[:60] for name in columns)[:5])
