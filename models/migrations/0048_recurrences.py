"""Recurrences and their occurrences, which one made a job, and the template that jobs of a pipeline are made of."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import belongs_to
from models.reading_order import LONGEST
from models.rows.keys import name_order
from models.rows.recurrences import DayOff, Frequency, OccurrenceState
from models.stamps import created_at, created_by, updated_at, updated_by


def _row() -> list[tuple[str, fields.Field[Any]]]:
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
_UNLINKED: dict[str, Any] = {"null": True, "db_index": True}


def _moment() -> Any:
    return fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0047_mail")]

    operations = [
        ops.CreateModel(
            name="Recurrence",
            fields=[
                *_row(),
                belongs_to("Pipeline", "pipeline", db_index=True),
                belongs_to("Stage", "stage", OnDelete.SET_NULL, **_UNLINKED),
                belongs_to("Template", "template", OnDelete.SET_NULL, **_UNLINKED),
                ("of_template", fields.BooleanField(default=False)),
                ("name", fields.CharField(max_length=200)),
                ("name_order", name_order()),
                ("job_name", fields.CharField(null=True, max_length=200)),
                ("period", fields.CharField(null=True, max_length=100)),
                ("frequency", fields.CharEnumField(enum_type=Frequency, max_length=10)),
                ("rule", fields.TextField(null=True, unique=False)),
                ("first_day", fields.DateField()),
                ("last_day", fields.DateField(null=True)),
                ("day_off", fields.CharEnumField(default=DayOff.EXACT, enum_type=DayOff, max_length=10)),
                ("time_of_day", fields.CharField(max_length=5)),
                ("days_ahead", fields.IntField(default=0)),
                ("start_date", fields.JSONField(null=True)),
                ("due_date", fields.JSONField(null=True)),
                ("deadline", fields.JSONField(null=True)),
                ("assignee_ids", fields.JSONField(default=list)),
                ("assignee_role_ids", fields.JSONField(default=list)),
                ("next_day", fields.DateField()),
                ("next_at", _moment()),
                ("ended_at", _moment()),
            ],
            options={
                "table": "recurrence",
                "app": "models",
                "indexes": [Index(fields=["firm_id", "name_order", "id"])],
                "pk_attr": "id",
                "table_description": "What makes jobs again and again: in one pipeline, for any number of accounts, as "
                "a schedule says.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="RecurrenceAccount",
            fields=[
                _LINK,
                belongs_to("Recurrence", "recurrence", OnDelete.CASCADE),
                belongs_to("Account", "account", OnDelete.CASCADE, db_index=True),
            ],
            options={
                "table": "recurrence_account",
                "app": "models",
                "unique_together": (("recurrence", "account"),),
                "pk_attr": "id",
                "table_description": "A recurrence makes jobs for an account.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="ChangedOccurrence",
            fields=[
                _LINK,
                belongs_to("Recurrence", "recurrence", OnDelete.CASCADE),
                ("day", fields.DateField()),
                ("skipped", fields.BooleanField(default=False)),
                ("on_day", fields.DateField(null=True)),
                ("job_name", fields.CharField(null=True, max_length=200)),
                ("period", fields.CharField(null=True, max_length=100)),
                ("start_date", fields.DateField(null=True)),
                ("due_date", fields.DateField(null=True)),
                ("deadline", fields.DateField(null=True)),
            ],
            options={
                "table": "changed_occurrence",
                "app": "models",
                "unique_together": (("recurrence", "day"),),
                "pk_attr": "id",
                "table_description": "What is said of one occurrence alone, for all of its accounts.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="Occurrence",
            fields=[
                *_row(),
                belongs_to("Recurrence", "recurrence", OnDelete.CASCADE),
                belongs_to("Account", "account", OnDelete.CASCADE, db_index=True),
                belongs_to("Pipeline", "pipeline", OnDelete.CASCADE, db_index=True),
                ("day", fields.DateField()),
                ("on_day", fields.DateField()),
                ("state", fields.CharEnumField(enum_type=OccurrenceState, max_length=10)),
                ("reason", fields.TextField(null=True, unique=False)),
                belongs_to("Job", "job", OnDelete.SET_NULL, **_UNLINKED),
            ],
            options={
                "table": "occurrence",
                "app": "models",
                "unique_together": (("recurrence", "account", "day"),),
                "indexes": [Index(fields=["firm_id", "day", "id"]), Index(fields=["firm_id", "state", "day"])],
                "pk_attr": "id",
                "table_description": "What became of an occurrence for an account: its job, or why there is none.",
            },
            bases=["Row"],
        ),
        ops.AddField(
            model_name="Job",
            name="recurrence",
            field=belongs_to("Recurrence", "recurrence", OnDelete.SET_NULL, **_UNLINKED)[1],
        ),
        ops.AddField(
            model_name="Pipeline",
            name="default_template",
            field=belongs_to("Template", "default_template", OnDelete.SET_NULL, **_UNLINKED)[1],
        ),
        ops.RunSQL(
            sql=[
                # Bytewise, as in all lists by name.
                f'ALTER TABLE recurrence ALTER COLUMN name_order TYPE varchar({LONGEST}) COLLATE "C"',
                # What workers ask: it has those that are due, and none that is over.
                "CREATE INDEX recurrence_due ON recurrence (next_at, id) WHERE next_at IS NOT NULL",
                "ALTER TABLE recurrence "
                "ADD CONSTRAINT recurrence_over CHECK ((next_at IS NULL) = (ended_at IS NOT NULL)), "
                "ADD CONSTRAINT recurrence_rule CHECK ((rule IS NOT NULL) = (frequency = 'RULE')), "
                "ADD CONSTRAINT recurrence_days CHECK (last_day >= first_day AND days_ahead >= 0), "
                "ADD CONSTRAINT recurrence_assigned CHECK (jsonb_typeof(assignee_ids) = 'array' "
                "AND jsonb_typeof(assignee_role_ids) = 'array')",
                "ALTER TABLE occurrence ADD CONSTRAINT occurrence_said CHECK ((state = 'MADE') = (reason IS NULL) "
                "AND (state = 'MADE' OR job_id IS NULL))",
            ],
            reverse_sql="",
        ),
    ]
