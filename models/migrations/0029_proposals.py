"""Proposals and their services."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.items.proposals import ProposalState
from models.migration_steps import belongs_to, item_columns


class Migration(migration_steps.Migration):
    dependencies = [("models", "0028_documents")]

    operations = [
        ops.CreateModel(
            name="Proposal",
            fields=[
                *item_columns(),
                ("content_version", fields.IntField(default=1)),
                ("signs_in_order", fields.BooleanField(default=False)),
                ("name", fields.CharField(max_length=200)),
                ("introduction", fields.TextField(default="", unique=False)),
                ("currency", fields.CharField(max_length=3)),
                ("expires_on", fields.DateField(null=True)),
                ("state", fields.CharEnumField(enum_type=ProposalState, max_length=20, default=ProposalState.DRAFT)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "proposal",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "state", "created_at", "id"]),
                    Index(fields=["firm_id", "expires_on", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "Services that a client is asked to sign for, on an account, linked to any number "
                "of its jobs.",
            },
            bases=["SignedItem"],
        ),
        ops.CreateModel(
            name="ProposalService",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                belongs_to("Proposal", "proposal", OnDelete.CASCADE),
                ("number", fields.SmallIntField()),
                ("name", fields.CharField(max_length=200)),
                ("description", fields.TextField(default="", unique=False)),
                ("price", fields.DecimalField(max_digits=14, decimal_places=4)),
                ("quantity", fields.IntField(default=1)),
                ("optional", fields.BooleanField(default=False)),
                ("group", fields.CharField(source_field="one_of", null=True, max_length=100)),
                ("chosen", fields.BooleanField(null=True)),
            ],
            options={
                "table": "proposal_service",
                "app": "models",
                "unique_together": (("proposal", "number"),),
                "pk_attr": "id",
                "table_description": "A service that a proposal offers.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE proposal ADD CONSTRAINT proposal_sent CHECK ((state = 'DRAFT') = (sent_at IS NULL))",
                "ALTER TABLE proposal_service ADD CONSTRAINT proposal_service_amount CHECK "
                "(price >= 0 AND quantity > 0)",
                # What is no option is chosen by whoever signs.
                "ALTER TABLE proposal_service ADD CONSTRAINT proposal_service_chosen CHECK "
                "(chosen IS NOT FALSE OR optional OR one_of IS NOT NULL)",
                "CREATE TRIGGER proposal_not_searched AFTER DELETE ON proposal REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
