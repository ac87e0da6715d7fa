"""What jobs, accounts, tasks, notes and members are found by."""

import base64
from typing import Any
from uuid import UUID

from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind
from models.words import kept_words, title_of

#: Of each table its columns: the title, and what else is written there.
_SEARCHED = {
    Kind.ACCOUNT: ("account", "name", "''"),
    Kind.JOB: ("job", "name", "description"),
    Kind.MEMBER: ("member", "name", "email"),
    Kind.NOTE: ("note", "text", "''"),
    Kind.TASK: ("task", "name", "description"),
}
#: So many rows are read, and written, at a time.
_AT_A_TIME = 2_000


_KEEP = """
INSERT INTO search_entry (thing, firm_id, title, words)
SELECT thing, firm_id, title, array_to_tsvector(string_to_array(words, ' '))
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) AS given(thing, firm_id, title, words)
"""


async def _fill(_apps: Any, editor: Any) -> None:
    for kind, (table, title, more) in _SEARCHED.items():
        after = None
        while rows := await editor.client.execute_query_dict(
            f"SELECT id, firm_id, {title} AS title, {more} AS more FROM {table} WHERE $1::uuid IS NULL OR id > $1 "
            f"ORDER BY id LIMIT {_AT_A_TIME}",
            [after],
        ):
            await editor.client.execute_query(
                _KEEP,
                [
                    [row["id"] for row in rows],
                    [row["firm_id"] for row in rows],
                    [title_of(_title(kind, row["title"])) for row in rows],
                    [
                        _prefixed(
                            row["firm_id"], kind, kept_words(_title(kind, row["title"]), row["title"], row["more"])
                        )
                        for row in rows
                    ],
                ],
            )
            after = rows[-1]["id"]


def _prefixed(firm_id: UUID, kind: Kind, words: set[str]) -> str:
    prefix = f"{base64.b32encode(firm_id.bytes[-5:]).decode().lower()}{kind}:"
    return " ".join(f"{prefix}{word}" for word in words)


def _title(kind: Kind, text: str) -> str:
    """Of a note it is the first line that has a word."""
    if kind is not Kind.NOTE:
        return text
    return next((line for line in text.splitlines() if title_of(line).strip()), "")[:200]


class Migration(migration_steps.Migration):
    dependencies = [("models", "0012_lists")]

    operations = [
        ops.RunSQL(
            sql=[
                "SET LOCAL statement_timeout = 0",
                # Narrow, since a search for a common word reads many: the words stand beside it, and are read by their
                # index.
                "CREATE TABLE search_entry (thing uuid PRIMARY KEY, firm_id uuid NOT NULL REFERENCES firm (id), "
                "title text NOT NULL, words tsvector NOT NULL) WITH (toast_tuple_target = 128)",
                "ALTER TABLE search_entry ALTER COLUMN words SET STORAGE EXTERNAL",
                "CREATE FUNCTION forget_search_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "DELETE FROM search_entry WHERE thing IN (SELECT id FROM gone); RETURN NULL; END $$",
                *(
                    f"CREATE TRIGGER {table}_not_searched AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
                    "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()"
                    for table, _, _ in _SEARCHED.values()
                ),
            ],
            reverse_sql="",
        ),
        ops.RunPython(_fill),
        ops.RunSQL(sql=["CREATE INDEX search_entry_words ON search_entry USING gin (words)"], reverse_sql=""),
    ]
