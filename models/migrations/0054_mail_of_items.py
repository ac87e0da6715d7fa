"""What a mail tells of: an item that goes to the client with it, and is had back with it, or that they are reminded
of."""

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind
from models.migration_steps import AddFields


class Migration(migration_steps.Migration):
    dependencies = [("models", "0053_shown_statuses")]

    operations = [
        AddFields(
            [
                ("Mail", "item_kind", fields.CharEnumField(enum_type=Kind, max_length=20, null=True)),
                ("Mail", "item", fields.UUIDField(null=True)),
            ]
        ),
        ops.RunSQL(
            sql=[
                "CREATE INDEX mail_of_item ON mail (item) WHERE item IS NOT NULL",
                # One may be withdrawn before the client hears of it.
                "ALTER TABLE client_request DROP CONSTRAINT client_request_states",
                "ALTER TABLE client_request ADD CONSTRAINT client_request_states CHECK "
                "(CASE WHEN state IN ('PENDING', 'WITHDRAWN') THEN submitted_at IS NULL "
                "WHEN state = 'SUBMITTED' THEN submitted_at IS NOT NULL ELSE false END)",
            ],
            reverse_sql="",
        ),
    ]
