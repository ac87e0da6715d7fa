"""Refresh tokens that are told from made-up ones, and keys of calls that are their asker's own.

Tokens from before go on: each is exchanged for one of the new kind. Servers from before cannot keep a key of a call any
more; there has been no release with them.
"""

from orjson import loads
from tortoise import fields
from tortoise.fields.data import JSON_DUMPS
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint

from models import migration_steps

# The log knows who made the change that a key stands for.
_ASKERS = """
UPDATE idempotency_key k SET asker = coalesce((e.actor ->> 'id')::uuid, e.firm_id) FROM event e
WHERE e.firm_id = k.firm_id AND e.revision = k.revision AND e.idempotency_key = k.key
"""
_RANDOM = SqlDefault("replace(concat(gen_random_uuid(), gen_random_uuid()), '-', '')")


class Migration(migration_steps.Migration):
    dependencies = [("models", "0005_time_and_money")]

    operations = [
        ops.RemoveConstraint(model_name="IdempotencyKey", name=None, fields=["firm", "key"]),
        ops.AddField(model_name="IdempotencyKey", name="asker", field=fields.UUIDField(null=True)),
        ops.RunSQL(
            # A call that changed nothing is in no log. Sent again, it changes nothing again.
            sql=[_ASKERS, "DELETE FROM idempotency_key WHERE asker IS NULL"],
            reverse_sql="",
        ),
        ops.AlterField(model_name="IdempotencyKey", name="asker", field=fields.UUIDField()),
        ops.AddField(
            model_name="IdempotencyKey",
            name="secrets",
            field=fields.JSONField(default=dict, db_default=SqlDefault("'{}'"), encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddConstraint(
            model_name="IdempotencyKey", constraint=UniqueConstraint(fields=("firm", "asker", "key"), name=None)
        ),
        # The default is another one for each row that is there.
        ops.AddField(
            model_name="Session", name="refresh_key", field=fields.CharField(db_default=_RANDOM, max_length=64)
        ),
        ops.AddField(
            model_name="Session",
            name="spent",
            field=fields.JSONField(default=list, db_default=SqlDefault("'[]'"), encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AlterModelOptions(
            name="SignInAttempts",
            options={
                "table": "sign_in_attempts",
                "app": "models",
                "pk_attr": "email_hash",
                "table_description": "Failed tries of one address's password from one place, or from all together.",
            },
        ),
    ]
