"""From when until when jobs were on stages and under custom statuses, and when they were completed, stands in tables of
its own, which the log keeps: reports on flow no longer read all of that."""

from tortoise.migrations import operations as ops

from models import migration_steps

_COURSES = "('JobCreated', 'JobMoved', 'JobStatusChanged', 'JobDeleted')"

# Narrow, and without references: deleted jobs, stages and statuses are among them. What lasts ends at infinity. What an
# event does not say is null: no change is refused because of it.
_TABLES = (
    """
CREATE TABLE stay (
    since timestamptz NOT NULL, until timestamptz NOT NULL, firm_id uuid NOT NULL, job uuid,
    thing uuid, account uuid, pipeline uuid, course text NOT NULL,
    away boolean NOT NULL, origin boolean NOT NULL
)""",
    """
CREATE TABLE completion (
    since timestamptz, until timestamptz NOT NULL, firm_id uuid NOT NULL, job uuid,
    account uuid, pipeline uuid, PRIMARY KEY (job, firm_id)
)""",
    "CREATE INDEX stay_lasting ON stay (job) WHERE until = 'infinity'",
)

# A job that is archived is on no stage: it is away from one, from another if its card is put there meanwhile, and comes
# back when it is restored. Nothing ends before it began, and nothing begins before that ended which it follows: the
# clocks of two servers differ a little, and of two who wait for each other the later one may be the first. A completion
# is kept while it lasts; restored from the archive, a job is as completed as before. A client may bring the id of a job
# that was deleted: each firm then has the later completion. A status of which there is no row is a custom one: no other
# can be deleted alone. A plan is kept that was made while there were few stays: whatever it costs then, it has to go by
# the index.
_KEEP = """
CREATE FUNCTION keep_stays(firm uuid, of_job uuid, happened text, told jsonb, moment timestamptz) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    at_account uuid := told->>'account';
    in_pipeline uuid := told->>'pipeline';
    former text;
    present text;
BEGIN
    IF happened = 'JobCreated' THEN
        INSERT INTO stay VALUES (moment, 'infinity', firm, of_job, (told->>'stage')::uuid, at_account, in_pipeline,
            'STAGE', false, false);
    ELSIF happened = 'JobMoved' THEN
        IF told->>'from_stage' <> told->>'to_stage' THEN
            UPDATE stay SET thing = (told->>'to_stage')::uuid, pipeline = in_pipeline
            WHERE job = of_job AND until = 'infinity' AND course = 'STAGE' AND away;
            IF NOT FOUND THEN
                WITH ended AS (
                    UPDATE stay SET until = greatest(since, moment)
                    WHERE job = of_job AND until = 'infinity' AND course = 'STAGE' RETURNING until
                )
                INSERT INTO stay SELECT coalesce(max(until), moment), 'infinity', firm, of_job,
                    (told->>'to_stage')::uuid, at_account, in_pipeline, 'STAGE', false, false FROM ended;
            END IF;
        END IF;
        IF told->>'from_pipeline' <> told->>'pipeline' THEN
            WITH ended AS (
                UPDATE stay SET until = greatest(since, moment)
                WHERE job = of_job AND until = 'infinity' AND course = 'STATUS' RETURNING thing, until
            )
            INSERT INTO stay SELECT until, 'infinity', firm, of_job, thing, at_account, in_pipeline, 'STATUS', false,
                false FROM ended LIMIT 1;
        END IF;
    ELSIF happened = 'JobStatusChanged' THEN
        SELECT category INTO former FROM status WHERE id = (told->>'from_status')::uuid AND firm_id = firm;
        SELECT category INTO present FROM status WHERE id = (told->>'to_status')::uuid AND firm_id = firm;
        former := coalesce(former, 'CUSTOM');
        present := coalesce(present, 'CUSTOM');
        WITH ended AS (
            UPDATE stay SET until = greatest(since, moment)
            WHERE job = of_job AND until = 'infinity' AND course = 'STATUS' RETURNING until
        )
        INSERT INTO stay SELECT coalesce(max(until), moment), 'infinity', firm, of_job, (told->>'to_status')::uuid,
            at_account, in_pipeline, 'STATUS', false, false FROM ended HAVING present = 'CUSTOM';
        IF (present = 'ARCHIVED') <> (former = 'ARCHIVED') THEN
            WITH ended AS (
                UPDATE stay SET until = greatest(since, moment)
                WHERE job = of_job AND until = 'infinity' AND course = 'STAGE' RETURNING thing, until
            )
            INSERT INTO stay SELECT until, 'infinity', firm, of_job, thing, at_account, in_pipeline, 'STAGE',
                present = 'ARCHIVED', false FROM ended LIMIT 1;
        END IF;
        IF present IN ('ACTIVE', 'CUSTOM') THEN
            DELETE FROM completion WHERE job = of_job AND firm_id = firm;
        ELSIF present = 'COMPLETED' AND former IN ('ACTIVE', 'CUSTOM') THEN
            INSERT INTO completion VALUES (
                coalesce(
                    (SELECT created_at FROM job WHERE id = of_job AND firm_id = firm AND created_at <= moment),
                    (SELECT max(at) FROM event WHERE subject = of_job AND type = 'JobCreated' AND firm_id = firm
                        AND at <= moment)
                ), moment, firm, of_job, at_account, in_pipeline
            ) ON CONFLICT (job, firm_id) DO UPDATE SET since = EXCLUDED.since, until = EXCLUDED.until,
                account = EXCLUDED.account, pipeline = EXCLUDED.pipeline;
        END IF;
    ELSE
        UPDATE stay SET until = greatest(since, moment) WHERE job = of_job AND until = 'infinity';
    END IF;
END $$
"""
# By the event itself, whoever writes it: servers of the version before do so too.
_TRIGGER = (
    """
CREATE FUNCTION keep_stays_of_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM keep_stays(NEW.firm_id, NEW.job, NEW.type, NEW.data, NEW.at);
    RETURN NULL;
END $$
""",
    f"CREATE TRIGGER event_keeps_stays AFTER INSERT ON event FOR EACH ROW WHEN (NEW.type IN {_COURSES}) "
    "EXECUTE FUNCTION keep_stays_of_event()",
)

