"""The logs get followers, and events the length of the chain of causes that they end."""

from typing import Any

from orjson import loads
from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.rows.followers import RunState


def _of(model: str, key: str) -> Any:
    return fields.ForeignKeyField(
        f"models.{model}",
        source_field=f"{model.lower()}_id",
        db_constraint=True,
        to_field=key,
        related_name=False,
        on_delete=OnDelete.CASCADE,
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0006_sessions_and_keys")]

    operations = [
        ops.CreateModel(
            name="Follower",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "follower",
                "app": "models",
                "pk_attr": "name",
                "table_description": "A follower of all firms' logs. Until it is released the logs are kept for it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FollowerCursor",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("follower", _of("Follower", "name")),
                ("firm", _of("Firm", "id")),
                ("revision", fields.BigIntField()),
                ("moved_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("stopped_by", fields.CharField(null=True, max_length=300)),
            ],
            options={
                "table": "follower_cursor",
                "app": "models",
                "unique_together": (("follower", "firm"),),
                "pk_attr": "id",
                "table_description": (
                    "How far a follower has come in a firm's log. A firm without one was founded later: it begins at "
                    "its first"
                ),
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="FollowerRun",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("follower", _of("Follower", "name")),
                ("firm", _of("Firm", "id")),
                ("cause", fields.BigIntField()),
                ("index", fields.IntField()),
                ("hops", fields.IntField()),
                ("label", fields.CharField(max_length=200)),
                ("data", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "state",
                    fields.CharEnumField(
                        default=RunState.PENDING,
                        description="PENDING: PENDING\nDONE: DONE\nFAILED: FAILED\nSKIPPED: SKIPPED",
                        enum_type=RunState,
                        max_length=8,
                    ),
                ),
                ("revision", fields.BigIntField(null=True)),
                ("result", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("reason", fields.CharField(null=True, max_length=300)),
                ("ended_at", fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "follower_run",
                "app": "models",
                "unique_together": (("follower", "firm", "cause", "index"),),
                "pk_attr": "id",
                "table_description": "Something that a follower has to do because of a revision, as one command.",
            },
            bases=["Model"],
        ),
        # With defaults in the database: servers of the version before make changes meanwhile.
        ops.AddField(model_name="EventRow", name="hops", field=fields.IntField(default=0, db_default=0)),
        ops.AddField(
            model_name="Firm",
            name="behind_since",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            sql=[
                # They hold what there is to do, however much has been done.
                "CREATE INDEX firm_behind ON firm (behind_since) WHERE behind_since IS NOT NULL",
                "CREATE INDEX follower_run_pending ON follower_run (follower_id, firm_id, cause, index) "
                "WHERE state = 'PENDING'",
            ],
            reverse_sql="",
        ),
    ]
