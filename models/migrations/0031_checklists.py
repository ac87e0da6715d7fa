"""A task has a checklist."""

from tortoise import fields
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields


class Migration(migration_steps.Migration):
    dependencies = [("models", "0030_job_relations")]

    operations = [
        AddFields(
            [
                ("Task", "checklist", fields.JSONField(default=list, db_default=SqlDefault("'[]'"))),
                ("Task", "last_checklist_entry", fields.IntField(default=0, db_default=0)),
            ]
        ),
        ops.RunSQL(
            sql=["ALTER TABLE task ADD CONSTRAINT task_checklist CHECK (jsonb_typeof(checklist) = 'array')"],
            reverse_sql="",
        ),
    ]
