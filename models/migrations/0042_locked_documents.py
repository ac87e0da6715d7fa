"""Documents may be locked until an invoice is paid."""

from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import belongs_to


class Migration(migration_steps.Migration):
    dependencies = [("models", "0041_document_versions")]

    operations = [
        ops.AddField(
            model_name="Document",
            name="locked_until",
            field=belongs_to("Invoice", "locked_until", null=True, db_index=True)[1],
        ),
    ]
