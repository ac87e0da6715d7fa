"""Account roles with their holders, and members' absences."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.reading_order import LONGEST
from models.rows.keys import name_order, same


def _belongs_to(model: str, name: str, on_delete: OnDelete = OnDelete.RESTRICT, **options: Any) -> tuple[str, Any]:
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=on_delete, **options)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0010_fields")]

    operations = [
        ops.CreateModel(
            name="AccountRole",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                _belongs_to("Firm", "firm"),
                ("name", fields.CharField(max_length=100)),
                ("name_key", same("name")),
                ("name_order", name_order()),
            ],
            options={
                "table": "account_role",
                "app": "models",
                "unique_together": (("firm", "name_key"),),
                "pk_attr": "id",
                "table_description": "A role of the firm's at accounts. It gives no rights.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="AccountRoleHolder",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _belongs_to("Account", "account", OnDelete.CASCADE),
                _belongs_to("AccountRole", "account_role", OnDelete.CASCADE, db_index=True),
                _belongs_to("Member", "member", OnDelete.CASCADE, db_index=True),
            ],
            options={
                "table": "account_role_holder",
                "app": "models",
                "unique_together": (("account", "account_role", "member"),),
                "pk_attr": "id",
                "table_description": "A member holds a role at an account.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="Absence",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                _belongs_to("Firm", "firm"),
                _belongs_to("Member", "member"),
                ("first_day", fields.DateField()),
                ("last_day", fields.DateField()),
                ("note", fields.TextField(default="", unique=False)),
            ],
            options={
                "table": "absence",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "first_day", "id"]),
                    Index(fields=["firm_id", "last_day"]),
                    Index(fields=["member_id", "first_day", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A member's days off, the first and the last included. They are dates: no time "
                "zone moves them.",
            },
            bases=["Row"],
        ),
        ops.RunSQL(
            sql=[
                # Compared bytewise, whatever the database's locale.
                f'ALTER TABLE account_role ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                "ALTER TABLE absence ADD CONSTRAINT absence_days CHECK "
                "(last_day >= first_day AND last_day - first_day < 366)",
                # Equal members in an index of ranges.
                "CREATE EXTENSION IF NOT EXISTS btree_gist",
                "ALTER TABLE absence ADD CONSTRAINT absence_no_overlap EXCLUDE USING gist "
                "(member_id WITH =, daterange(first_day, last_day, '[]') WITH &&)",
            ],
            reverse_sql="",
        ),
    ]
