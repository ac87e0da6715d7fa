"""Jobs are found by the names of their accounts."""

from tortoise.migrations import operations as ops

from models import migration_steps

# Of a word of an account, "…account:acme", it is "…job::acme".
_WORDS = """
UPDATE search_entry AS entry SET parent_title = parent.title, words = array_to_tsvector(
    tsvector_to_array(entry.words) || ARRAY(
        SELECT left(word, 8) || 'job::' || split_part(word, ':', 2)
        FROM unnest(tsvector_to_array(parent.words)) AS word))
FROM job JOIN search_entry AS parent ON parent.thing = job.account_id WHERE entry.thing = job.id
"""


class Migration(migration_steps.Migration):
    dependencies = [("models", "0018_contacts")]

    operations = [
        ops.RunSQL(
            sql=[
                # As long as it takes for all jobs. The index is made anew, which is done sooner than to change it.
                "SET LOCAL statement_timeout = 0",
                "ALTER TABLE search_entry ADD COLUMN parent_title text NOT NULL DEFAULT ''",
                "DROP INDEX search_entry_words",
                _WORDS,
                "CREATE INDEX search_entry_words ON search_entry USING gin (words)",
            ],
            reverse_sql="",
        ),
    ]