# A job of whose opening the log knows nothing begins with an `origin`, where it was when the log begins, or when it was
# opened: that follows from the first event that says what it left, or, where none does, from where it still is.
_FROM_ARCHIVE = "data->>'from_status' IN (SELECT id::text FROM status WHERE category = 'ARCHIVED')"
_ORIGINS = (
    f"""
CREATE TEMPORARY TABLE origin ON COMMIT DROP AS
WITH opened AS MATERIALIZED (SELECT job FROM event WHERE type = 'JobCreated'), first AS (
    SELECT firm_id, job, min(data->>'account') AS account,
        (array_agg(coalesce(data->>'from_pipeline', data->>'pipeline') ORDER BY revision, index))[1] AS pipeline,
        (array_agg(data->>'from_stage' ORDER BY revision, index) FILTER (WHERE data ? 'from_stage'))[1] AS stage,
        (array_agg(data->>'from_status' ORDER BY revision, index) FILTER (WHERE data ? 'from_status'))[1] AS status,
        (array_agg({_FROM_ARCHIVE} ORDER BY revision, index) FILTER (WHERE type = 'JobStatusChanged'))[1] AS away
    FROM event WHERE type IN {_COURSES} AND NOT EXISTS (SELECT FROM opened WHERE opened.job = event.job)
    GROUP BY firm_id, job
), begun AS (
    SELECT id AS firm_id, (SELECT at FROM event WHERE firm_id = firm.id ORDER BY revision, index LIMIT 1) AS at
    FROM firm
)
SELECT greatest(begun.at, job.created_at) AS since, begun.firm_id, coalesce(first.job, job.id) AS job,
    coalesce(first.account::uuid, job.account_id) AS account,
    coalesce(first.pipeline::uuid, job.pipeline_id) AS pipeline,
    coalesce(first.stage::uuid, job.stage_id) AS stage, coalesce(first.status::uuid, job.status_id) AS status,
    coalesce(first.away, job.archived_at IS NOT NULL) AS away
FROM first FULL JOIN (
    SELECT * FROM job WHERE NOT EXISTS (SELECT FROM opened WHERE opened.job = job.id)
) AS job ON job.id = first.job JOIN begun ON begun.firm_id = coalesce(first.firm_id, job.firm_id)
""",
    """
INSERT INTO stay SELECT coalesce(since, now()), 'infinity', firm_id, job, stage, account, pipeline, 'STAGE', away, true
FROM origin WHERE stage IS NOT NULL
""",
    """
INSERT INTO stay SELECT coalesce(since, now()), 'infinity', origin.firm_id, job, status, account, pipeline, 'STATUS',
    false, true
FROM origin LEFT JOIN status ON status.id = origin.status
WHERE origin.status IS NOT NULL AND coalesce(status.category, 'CUSTOM') = 'CUSTOM'
""",
    "DROP TABLE origin",
)
_PAST = f"""
SELECT count(keep_stays(firm_id, job, type, data, at)) FROM (
    SELECT * FROM event WHERE type IN {_COURSES} ORDER BY firm_id, revision, index
) AS told
"""

_INDEXES = (
    "CREATE INDEX stay_of_firm ON stay (firm_id, course, until)",
    "CREATE INDEX completion_of_firm ON completion (firm_id, until)",
    "ANALYZE stay",
    "ANALYZE completion",
)


class Migration(migration_steps.Migration):
    dependencies = [("models", "0016_saved_views")]

    operations = [
        ops.RunSQL(
            sql=[
                # As long as a long log takes. Changes wait meanwhile.
                "SET LOCAL statement_timeout = 0",
                *_TABLES,
                _KEEP,
                *_TRIGGER,
                *_ORIGINS,
                _PAST,
                *_INDEXES,
            ],
            reverse_sql="",
        ),
    ]
