"""Reminders of what clients owe."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind, new_id
from models.migration_steps import belongs_to
from models.stamps import created_at, created_by, updated_at, updated_by


class Migration(migration_steps.Migration):
    dependencies = [("models", "0048_recurrences")]

    operations = [
        ops.CreateModel(
            name="Reminder",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                belongs_to("Account", "account"),
                ("item_kind", fields.CharEnumField(enum_type=Kind, max_length=20)),
                ("item", fields.UUIDField(unique=True)),
                ("every_days", fields.IntField()),
                ("at_most", fields.IntField()),
                ("text", fields.TextField(default="", unique=False)),
                belongs_to("Status", "then_status", OnDelete.SET_NULL, null=True, db_index=True),
                ("sent", fields.IntField(default=0)),
                ("last_sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reminder",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "next_at", "id"]),
                    Index(fields=["account_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "How often, and until when, a client is reminded of a linked item that they owe.",
            },
            bases=["Row"],
        ),
        ops.RunSQL(
            sql=[
                # Workers ask what is due of all firms at once.
                "CREATE INDEX reminder_next ON reminder (next_at) WHERE next_at IS NOT NULL",
                # What is coming is listed of a firm, where most of its mail has gone and most reminders are over.
                "CREATE INDEX reminder_coming ON reminder (firm_id, next_at, id) WHERE next_at IS NOT NULL",
                "CREATE INDEX mail_coming ON mail (firm_id, due_at, id) WHERE state = 'WAITING'",
                "ALTER TABLE reminder ADD CONSTRAINT reminder_sent CHECK (sent BETWEEN 0 AND at_most)",
            ],
            reverse_sql="",
        ),
    ]
