"""Automations, and their runs."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind, new_id
from models.migration_steps import belongs_to
from models.rows.automations import AutomationState, AutomationTrigger, AutomationType, RunReason
from models.rows.followers import RunState
from models.stamps import created_at, created_by, updated_at, updated_by


def _row() -> list[tuple[str, fields.base.Field]]:  # type: ignore[type-arg]
    return [
        ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
        ("version", fields.IntField(default=1)),
        ("created_at", created_at()),
        ("updated_at", updated_at()),
        ("updated_by_id", updated_by()),
        belongs_to("Firm", "firm"),
        ("created_by_id", created_by()),
    ]


_LINK = ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True))


class Migration(migration_steps.Migration):
    dependencies = [("models", "0044_automove")]

    operations = [
        ops.CreateModel(
            name="Automation",
            fields=[
                *_row(),
                belongs_to("Pipeline", "pipeline", OnDelete.CASCADE),
                belongs_to("Stage", "stage", OnDelete.CASCADE, null=True, db_index=True),
                belongs_to("Status", "status", OnDelete.CASCADE, null=True, db_index=True),
                ("name", fields.CharField(max_length=200)),
                ("type", fields.CharEnumField(enum_type=AutomationType, max_length=30)),
                ("position", fields.TextField(unique=False)),
                (
                    "state",
                    fields.CharEnumField(default=AutomationState.DRAFT, enum_type=AutomationState, max_length=10),
                ),
                ("paused_reason", fields.CharField(null=True, max_length=300)),
                ("failures", fields.IntField(default=0)),
            ],
            options={
                "table": "automation",
                "app": "models",
                "indexes": [Index(fields=["pipeline_id", "position"]), Index(fields=["firm_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "Something that is done by itself when a job enters a stage, or a custom status, "
                "or is created in a pipeline.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="AutomationSettings",
            fields=[
                _LINK,
                belongs_to("Automation", "automation", OnDelete.CASCADE),
                ("format", fields.IntField()),
                ("settings", fields.JSONField()),
                ("conditions", fields.JSONField(null=True)),
            ],
            options={
                "table": "automation_settings",
                "app": "models",
                "unique_together": (("automation",),),
                "pk_attr": "id",
                "table_description": "What an automation does, and under which conditions. Boards show many "
                "automations, and of hardly any that.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="AutomationPointer",
            fields=[
                _LINK,
                belongs_to("Automation", "automation", OnDelete.CASCADE),
                ("kind", fields.CharEnumField(enum_type=Kind, max_length=20)),
                ("thing", fields.UUIDField(db_index=True)),
            ],
            options={
                "table": "automation_pointer",
                "app": "models",
                "unique_together": (("automation", "thing"),),
                "pk_attr": "id",
                "table_description": "An automation points to a thing, which may have gone since.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="AutomationRun",
            fields=[
                *_row(),
                belongs_to("Account", "account"),
                belongs_to("Job", "job", OnDelete.CASCADE),
                belongs_to("Automation", "automation", OnDelete.SET_NULL, null=True, db_index=True),
                ("name", fields.CharField(max_length=200)),
                ("type", fields.CharEnumField(null=True, enum_type=AutomationType, max_length=30)),
                ("trigger", fields.CharEnumField(enum_type=AutomationTrigger, max_length=10)),
                ("stay", fields.IntField()),
                ("status_stay", fields.IntField()),
                ("place", fields.IntField()),
                ("state", fields.CharEnumField(default=RunState.PENDING, enum_type=RunState, max_length=8)),
                ("reason", fields.CharEnumField(null=True, enum_type=RunReason, max_length=20)),
                ("message", fields.TextField(null=True, unique=False)),
                ("cause", fields.BigIntField()),
                ("causer", fields.JSONField()),
                ("hops", fields.IntField()),
                ("made", fields.JSONField(default=list)),
                ("revision", fields.BigIntField(null=True)),
                ("attempts", fields.IntField(default=0)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "automation_run",
                "app": "models",
                "indexes": [Index(fields=["job_id", "stay"]), Index(fields=["firm_id", "created_at", "id"])],
                "pk_attr": "id",
                "table_description": "What an automation had to do for a job, once for each time that the job met its "
                "trigger, and what came of it.",
            },
            bases=["Row"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE automation ADD CONSTRAINT automation_at_one_place CHECK "
                "(stage_id IS NULL OR status_id IS NULL)",
                "ALTER TABLE automation ADD CONSTRAINT automation_says_why_paused CHECK "
                "((state = 'PAUSED') = (paused_reason IS NOT NULL))",
                "ALTER TABLE automation_settings ADD CONSTRAINT automation_settings_kept CHECK "
                "(jsonb_typeof(settings) = 'object' AND format > 0)",
                # Bytewise, as keys between others are made.
                'ALTER TABLE automation ALTER COLUMN position TYPE text COLLATE "C"',
                # Nothing runs twice for one stay, one time under a status, one creation.
                "CREATE UNIQUE INDEX automation_run_of_stay ON automation_run (automation_id, job_id, stay) "
                "WHERE trigger = 'STAGE'",
                "CREATE UNIQUE INDEX automation_run_of_status ON automation_run (automation_id, job_id, status_stay) "
                "WHERE trigger = 'STATUS'",
                "CREATE UNIQUE INDEX automation_run_of_creation ON automation_run (automation_id, job_id) "
                "WHERE trigger = 'CREATION'",
                # Few of many: what is still to come, and what a firm has to look at.
                "CREATE INDEX automation_run_unsettled ON automation_run (firm_id, state, created_at, id) "
                "WHERE state IN ('PENDING', 'FAILED')",
                "ALTER TABLE automation_run ADD CONSTRAINT automation_run_ends CHECK "
                "((state = 'PENDING') = (ended_at IS NULL))",
                "ALTER TABLE automation_run ADD CONSTRAINT automation_run_says_why CHECK "
                "((state IN ('FAILED', 'SKIPPED')) = (reason IS NOT NULL))",
            ],
            reverse_sql="",
        ),
    ]
