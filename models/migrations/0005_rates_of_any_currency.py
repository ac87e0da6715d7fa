"""A rate keeps as many decimals as any currency has: a dinar has three."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0004_text_keys")]

    operations = [
        ops.AlterField(
            model_name="TimeEntry",
            name="rate",
            field=fields.DecimalField(null=True, max_digits=14, decimal_places=4),
        ),
    ]
