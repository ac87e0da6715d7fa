"""The log becomes a table of partitions, one for each month. The rows that are there are copied into theirs."""

from tortoise.migrations import operations as ops

from models import migration_steps

# For each month that the log has something of, for the present one and the two after it.
_MONTHS = """
DO $$
DECLARE
    month timestamp;
BEGIN
    FOR month IN
        SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC') FROM event_before
        UNION
        SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month'
        FROM generate_series(0, 2) AS ahead
    LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF event FOR VALUES FROM (%L) TO (%L)',
            to_char(month, '"event_"YYYY_MM'), month || '+00', month + interval '1 month' || '+00'
        );
    END LOOP;
END $$
"""


class Migration(migration_steps.Migration):
    dependencies = [("models", "0002_constraints")]

    operations = [
        # A unique index over partitions must have their key in it. That a revision is there once is the doing of the
        # firm's row, from which it is taken.
        ops.RemoveConstraint(model_name="EventRow", fields=["firm", "revision", "index"]),
        ops.RunSQL(
            sql=[
                # As long as a long log takes. Changes wait meanwhile.
                "SET LOCAL statement_timeout = 0",
                "ALTER TABLE event RENAME TO event_before",
                "CREATE TABLE event (LIKE event_before INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (at)",
                "ALTER SEQUENCE event_id_seq OWNED BY event.id",
                # Nothing that happens is ever refused for want of a partition.
                "CREATE TABLE event_default PARTITION OF event DEFAULT",
                _MONTHS,
                "INSERT INTO event SELECT * FROM event_before",
                "DROP TABLE event_before",
                # After the rows: to build an index is less work than to fill it row by row.
                "ALTER TABLE event ADD PRIMARY KEY (firm_id, revision, index, at)",
                "CREATE INDEX event_of_job ON event (job, revision DESC, index DESC) WHERE job IS NOT NULL",
                "CREATE INDEX event_of_subject ON event (subject, type) WHERE subject IS NOT NULL",
                "CREATE INDEX event_default_at ON event_default (at)",
                "ALTER TABLE event ADD CONSTRAINT event_firm_id_fkey "
                "FOREIGN KEY (firm_id) REFERENCES firm (id) ON DELETE RESTRICT",
                "ANALYZE event",
            ],
            reverse_sql="",
        ),
    ]
