"""What lists of jobs are narrowed and sorted by gets keys and indexes, and everything of a firm says when and by whom
it was made and last changed."""

from typing import Any

from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.rows.jobs import Priority
from models.rows.keys import order_of_values, same
from models.stamps import created_at, created_by, updated_at, updated_by
from models.texts import sameness

#: So many names are read, and looked up, at a time.
_AT_A_TIME = 10_000
_PLACES = ", ".join(f"('{priority}', '{place}')" for place, priority in enumerate(Priority))


async def _fill_told(_apps: Any, editor: Any) -> None:
    """What clients are told is called much the same on all jobs: each name is looked at once."""
    after = ""
    while rows := await editor.client.execute_query_dict(
        'SELECT DISTINCT client_status_name COLLATE "C" AS name FROM job '
        f'WHERE client_status_name COLLATE "C" > $1 ORDER BY name LIMIT {_AT_A_TIME}',
        [after],
    ):
        names = [row["name"] for row in rows]
        await editor.client.execute_query(
            "UPDATE job SET client_status_key = made.key FROM unnest($1::text[], $2::text[]) AS made(name, key) "
            "WHERE client_status_name = made.name",
            [names, [sameness(name) for name in names]],
        )
        after = names[-1]


#: Each class with its table. Linked items say who made them already.
_MADE = {
    "Absence": "absence",
    "Account": "account",
    "AccountRole": "account_role",
    "ClientStatus": "client_status",
    "Firm": "firm",
    "Job": "job",
    "Member": "member",
    "Pipeline": "pipeline",
    "Stage": "stage",
    "Status": "status",
    "Tag": "tag",
}
_ITEMS = {"Note": "note", "Task": "task", "TimeEntry": "time_entry"}
_ALL = _MADE | _ITEMS
#: Those that did not say when.
_UNDATED = ("Absence", "AccountRole", "ClientStatus", "Stage", "Status", "Tag")
_DATED = ("Account", "Firm", "Member", "Pipeline")


def _date(table: str) -> str:
    """Ids tell the time in their first 48 bits (https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7). Those that
    a client made up may tell any."""
    milliseconds = "('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint"
    return f"UPDATE {table} SET created_at = least(now(), to_timestamp({milliseconds} / 1000.0))"


# What the log does not have any more was not changed since it was made, as far as anybody knows. Each thing is named by
# one event at least: that of its creation.
_FROM_LOG = """
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
SELECT DISTINCT ON (subject) subject, at, actor FROM event WHERE subject IS NOT NULL
ORDER BY subject, revision DESC, index DESC;
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT DISTINCT ON (subject) subject, actor FROM event WHERE subject IS NOT NULL AND type LIKE '%Created'
ORDER BY subject, revision, index;
ANALYZE told;
ANALYZE made;
"""
_MEMBER = "CASE WHEN {of}.actor ->> 'kind' = 'MEMBER' THEN ({of}.actor ->> 'id')::uuid END"


def _fill_updated(table: str) -> str:
    return (
        f"UPDATE {table} AS thing SET updated_at = greatest(told.at, thing.created_at), "
        f"updated_by_id = {_MEMBER.format(of='told')} FROM told WHERE told.subject = thing.id"
    )


def _fill_made(table: str) -> str:
    by = _MEMBER.format(of="made")
    return f"UPDATE {table} AS thing SET created_by_id = {by} FROM made WHERE made.subject = thing.id"


class Migration(migration_steps.Migration):
    dependencies = [("models", "0011_roles_and_absences")]

    operations = [
        # As long as many rows take.
        ops.RunSQL(sql=["SET LOCAL statement_timeout = 0"], reverse_sql=""),
        ops.AddField("Job", "priority_order", order_of_values("priority", Priority)),
        ops.AddField("Job", "client_status_key", same("client_status_name", null=True)),
        ops.RunSQL(
            sql=[
                f"UPDATE job SET priority_order = made.place FROM (VALUES {_PLACES}) AS made(priority, place) "
                "WHERE job.priority = made.priority AND priority_order <> made.place"
            ],
            reverse_sql="",
        ),
        ops.RunPython(_fill_told),
        ops.AddIndex("Job", Index(fields=["firm_id", "name_order", "id"])),
        ops.AddIndex("Job", Index(fields=["firm_id", "stage_entered_at", "id"])),
        ops.AddIndex("Job", Index(fields=["firm_id", "priority_order", "id"])),
        ops.RunSQL(
            # Of few jobs there is anything to find: the others' moves write nothing to these.
            sql=[
                "CREATE INDEX job_completed ON job (firm_id, completed_at, id) WHERE completed_at IS NOT NULL",
                "CREATE INDEX job_client_status ON job (firm_id, client_status_key) "
                "WHERE client_status_key IS NOT NULL",
            ],
            reverse_sql="",
        ),
        *(ops.AlterField(model, "created_at", created_at()) for model in _DATED),
        migration_steps.AddFields(
            [
                *((model, "created_at", created_at()) for model in _UNDATED),
                *((model, "created_by_id", created_by()) for model in _MADE),
                *((model, "updated_at", updated_at()) for model in _ALL),
                *((model, "updated_by_id", updated_by()) for model in _ALL),
            ]
        ),
        ops.RunSQL(
            sql=[
                *(_date(_ALL[model]) for model in _UNDATED),
                *(f"UPDATE {table} SET updated_at = created_at" for table in _ALL.values()),
                *filter(None, map(str.strip, _FROM_LOG.split(";"))),
                *map(_fill_made, _MADE.values()),
                *map(_fill_updated, _ALL.values()),
                "DROP TABLE told",
                "DROP TABLE made",
            ],
            reverse_sql="",
        ),
        ops.AddIndex("Job", Index(fields=["firm_id", "updated_at", "id"])),
    ]
