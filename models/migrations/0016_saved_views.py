"""Saved views."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.reading_order import LONGEST
from models.rows.keys import name_order
from models.stamps import created_at, created_by, updated_at, updated_by


def _belongs_to(model: str, name: str, *, index: bool = False) -> tuple[str, Any]:
    options: dict[str, Any] = {"db_constraint": True, "to_field": "id", "related_name": False, "db_index": index}
    return name, fields.ForeignKeyField(
        f"models.{model}", on_delete=OnDelete.RESTRICT, source_field=f"{name}_id", **options
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0015_activity")]

    operations = [
        ops.CreateModel(
            name="SavedView",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                _belongs_to("Firm", "firm"),
                _belongs_to("Member", "member", index=True),
                ("name", fields.CharField(max_length=100)),
                ("name_order", name_order()),
                ("shared", fields.BooleanField(default=False)),
                ("job_filter", fields.JSONField(null=True)),
                ("job_sort", fields.JSONField(default=list)),
                ("card_fields", fields.JSONField(null=True)),
                ("created_at", created_at()),
                ("created_by_id", created_by()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
            ],
            options={
                "table": "saved_view",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "name_order", "id"])],
                "pk_attr": "id",
                "table_description": "A filter, an order and card fields for lists of jobs, under a name.",
            },
            bases=["Row"],
        ),
        # Bytewise, as in all lists by name.
        ops.RunSQL(
            sql=[f'ALTER TABLE saved_view ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"'], reverse_sql=""
        ),
    ]
