"""Texts get keys beside them: what all have in common that are taken for the same, and what names are sorted by."""

from collections.abc import Callable
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from models import migration_steps
from models.reading_order import LONGEST, order_key
from models.rows.keys import name_order, same
from models.texts import LONGEST_SAMENESS, sameness

#: What is listed by name, and its table.
_NAMED = {
    "Account": "account",
    "ClientStatus": "client_status",
    "Job": "job",
    "Member": "member",
    "Pipeline": "pipeline",
    "Status": "status",
    "Tag": "tag",
}
#: So many rows are read, and written, at a time.
_AT_A_TIME = 10_000


async def _fill(_apps: Any, editor: Any) -> None:
    await editor.client.execute_script("SET LOCAL statement_timeout = 0")
    await _unlike(editor.client, "tag", "name", "name_key", of="firm_id")
    await _unlike(editor.client, "member", "email", "email_key", of="NULL::uuid")
    for table in _NAMED.values():
        await _make(editor.client, table, "name", "name_order", lambda row: order_key(row["source"]))


async def _unlike(client: Any, table: str, source: str, column: str, of: str) -> None:
    """Give every row its key. Where an older one (ids tell the time) has it already, the row keeps its text, and gets a
    key that no text has: its own id, behind a character that no key holds."""
    taken: set[tuple[Any, str]] = set()

    def key(row: Any) -> str:
        found = (row["of"], sameness(row["source"]))
        if found in taken:
            return f"\x01{row['id']}"
        taken.add(found)
        return found[1]

    await _make(client, table, source, column, key, of)


async def _make(
    client: Any, table: str, source: str, column: str, key: Callable[[Any], str], of: str = "NULL::uuid"
) -> None:
    after = None
    while rows := await client.execute_query_dict(
        f"SELECT id, {source} AS source, {of} AS of FROM {table} WHERE $1::uuid IS NULL OR id > $1 "
        f"ORDER BY id LIMIT {_AT_A_TIME}",
        [after],
    ):
        await client.execute_query(
            f"UPDATE {table} SET {column} = made.key FROM unnest($1::uuid[], $2::text[]) AS made(id, key) "
            f"WHERE {table}.id = made.id",
            [[row["id"] for row in rows], [key(row) for row in rows]],
        )
        after = rows[-1]["id"]


class Migration(migration_steps.Migration):
    dependencies = [("models", "0003_log_by_month")]

    operations = [
        ops.AddField("Tag", "name_key", fields.CharField(max_length=LONGEST_SAMENESS, null=True)),
        ops.AddField("Member", "email_key", fields.CharField(max_length=LONGEST_SAMENESS, null=True, unique=True)),
        *(ops.AddField(model, "name_order", fields.CharField(max_length=LONGEST, null=True)) for model in _NAMED),
        ops.RunSQL(
            # Compared bytewise, whatever the database's locale.
            sql=[
                f'ALTER TABLE {table} ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"'
                for table in _NAMED.values()
            ],
            reverse_sql="",
        ),
        ops.RunPython(_fill),
        ops.AlterField("Tag", "name_key", same("name")),
        ops.AlterField("Member", "email_key", same("email", unique=True)),
        *(ops.AlterField(model, "name_order", name_order()) for model in _NAMED),
        ops.RemoveIndex("Account", fields=["firm_id", "name", "id"]),
        ops.AddIndex("Account", Index(fields=["firm_id", "name_order", "id"])),
        ops.RunSQL(
            sql=[
                "DROP INDEX member_of_firm",
                "CREATE INDEX member_of_firm ON member (firm_id, name_order, id)",
            ],
            reverse_sql="",
        ),
        ops.RemoveConstraint("Tag", fields=["firm", "name"]),
        ops.AddConstraint("Tag", UniqueConstraint(fields=("firm", "name_key"))),
    ]
