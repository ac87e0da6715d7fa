"""Templates, with what is in them beside them."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import belongs_to
from models.reading_order import LONGEST
from models.rows.keys import name_order, same
from models.stamps import created_at, created_by, updated_at, updated_by
from models.templates.content import TemplateKind


class Migration(migration_steps.Migration):
    dependencies = [("models", "0031_checklists")]

    operations = [
        ops.CreateModel(
            name="Template",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                (
                    "template_kind",
                    fields.CharEnumField(description="What is made of it.", enum_type=TemplateKind, max_length=20),
                ),
                ("name", fields.CharField(max_length=200)),
                ("name_key", same("name")),
                ("name_order", name_order()),
            ],
            options={
                "table": "template",
                "app": "models",
                "unique_together": (("firm", "template_kind", "name_key"),),
                "indexes": [Index(fields=["firm_id", "name_order", "id"])],
                "pk_attr": "id",
                "table_description": "Something that is made again and again, under a name. What is in it stands "
                "beside it.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="TemplateContent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Template", "template", OnDelete.CASCADE),
                ("format", fields.IntField()),
                ("content", fields.JSONField()),
            ],
            options={
                "table": "template_content",
                "app": "models",
                "unique_together": (("template",),),
                "pk_attr": "id",
                "table_description": "What is in a template. Lists read many templates, and of hardly any what is in "
                "it.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Bytewise, as in all lists by name.
                f'ALTER TABLE template ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                "ALTER TABLE template_content ADD CONSTRAINT template_content_kept CHECK "
                "(jsonb_typeof(content) = 'object' AND format > 0)",
            ],
            reverse_sql="",
        ),
    ]
