"""All that a firm has is in an export, or said to be left out, with the reason."""

from __future__ import annotations

from models.database import sql
from models.portable.tables import ANEW, EVENT_COLUMNS, LEFT_OUT, portable_tables

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_COLUMNS = """
SELECT attname AS name, attnotnull AS needed, format_type(atttypid, NULL) AS type FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""


async def test_every_table_is_exported_or_left_out_with_a_reason(database: str) -> None:
    exported = {table.name for table in portable_tables()}
    there = {row["relname"] for row in await sql(_TABLES)}
    assert exported | LEFT_OUT.keys() == there
    assert exported & LEFT_OUT.keys() == set()
    assert all(LEFT_OUT.values())


async def test_every_column_is_exported_or_made_anew(database: str) -> None:
    for table in portable_tables():
        columns = {row["name"]: row for row in await sql(_COLUMNS, table.name)}
        known = table.columns.keys() | table.anew.keys() | table.made.keys()
        numbered = set() if columns.get("id", {"type": "uuid"})["type"] == "uuid" else {"id"}
        assert columns.keys() - numbered == known, table.name
        for name, column in table.columns.items():
            assert column.null is not columns[name]["needed"], (table.name, name)
            # Ids alone are of this type: a copy gives each another.
            assert (column.sql_type == "UUID") is (columns[name]["type"] == "uuid"), (table.name, name)
    named = {(table.name, column) for table in portable_tables() for column in table.anew}
    assert named == ANEW.keys()
    log = {row["name"] for row in await sql(_COLUMNS, "event")}
    # A call's key is another's in another installation, and the number has no meaning.
    assert log - EVENT_COLUMNS.keys() == {"id", "firm_id", "idempotency_key"}


async def test_what_names_something_comes_after_it(database: str) -> None:
    before: set[str] = set()
    for table in portable_tables():
        assert {column.of for column in table.columns.values()} - {None} <= before | {table.name}
        before.add(table.name)


async def test_no_secret_is_a_column_of_an_export() -> None:
    secret = {"password", "secret", "hash", "digest", "token", "path"}
    found = {
        f"{table.name}.{column}"
        for table in portable_tables()
        for column in table.columns
        if secret & set(column.split("_"))
    }
    # What was signed has a digest, which is no secret.
    assert found == {"signer.digest"}
