"""Items are linked to jobs by rows of their own: tasks and time entries have no column for it any more.

Servers from before cannot read a task or time entry any more; there has been no release with them.
"""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.fields.db_defaults import SqlDefault
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind
from models.rows.items import Stays

# What the log says of it, as far as it goes back: when each thing was linked to a job for the last time, by whom, and
# when a task was taken up again. One reading of the log, however many rows there are.
_FROM_THE_LOG = [
    """
    CREATE TEMPORARY TABLE linking ON COMMIT DROP AS
    SELECT DISTINCT ON (subject) subject AS item, job, at, (actor ->> 'id')::uuid AS who FROM event
    WHERE job IS NOT NULL AND (type IN ('TaskCreated', 'TaskLinked', 'TimeLogged', 'TimerStarted')
       OR type = 'TimeEntryUpdated' AND data -> 'changes' -> 'job_id' ->> 1 = job::text)
    ORDER BY subject, revision DESC, index DESC
    """,
    """
    CREATE TEMPORARY TABLE opening ON COMMIT DROP AS
    SELECT subject AS item, max(at) AS at FROM event
    WHERE type = 'TaskStateChanged' AND data ->> 'from_state' IN ('COMPLETED', 'CANCELED')
      AND data ->> 'to_state' IN ('PLANNED', 'IN_PROGRESS')
    GROUP BY subject
    """,
    """
    CREATE TEMPORARY TABLE making ON COMMIT DROP AS
    SELECT event.subject AS item, member.id AS who FROM event JOIN member ON member.id::text = event.actor ->> 'id'
    WHERE event.type IN ('TaskCreated', 'TimeLogged', 'TimerStarted')
    """,
]
# The stay that a job is on counts as its first. An item was open on it if it is now, or was ended since it began.
_TASKS = """
INSERT INTO job_item (firm_id, job_id, kind, item, open, open_since, open_since_stay, stays, linked_at, linked_by_id)
SELECT job.firm_id, job.id, 'task', task.id, is_open,
       CASE WHEN is_open THEN greatest(link.at, opening.at) END, CASE WHEN is_open THEN job.stay END,
       CASE WHEN NOT is_open AND task.completed_at > job.stage_entered_at THEN int4multirange(int4range(1, 1, '[]'))
            ELSE '{}' END,
       link.at, link.who
FROM task JOIN job ON job.id = task.job_id
LEFT JOIN linking ON linking.item = task.id AND linking.job = job.id
LEFT JOIN member ON member.id = linking.who
LEFT JOIN opening ON opening.item = task.id,
LATERAL (SELECT task.state IN ('PLANNED', 'IN_PROGRESS')) AS state(is_open),
LATERAL (SELECT coalesce(linking.at, task.created_at), member.id) AS link(at, who)
"""
_ENTRIES = """
INSERT INTO job_item (firm_id, job_id, kind, item, open, minutes, linked_at, linked_by_id)
SELECT job.firm_id, job.id, 'time_entry', entry.id, false,
       CASE WHEN entry.started_at IS NULL THEN entry.minutes ELSE 0 END,
       coalesce(linking.at, entry.created_at), member.id
FROM time_entry AS entry JOIN job ON job.id = entry.job_id
LEFT JOIN linking ON linking.item = entry.id AND linking.job = job.id
LEFT JOIN member ON member.id = linking.who
"""


def _belongs_to(model: str, name: str, on_delete: OnDelete = OnDelete.RESTRICT, **options: Any) -> tuple[str, Any]:
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=on_delete, **options)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0007_followers")]

    operations = [
        ops.AddField("Job", "stay", fields.IntField(default=1, db_default=1)),
        ops.AddField("Task", *_belongs_to("Member", "created_by", null=True)),
        ops.AddField("TimeEntry", *_belongs_to("Member", "created_by", null=True)),
        ops.CreateModel(
            name="JobItem",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                _belongs_to("Firm", "firm"),
                _belongs_to("Job", "job", OnDelete.CASCADE),
                ("kind", fields.CharEnumField(enum_type=Kind, max_length=20)),
                ("item", fields.UUIDField()),
                ("open", fields.BooleanField()),
                ("open_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("open_since_stay", fields.IntField(null=True)),
                ("minutes", fields.IntField(default=0, db_default=0)),
                ("stays", Stays(default=list, db_default=SqlDefault("'{}'"))),
                ("dismissed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("linked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                _belongs_to("Member", "linked_by", null=True),
                ("unlinked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "job_item",
                "app": "models",
                "unique_together": (("job", "item"),),
                "pk_attr": "id",
                "table_description": "An item is linked to a job, or was: the row survives unlinking, and linking "
                "again takes it up.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # As long as many rows take. Changes wait meanwhile.
                "SET LOCAL statement_timeout = 0",
                *_FROM_THE_LOG,
                _TASKS,
                _ENTRIES,
                "UPDATE task SET created_by_id = who FROM making WHERE making.item = task.id",
                "UPDATE time_entry SET created_by_id = who FROM making WHERE making.item = time_entry.id",
            ],
            reverse_sql="",
        ),
        ops.RemoveField("Task", "job"),
        ops.RemoveField("TimeEntry", "job"),
        ops.RunSQL(
            sql=[
                # What a job has, from the index alone; and the jobs of an item.
                "CREATE INDEX job_item_of_job ON job_item (job_id, kind) INCLUDE (item, open, dismissed_at, minutes) "
                "WHERE unlinked_at IS NULL",
                "CREATE INDEX job_item_of_item ON job_item (item)",
                # Of these kinds an item is linked to one job at most.
                "CREATE UNIQUE INDEX job_item_one_job ON job_item (item) "
                "WHERE unlinked_at IS NULL AND kind IN ('task', 'time_entry')",
                "ALTER TABLE job_item ADD CONSTRAINT job_item_run CHECK "
                "(open = (open_since IS NOT NULL) AND open = (open_since_stay IS NOT NULL))",
                "ALTER TABLE job_item ADD CONSTRAINT job_item_ended CHECK (NOT (open AND unlinked_at IS NOT NULL))",
                "ANALYZE job_item",
            ],
            reverse_sql="",
        ),
    ]
