"""What lists of jobs are narrowed and sorted by gets keys and indexes."""

from typing import Any

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.rows.jobs import Priority
from models.rows.keys import order_of_values, same
from models.texts import sameness

#: So many names are read, and looked up, at a time.
_AT_A_TIME = 10_000
_PLACES = ", ".join(f"('{priority}', '{place}')" for place, priority in enumerate(Priority))


async def _fill(_apps: Any, editor: Any) -> None:
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


class Migration(migrations.Migration):
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
        ops.RunPython(_fill),
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
    ]
