"""Documents may be in the trash."""

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields


class Migration(migration_steps.Migration):
    dependencies = [("models", "0039_external_keys")]

    operations = [
        AddFields(
            [
                ("Document", "trashed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("JobItem", "trashed", fields.BooleanField(default=False, db_default=False)),
            ]
        ),
        ops.RunSQL(
            sql=[
                # Few of many, and of no list but their own.
                "CREATE INDEX document_trashed ON document (trashed_at, id) WHERE trashed_at IS NOT NULL",
                "ALTER TABLE document ADD CONSTRAINT document_trashed_in CHECK "
                "(trashed_at IS NULL OR state IN ('PLAIN', 'VOID'))",
            ],
            reverse_sql="",
        ),
    ]
