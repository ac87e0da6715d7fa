"""A rate keeps as many decimals as any currency has, a dinar three; a time entry says how its minutes came about."""

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps


class Migration(migration_steps.Migration):
    dependencies = [("models", "0004_text_keys")]

    operations = [
        ops.AlterField(
            model_name="TimeEntry",
            name="rate",
            field=fields.DecimalField(null=True, max_digits=14, decimal_places=4),
        ),
        # With a default in the database: servers of the version before insert entries meanwhile.
        ops.AddField(
            model_name="TimeEntry",
            name="flags",
            field=fields.JSONField(default=list, db_default=[]),
        ),
    ]
