"""The log is looked through by account, by pipeline and by who acted."""

from tortoise.migrations import operations as ops

from models import migration_steps

_COLUMNS = {"account": "data->>'account'", "pipeline": "data->>'pipeline'", "actor": "actor->>'id'"}


class Migration(migration_steps.Migration):
    dependencies = [("models", "0014_personal_tokens")]

    operations = [
        ops.RunSQL(
            sql=[
                # As long as a long log takes. Changes wait meanwhile.
                "SET LOCAL statement_timeout = 0",
                *(
                    f"CREATE INDEX event_by_{name} ON event (firm_id, (({column})::uuid), revision DESC, index DESC)"
                    for name, column in _COLUMNS.items()
                ),
                # How many events there are of each is known from then on.
                "ANALYZE event",
            ],
            reverse_sql="",
        ),
    ]
