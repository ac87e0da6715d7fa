"""A job has a statutory deadline and the period that it is about, a task an estimate, a firm its week and its place."""

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.rows.firm import Weekday
from models.rows.keys import same_period
from models.texts import LABEL


class Migration(migration_steps.Migration):
    dependencies = [("models", "0009_notes")]

    operations = [
        # As long as many rows take.
        ops.RunSQL(sql=["SET LOCAL statement_timeout = 0"], reverse_sql=""),
        ops.AddField("Task", "estimate", fields.IntField(null=True)),
        ops.AddField("Job", "deadline", fields.DateField(null=True)),
        ops.AddField("Job", "period", fields.CharField(max_length=LABEL.most, null=True)),
        ops.AddField("Job", "period_key", same_period("period")),
        ops.AddField(
            "Firm",
            "week_start",
            fields.CharEnumField(Weekday, max_length=9, default=Weekday.MONDAY, db_default=Weekday.MONDAY.value),
        ),
        ops.AddField("Firm", "country", fields.CharField(max_length=2, null=True)),
        ops.AddField("Firm", "region", fields.CharField(max_length=64, null=True)),
        ops.AddIndex("Job", Index(fields=["firm_id", "deadline", "id"])),
        ops.AddIndex("Job", Index(fields=["firm_id", "period_key"])),
        # Without it every page of tasks looks at the links of all tasks.
        ops.AddIndex("Task", Index(fields=["firm_id", "created_at", "id"])),
        ops.RunSQL(
            sql=[
                "ALTER TABLE task ADD CONSTRAINT task_estimate CHECK (estimate >= 0)",
                "ALTER TABLE job ADD CONSTRAINT job_period CHECK ((period IS NULL) = (period_key IS NULL))",
                "ALTER TABLE firm ADD CONSTRAINT firm_region CHECK (region IS NULL OR country IS NOT NULL)",
            ],
            reverse_sql="",
        ),
    ]
