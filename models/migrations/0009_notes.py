"""Notes."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id


def _belongs_to(model: str, name: str, **options: Any) -> tuple[str, Any]:
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=OnDelete.RESTRICT, **options)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0008_items")]

    operations = [
        ops.CreateModel(
            name="Note",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                _belongs_to("Firm", "firm"),
                _belongs_to("Account", "account", db_index=True),
                _belongs_to("Member", "created_by", null=True, db_index=True),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("text", fields.TextField(unique=False)),
                ("pinned", fields.BooleanField(default=False)),
            ],
            options={
                "table": "note",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "A text on an account, linked to any number of its jobs.",
            },
            bases=["Item"],
        ),
        ops.RunSQL(
            sql=[
                # Few of many.
                "CREATE INDEX note_pinned ON note (firm_id, created_at, id) WHERE pinned",
                "ALTER TABLE note ADD CONSTRAINT note_text CHECK (text <> '')",
            ],
            reverse_sql="",
        ),
    ]
