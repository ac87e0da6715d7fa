"""What things are called where they were taken over from."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind
from models.migration_steps import belongs_to


class Migration(migration_steps.Migration):
    dependencies = [("models", "0038_search_pending")]

    operations = [
        ops.CreateModel(
            name="ExternalKey",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                ("source", fields.CharField(max_length=50)),
                ("kind", fields.CharEnumField(Kind, max_length=20)),
                ("key", fields.CharField(max_length=200)),
                ("thing", fields.UUIDField()),
            ],
            options={
                "table": "external_key",
                "app": "models",
                "unique_together": (("firm", "source", "kind", "key"),),
                "indexes": [Index(fields=["thing"])],
                "pk_attr": "id",
                "table_description": "A thing has this key in a file or product that it was taken over from: it is "
                "known again by it.",
            },
            bases=["Link"],
        ),
    ]
