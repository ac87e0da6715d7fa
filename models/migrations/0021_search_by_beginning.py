"""What titles begin with has an index of its own."""

from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import Kind

_SEARCHED = (Kind.ACCOUNT, Kind.CONTACT, Kind.JOB, Kind.MEMBER, Kind.NOTE, Kind.TASK)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0020_jobs_of_time")]

    operations = [
        ops.RunSQL(
            sql=[
                # As long as it takes for all that is found by words.
                "SET LOCAL statement_timeout = 0",
                "ALTER TABLE search_entry ADD COLUMN kind varchar(20)",
                *(
                    f"UPDATE search_entry AS entry SET kind = '{kind}' FROM {kind} WHERE {kind}.id = entry.thing"
                    for kind in _SEARCHED
                ),
                "DELETE FROM search_entry WHERE kind IS NULL",
                "ALTER TABLE search_entry ALTER COLUMN kind SET NOT NULL",
                # Bytewise, whatever the database's locale. A title may be longer than what an index holds.
                "CREATE INDEX search_entry_beginning ON search_entry "
                "(firm_id, kind, (left(title, 40)) text_pattern_ops)",
            ],
            reverse_sql="",
        ),
    ]
