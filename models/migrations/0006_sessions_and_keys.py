"""Refresh tokens that are told from made-up ones. Those from before are exchanged for such."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

_RANDOM = SqlDefault("replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '')")


class Migration(migrations.Migration):
    dependencies = [("models", "0005_time_and_money")]

    operations = [
        # The default is another one for each row that is there.
        ops.AddField(
            model_name="Session", name="refresh_key", field=fields.CharField(db_default=_RANDOM, max_length=64)
        ),
        ops.AddField(
            model_name="Session",
            name="spent",
            field=fields.JSONField(default=list, db_default=SqlDefault("'[]'"), encoder=JSON_DUMPS, decoder=loads),
        ),
    ]
