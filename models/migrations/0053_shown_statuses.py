"""What clients are shown of their jobs, from when until when, stands in a table of its own, which the log keeps."""

from tortoise.migrations import operations as ops

from models import migration_steps

# Narrow, and without references: deleted jobs are among them. What lasts ends at infinity. An entry is what a client
# knows a job by: it is the same for as long as anything of the job is kept here.
_TABLE = (
    """
CREATE TABLE shown_status (
    since timestamptz NOT NULL, until timestamptz NOT NULL, firm_id uuid NOT NULL, account uuid NOT NULL,
    job uuid NOT NULL, entry uuid NOT NULL, name text NOT NULL, status text NOT NULL, color text,
    description text NOT NULL, changed_at timestamptz NOT NULL
)""",
    "CREATE UNIQUE INDEX shown_status_lasting ON shown_status (job, firm_id) WHERE until = 'infinity'",
    "CREATE INDEX shown_status_of_account ON shown_status (account, changed_at DESC, entry) WHERE until = 'infinity'",
    "CREATE INDEX shown_status_of_job ON shown_status (job, since DESC)",
    "CREATE INDEX shown_status_of_firm ON shown_status (firm_id, until)",
)

# What is shown is said here, once: of a job that is neither archived nor an archived account's, that is to be shown and
# has something to show, while the firm shows any of it.
_PRESENT = """
SELECT job.firm_id, job.account_id AS account, job.id AS job, job.name, job.client_status_name AS status,
    job.client_status_color AS color, job.client_status_description AS description,
    coalesce(job.client_status_changed_at, job.created_at) AS changed_at
FROM job JOIN account ON account.id = job.account_id JOIN firm ON firm.id = job.firm_id
WHERE job.client_status_visible AND job.client_status_name IS NOT NULL AND job.archived_at IS NULL
    AND account.archived_at IS NULL AND firm.client_status_enabled
"""

# The log is written while the firm's row is held: nobody changes the switch, an account or a job meanwhile of whom this
# would not know, and what one revision shows is what the next one finds. Nothing ends before it began.
_KEEP = f"""
CREATE FUNCTION keep_shown(firm uuid, jobs uuid[], moment timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shown_status AS shown SET until = greatest(shown.since, moment)
    WHERE shown.job = ANY(jobs) AND shown.firm_id = firm AND shown.until = 'infinity' AND NOT EXISTS (
        SELECT FROM ({_PRESENT}) AS present WHERE present.job = shown.job AND present.firm_id = firm
            AND (present.account, present.name, present.status, present.color, present.description)
            IS NOT DISTINCT FROM (shown.account, shown.name, shown.status, shown.color, shown.description)
    );
    INSERT INTO shown_status (since, until, firm_id, account, job, entry, name, status, color, description, changed_at)
    SELECT greatest(moment, max(former.until)), 'infinity', firm, present.account, present.job,
        coalesce((array_agg(former.entry))[1], gen_random_uuid()), present.name, present.status, present.color,
        present.description, present.changed_at
    FROM ({_PRESENT}) AS present LEFT JOIN shown_status AS former ON former.job = present.job AND former.firm_id = firm
    WHERE present.job = ANY(jobs) AND present.firm_id = firm
    GROUP BY present.account, present.job, present.name, present.status, present.color, present.description,
        present.changed_at
    HAVING count(*) FILTER (WHERE former.until = 'infinity') = 0;
END $$
"""
# By the event itself, whoever writes it: servers of the version before do so too.
_TRIGGER = (
    """
CREATE FUNCTION keep_shown_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_account uuid := NEW.data->>'account';
BEGIN
    IF NEW.type = 'FirmUpdated' THEN
        PERFORM keep_shown(NEW.firm_id, ARRAY(
            SELECT id FROM job WHERE firm_id = NEW.firm_id AND client_status_visible AND archived_at IS NULL
            UNION SELECT job FROM shown_status WHERE firm_id = NEW.firm_id AND until = 'infinity'
        ), NEW.at);
    ELSIF NEW.type IN ('AccountArchived', 'AccountRestored') THEN
        PERFORM keep_shown(NEW.firm_id, ARRAY(
            SELECT id FROM job WHERE account_id = of_account AND client_status_visible AND archived_at IS NULL
            UNION SELECT job FROM shown_status WHERE account = of_account AND until = 'infinity'
        ), NEW.at);
    ELSE
        PERFORM keep_shown(NEW.firm_id, ARRAY[NEW.job], NEW.at);
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER event_keeps_shown AFTER INSERT ON event FOR EACH ROW WHEN (
    NEW.type IN ('JobCreated', 'JobClientStatusChanged', 'JobStatusChanged', 'JobDeleted',
        'AccountArchived', 'AccountRestored')
    OR NEW.type = 'JobUpdated' AND NEW.data->'changes' ? 'name'
    OR NEW.type = 'FirmUpdated' AND NEW.data->'changes' ? 'client_status_enabled'
) EXECUTE FUNCTION keep_shown_of_event()
""",
)
# What was shown before, nobody kept: what is shown began when it last changed, as far as is known.
_PAST = f"""
INSERT INTO shown_status (since, until, firm_id, account, job, entry, name, status, color, description, changed_at)
SELECT changed_at, 'infinity', firm_id, account, job, gen_random_uuid(), name, status, color, description, changed_at
FROM ({_PRESENT}) AS present
"""


class Migration(migration_steps.Migration):
    dependencies = [("models", "0052_sign_in_letters")]

    operations = [
        ops.RunSQL(
            # Changes wait meanwhile.
            sql=["SET LOCAL statement_timeout = 0", *_TABLE, _KEEP, *_TRIGGER, _PAST, "ANALYZE shown_status"],
            reverse_sql="",
        ),
    ]
