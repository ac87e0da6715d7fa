"""Wiki pages, and their versions, have files."""

from typing import Any

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields


def _files() -> Any:
    return fields.JSONField(default=list, db_default=SqlDefault("'[]'"))


class Migration(migration_steps.Migration):
    dependencies = [("models", "0042_locked_documents")]

    operations = [
        AddFields([("WikiPage", "file_ids", _files()), ("WikiPageVersion", "file_ids", _files())]),
        ops.RunSQL(
            sql=[
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_files CHECK (jsonb_typeof(file_ids) = 'array')"
                for table in ("wiki_page", "wiki_page_version")
            ],
            reverse_sql="",
        ),
    ]
