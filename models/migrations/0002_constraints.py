"""What the ORM's fields cannot say: bytewise order, checks, and uniqueness under a condition."""

from tortoise.migrations import operations as ops

from models import migration_steps


class Migration(migration_steps.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(
            sql=[
                # Fractional indexes order bytewise, whatever locale the database was made with.
                'ALTER TABLE job ALTER COLUMN position TYPE text COLLATE "C"',
                'ALTER TABLE stage ALTER COLUMN position TYPE text COLLATE "C"',
                # One owner a firm, one of each built-in status a pipeline, one running timer a member.
                "CREATE UNIQUE INDEX member_one_owner ON member (firm_id) WHERE role = 'OWNER'",
                "CREATE UNIQUE INDEX status_one_built_in ON status (pipeline_id, category) WHERE category <> 'CUSTOM'",
                "CREATE UNIQUE INDEX time_entry_one_timer ON time_entry (member_id) WHERE started_at IS NOT NULL",
                "CREATE INDEX member_of_firm ON member (firm_id, name, id)",
                "CREATE INDEX event_of_job ON event (job, revision DESC, index DESC) WHERE job IS NOT NULL",
                "CREATE INDEX event_of_subject ON event (subject, type) WHERE subject IS NOT NULL",
                "ALTER TABLE job ADD CONSTRAINT job_budget CHECK (budget >= 0)",
                "ALTER TABLE job ADD CONSTRAINT job_dates CHECK (due_date >= start_date)",
                "ALTER TABLE task ADD CONSTRAINT task_dates CHECK (due_date >= start_date)",
                "ALTER TABLE time_entry ADD CONSTRAINT time_entry_minutes CHECK (minutes >= 0)",
                "ALTER TABLE firm ADD CONSTRAINT firm_revision CHECK (scope_revision <= revision)",
            ],
            reverse_sql="",
        ),
    ]
