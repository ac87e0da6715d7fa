"""Contacts, and at which accounts they are."""

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


def _belongs_to(model: str, name: str, **options: Any) -> tuple[str, Any]:
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=OnDelete.RESTRICT, **options)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0017_stays")]

    operations = [
        ops.CreateModel(
            name="Contact",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                _belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                ("name", fields.CharField(max_length=200)),
                ("name_order", name_order()),
                ("emails", fields.JSONField(default=list)),
                ("phone", fields.CharField(null=True, max_length=50)),
                ("language", fields.CharField(null=True, max_length=35)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "contact",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "name_order", "id"]),
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "updated_at", "id"]),
                    Index(fields=["firm_id", "language"]),
                ],
                "pk_attr": "id",
                "table_description": "A person at the firm's clients.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="AccountContact",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                _belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                _belongs_to("Account", "account"),
                _belongs_to("Contact", "contact"),
                ("contact_order", fields.CharField(max_length=LONGEST)),
                ("title", fields.CharField(null=True, max_length=100)),
                ("signs", fields.BooleanField(default=False)),
                ("gets_mail", fields.BooleanField(default=False)),
            ],
            options={
                "table": "account_contact",
                "app": "models",
                "unique_together": (("account", "contact"),),
                "indexes": [
                    Index(fields=["account_id", "contact_order", "id"]),
                    Index(fields=["contact_id", "created_at", "id"]),
                    Index(fields=["firm_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A contact is at an account, and what they are there.",
            },
            bases=["Row"],
        ),
        ops.RunSQL(
            sql=[
                # Compared bytewise, whatever the database's locale.
                f'ALTER TABLE contact ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                f'ALTER TABLE account_contact ALTER COLUMN contact_order TYPE varchar({LONGEST}) COLLATE "C"',
                "CREATE INDEX contact_emails ON contact USING gin (emails)",
                "ALTER TABLE contact ADD CONSTRAINT contact_emails_listed CHECK (jsonb_typeof(emails) = 'array')",
                "CREATE TRIGGER contact_not_searched AFTER DELETE ON contact REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
