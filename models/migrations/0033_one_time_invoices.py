"""A signed proposal is invoiced once."""

from decimal import Decimal

from tortoise import fields
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields, belongs_to
from models.rows import Awaited


class Migration(migration_steps.Migration):
    dependencies = [("models", "0032_templates")]

    operations = [
        AddFields(
            [
                ("Proposal", "invoiced_once", fields.BooleanField(default=False, db_default=False)),
                ("Proposal", "invoice_due_days", fields.SmallIntField(null=True)),
                (
                    "Proposal",
                    "invoice_awaited",
                    fields.CharEnumField(enum_type=Awaited, max_length=20, null=True),
                ),
                (
                    "ProposalService",
                    "tax_rate",
                    fields.DecimalField(max_digits=6, decimal_places=3, default=Decimal(), db_default=Decimal()),
                ),
            ]
        ),
        ops.AddField(model_name="Invoice", name="proposal", field=belongs_to("Proposal", "proposal", null=True)[1]),
        ops.RunSQL(
            sql=[
                # A proposal is invoiced once.
                "CREATE UNIQUE INDEX invoice_proposal ON invoice (proposal_id) WHERE proposal_id IS NOT NULL",
                "ALTER TABLE proposal ADD CONSTRAINT proposal_invoiced CHECK "
                "(invoice_awaited IS NULL OR (state = 'SIGNED' AND invoiced_once))",
                "ALTER TABLE proposal_service ADD CONSTRAINT proposal_service_tax CHECK (tax_rate BETWEEN 0 AND 100)",
            ],
            reverse_sql="",
        ),
    ]
