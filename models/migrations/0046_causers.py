"""Who began a chain of causes is told, and what is automatic is counted."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields, belongs_to


class Migration(migration_steps.Migration):
    dependencies = [("models", "0045_automations")]

    operations = [
        AddFields([("FollowerRun", "causer", fields.JSONField(null=True))]),
        # It is not known before the revision is: the log says it.
        ops.RemoveField("AutomationRun", "revision"),
        ops.CreateModel(
            name="AutomaticActions",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("number", fields.IntField()),
                ("full_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                belongs_to("Firm", "firm", OnDelete.CASCADE),
            ],
            options={
                "table": "automatic_actions",
                "app": "models",
                "unique_together": (("firm",),),
                "pk_attr": "id",
                "table_description": "How many automatic actions a firm has had in a minute, which begins with the "
                "first of them.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Few of many, and on every card.
                "CREATE INDEX automation_run_failed ON automation_run (job_id, created_at, id) WHERE state = 'FAILED'",
                "ALTER TABLE automatic_actions ADD CONSTRAINT automatic_actions_number CHECK (number > 0)",
            ],
            reverse_sql="",
        ),
    ]
