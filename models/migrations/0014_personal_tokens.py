"""Personal tokens."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.stamps import created_at, created_by, updated_at, updated_by


def _belongs_to(model: str, name: str) -> tuple[str, Any]:
    options: dict[str, Any] = {"db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(
        f"models.{model}", on_delete=OnDelete.RESTRICT, source_field=f"{name}_id", **options
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0013_search")]

    operations = [
        ops.CreateModel(
            name="PersonalToken",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                _belongs_to("Firm", "firm"),
                _belongs_to("Member", "member"),
                ("name", fields.CharField(max_length=100)),
                ("rights", fields.JSONField(default=list)),
                ("read_only", fields.BooleanField(default=True)),
                ("digest", fields.CharField(max_length=64, unique=True)),
                ("created_at", created_at()),
                ("created_by_id", created_by()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                ("expires_at", fields.DatetimeField()),
                ("revoked_at", fields.DatetimeField(null=True)),
                ("last_used_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "personal_token",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["member_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A token of a member's own, good until a day, with rights that are no "
                "more than the member's at any time.",
            },
            bases=["Row"],
        ),
    ]
