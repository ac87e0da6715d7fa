"""What was written last is found in the index, and not by going through all of it."""

from tortoise.migrations import operations as ops

from models import migration_steps


class Migration(migration_steps.Migration):
    dependencies = [("models", "0037_folders")]

    operations = [
        ops.RunSQL(
            sql=[
                # A GIN index keeps what is written until it is worth merging into it, and whoever searches goes through
                # all of that: up to 4 MB, which took them milliseconds for each word, unless autovacuum came first.
                "ALTER INDEX search_entry_words SET (gin_pending_list_limit = 64)",
                "ALTER INDEX contact_emails SET (gin_pending_list_limit = 64)",
            ],
            reverse_sql="",
        ),
    ]
