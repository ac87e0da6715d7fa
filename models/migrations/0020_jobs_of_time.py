"""Each time entry says itself which job it is on, as its link does: reports on time read a million entries and need no
million links."""

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps

# Of the links of entries alone, and nothing is written where the command has written it already. Servers of the version
# before write links and know nothing of the column.
_KEEP = """
CREATE FUNCTION keep_job_of_entry() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$ BEGIN
    IF TG_OP <> 'DELETE' AND NEW.unlinked_at IS NULL THEN
        UPDATE time_entry SET on_job = NEW.job_id WHERE id = NEW.item AND on_job IS DISTINCT FROM NEW.job_id;
    ELSE
        UPDATE time_entry SET on_job = NULL WHERE id = OLD.item AND on_job = OLD.job_id;
    END IF;
    RETURN NULL;
END $$
"""
_CHANGES = {"linked": "INSERT", "changed": "UPDATE OF unlinked_at", "deleted": "DELETE"}
_TRIGGERS = [
    f"CREATE TRIGGER job_of_entry_{name} AFTER {change} ON job_item FOR EACH ROW "
    f"WHEN ({'OLD' if name == 'deleted' else 'NEW'}.kind = 'time_entry'"
    f"{' AND NEW.unlinked_at IS NULL' if name == 'linked' else ''}) EXECUTE FUNCTION keep_job_of_entry()"
    for name, change in _CHANGES.items()
]
# Written with the table anew: updated row by row, it would be twice as large for ever.
_FILL = (
    "CREATE FUNCTION linked_job(entry uuid) RETURNS uuid LANGUAGE sql STABLE AS $$ "
    "SELECT job_id FROM job_item WHERE item = entry AND kind = 'time_entry' AND unlinked_at IS NULL $$",
    "ALTER TABLE time_entry ALTER COLUMN on_job TYPE uuid USING linked_job(id)",
    "DROP FUNCTION linked_job(uuid)",
)
# Sums by account are made of the index alone, in its order. How many different pairs there are PostgreSQL does not
# know by itself, and takes a tenth of the entries for it; of months it takes as many as there are days, and then thinks
# the groups too many to be added up by several processes.
_FOR_SUMS = (
    "CREATE INDEX time_entry_sums ON time_entry (firm_id, account_id, day) "
    "INCLUDE (minutes, billable, rate, on_job) WHERE started_at IS NULL",
    "CREATE STATISTICS time_entry_account_day (ndistinct) ON account_id, day FROM time_entry",
    "CREATE STATISTICS time_entry_job_day (ndistinct) ON on_job, day FROM time_entry",
    "CREATE STATISTICS time_entry_month ON (date_trunc('month', day::timestamp)::date) FROM time_entry",
    "ANALYZE time_entry",
)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0019_jobs_by_account")]

    operations = [
        ops.RunSQL(
            # As long as it takes for all entries. Changes of time wait meanwhile.
            sql=["SET LOCAL statement_timeout = 0", "LOCK TABLE time_entry, job_item IN SHARE ROW EXCLUSIVE MODE"],
            reverse_sql="",
        ),
        ops.AddField(model_name="TimeEntry", name="on_job", field=fields.UUIDField(null=True)),
        ops.RunSQL(sql=[_KEEP, *_TRIGGERS, *_FILL, *_FOR_SUMS], reverse_sql=""),
    ]
