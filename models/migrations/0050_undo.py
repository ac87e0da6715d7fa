"""What was taken back: jobs know which of their stays were, and what a revision caused is found by it."""

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields


class Migration(migration_steps.Migration):
    dependencies = [("models", "0049_reminders")]

    operations = [
        AddFields(
            [("Job", name, fields.IntField(default=0, db_default=0)) for name in ("undone_stay", "undone_status_stay")]
        ),
        ops.RunSQL(
            sql=["CREATE INDEX event_of_cause ON event (firm_id, cause) WHERE cause IS NOT NULL"],
            reverse_sql="",
        ),
    ]
