"""Chats, their messages, and whom these mention."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import belongs_to, item_columns
from models.stamps import created_at, created_by, updated_at, updated_by


def _part_of(model: str, name: str, **options: Any) -> tuple[str, Any]:
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=OnDelete.CASCADE, **options)


def _not_searched(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_not_searched AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()"
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0023_wiki_pages")]

    operations = [
        ops.CreateModel(
            name="Chat",
            fields=[
                *item_columns(),
                ("subject", fields.CharField(max_length=200)),
                ("client_tasks", fields.JSONField(default=list)),
                ("last_client_task", fields.IntField(default=0)),
            ],
            options={
                "table": "chat",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "A thread of messages on an account, with what the client is asked for in it; "
                "linked to any number of its jobs.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                belongs_to("Account", "account", db_index=True),
                _part_of("Chat", "chat"),
                ("number", fields.IntField()),
                ("text", fields.TextField(null=True, unique=False)),
                ("edited_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("retracted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "message",
                "app": "models",
                "unique_together": (("chat", "number"),),
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "created_by_id"]),
                ],
                "pk_attr": "id",
                "table_description": "What a member wrote in a chat.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="MessageMention",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _part_of("Message", "message"),
                _part_of("Member", "member", db_index=True),
            ],
            options={
                "table": "message_mention",
                "app": "models",
                "unique_together": (("message", "member"),),
                "pk_attr": "id",
                "table_description": "A message mentions a member.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE chat ADD CONSTRAINT chat_client_tasks CHECK (jsonb_typeof(client_tasks) = 'array')",
                "ALTER TABLE message ADD CONSTRAINT message_number CHECK (number > 0)",
                # What was retracted is not there, and nothing else is without a text.
                "ALTER TABLE message ADD CONSTRAINT message_text CHECK "
                "(text <> '' AND (text IS NULL) = (retracted_at IS NOT NULL))",
                _not_searched("chat"),
                _not_searched("message"),
            ],
            reverse_sql="",
        ),
    ]
