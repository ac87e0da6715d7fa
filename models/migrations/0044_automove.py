"""Stages from which jobs move on by themselves, and the tags of accounts that they are for."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields, belongs_to

# Of the stays after an item was dismissed it is none. On which of them it was, nobody kept: only whether it was on the
# present one matters from here on.
DISMISSED = """
UPDATE job_item AS link SET stays = link.stays + int4multirange(int4range(
    link.open_since_stay,
    greatest(link.open_since_stay, job.stay - CASE WHEN link.dismissed_at <= job.stage_entered_at THEN 1 ELSE 0 END),
    '[]'
))
FROM job WHERE job.id = link.job_id AND link.open AND link.dismissed_at IS NOT NULL
"""


class Migration(migration_steps.Migration):
    dependencies = [("models", "0043_attachments")]

    operations = [
        AddFields(
            [
                ("Stage", "automove", fields.BooleanField(default=False, db_default=False)),
                ("Job", "status_stay", fields.IntField(default=1, db_default=1)),
            ]
        ),
        ops.CreateModel(
            name="StageTag",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Stage", "stage", OnDelete.CASCADE),
                belongs_to("Tag", "tag", db_index=True),
            ],
            options={
                "table": "stage_tag",
                "app": "models",
                "unique_together": (("stage", "tag"),),
                "pk_attr": "id",
                "table_description": "Automove takes only jobs of accounts that carry this tag to the stage.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(sql=DISMISSED, reverse_sql=""),
    ]
