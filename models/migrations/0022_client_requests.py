"""Client requests, and the contacts whom items are for."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.items.client_requests import ClientRequestState


class Migration(migration_steps.Migration):
    dependencies = [("models", "0021_search_by_beginning")]

    operations = [
        ops.CreateModel(
            name="ClientRequest",
            fields=[
                *migration_steps.item_columns(),
                ("title", fields.CharField(max_length=200)),
                ("description", fields.TextField(default="", unique=False)),
                ("due_date", fields.DateField(null=True)),
                (
                    "state",
                    fields.CharEnumField(
                        default=ClientRequestState.PENDING,
                        enum_type=ClientRequestState,
                        max_length=20,
                    ),
                ),
                ("entries", fields.JSONField()),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "client_request",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "due_date", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A checklist that a client is asked to fill in, linked to any number of jobs.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="ItemRecipient",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("item", fields.UUIDField()),
                migration_steps.belongs_to("Contact", "contact", db_index=True),
            ],
            options={
                "table": "item_recipient",
                "app": "models",
                "unique_together": (("item", "contact"),),
                "pk_attr": "id",
                "table_description": "An item is for a contact: they are asked, or sent it.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Few of many.
                "CREATE INDEX client_request_pending ON client_request (firm_id, created_at, id) "
                "WHERE state = 'PENDING'",
                "ALTER TABLE client_request ADD CONSTRAINT client_request_states CHECK "
                "(CASE state WHEN 'PENDING' THEN submitted_at IS NULL WHEN 'SUBMITTED' THEN submitted_at IS NOT NULL "
                "ELSE false END)",
                "ALTER TABLE client_request ADD CONSTRAINT client_request_asks CHECK "
                "(jsonb_typeof(entries) = 'array' AND jsonb_array_length(entries) > 0)",
                "CREATE TRIGGER client_request_not_searched AFTER DELETE ON client_request REFERENCING "
                "OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
