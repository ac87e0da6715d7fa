"""What recurrences say of their jobs is called so."""

from tortoise.migrations.operations import RenameField

from models import migration_steps


class Migration(migration_steps.Migration):
    dependencies = [("models", "0050_undo")]

    operations = [
        RenameField(model, field, f"job_{field}")
        for model in ("Recurrence", "ChangedOccurrence")
        for field in ("period", "start_date", "due_date", "deadline")
    ]
