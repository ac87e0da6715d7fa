"""Storing any number of rows in one statement."""

from collections.abc import Sequence
from functools import cache

from models.database import sql
from models.rows import Row
from models.rows.keys import made_of
from models.stamps import UPDATED


@cache
def _statement(model: type[Row], columns: tuple[str, ...]) -> str:
    table, types = model._meta.db_table, [_type(model, column) for column in columns]
    given = ", ".join(f"${place}::{type}[]" for place, type in enumerate(["uuid", *types], 1))
    values = ", ".join(f"{column} = given.{column}" for column in columns)
    return f"""
    UPDATE {table} AS stored SET {values} FROM unnest({given}) AS given({", ".join(["id", *columns])})
    WHERE stored.id = given.id
    """


def _type(model: type[Row], column: str) -> str:
    return str(model._meta.fields_map[column].get_for_dialect("postgres", "SQL_TYPE"))


async def store_all(rows: Sequence[Row], *columns: str) -> None:
    """Write these columns of rows of one kind and raise their versions, as `Row.store` does of one."""
    if not rows:
        return
    model = type(rows[0])
    columns = (*columns, *sorted(made_of(model, set(columns))), "version", *UPDATED)
    for row in rows:
        row.version += 1
    fields = [(column, model._meta.fields_map[column]) for column in columns]
    values = [[field.to_db_value(getattr(row, column), row) for row in rows] for column, field in fields]
    await sql(_statement(model, columns), [row.id for row in rows], *values)
