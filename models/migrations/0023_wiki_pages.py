"""Wiki pages, and what they said before."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import item_columns
from models.reading_order import LONGEST
from models.rows.keys import name_order


class Migration(migration_steps.Migration):
    dependencies = [("models", "0022_client_requests")]

    operations = [
        ops.CreateModel(
            name="WikiPage",
            fields=[
                *item_columns(),
                ("name", fields.CharField(max_length=200)),
                ("name_order", name_order()),
                ("text", fields.TextField(unique=False)),
            ],
            options={
                "table": "wiki_page",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "name_order", "id"])],
                "pk_attr": "id",
                "table_description": "A text with a name on an account, linked to any number of its jobs. What it said "
                "before is kept.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="WikiPageVersion",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "wiki_page",
                    fields.ForeignKeyField(
                        "models.WikiPage",
                        source_field="wiki_page_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("version", fields.IntField()),
                ("name", fields.CharField(max_length=200)),
                ("text", fields.TextField(unique=False)),
                ("written_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("written_by_id", fields.UUIDField(null=True)),
            ],
            options={
                "table": "wiki_page_version",
                "app": "models",
                "unique_together": (("wiki_page", "version"),),
                "pk_attr": "id",
                "table_description": "What a page said before, under the version that it had then: whatever raises "
                "that changes what it says.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Compared bytewise, whatever the database's locale.
                f'ALTER TABLE wiki_page ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                "ALTER TABLE wiki_page ADD CONSTRAINT wiki_page_text CHECK (text <> '')",
                "CREATE TRIGGER wiki_page_not_searched AFTER DELETE ON wiki_page REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
