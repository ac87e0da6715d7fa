"""Folders of accounts, and the documents in them."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.items.folders import ClientAccess
from models.migration_steps import belongs_to
from models.reading_order import LONGEST
from models.rows.keys import name_order, same
from models.stamps import created_at, created_by, updated_at, updated_by


class Migration(migration_steps.Migration):
    dependencies = [("models", "0036_files")]

    operations = [
        ops.CreateModel(
            name="Folder",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                belongs_to("Account", "account"),
                belongs_to("Folder", "parent", null=True, db_index=True),
                ("name", fields.CharField(max_length=100)),
                ("name_key", same("name")),
                ("name_order", name_order()),
                ("client_access", fields.CharEnumField(enum_type=ClientAccess, max_length=10, null=True)),
            ],
            options={
                "table": "folder",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "name_order", "id"])],
                "pk_attr": "id",
                "table_description": "Where documents of an account are kept: within another folder, or at the top.",
            },
            bases=["Row"],
        ),
        ops.AddField(
            model_name="Document", name="folder", field=belongs_to("Folder", "folder", null=True, db_index=True)[1]
        ),
        ops.RunSQL(
            sql=[
                # Bytewise, as in all lists by name.
                f'ALTER TABLE folder ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                # Of one name beside each other, also at the top.
                "CREATE UNIQUE INDEX folder_named ON folder (account_id, parent_id, name_key) NULLS NOT DISTINCT",
                "ALTER TABLE folder ADD CONSTRAINT folder_not_in_itself CHECK (parent_id <> id)",
                "CREATE TRIGGER folder_not_searched AFTER DELETE ON folder REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
