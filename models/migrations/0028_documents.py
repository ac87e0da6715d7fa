"""Documents, who is asked to approve them, and the signers of whatever is signed."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.items.documents import DocumentState
from models.migration_steps import belongs_to, item_columns
from models.rows import SignatureMethod

#: What is kept of a signature that was given here, and of one that was obtained elsewhere.
_ELECTRONIC = "digest IS NOT NULL AND evidence IS NULL AND recorded_by_id IS NULL"
_RECORDED = "evidence <> '' AND digest IS NULL AND address IS NULL"


class Migration(migration_steps.Migration):
    dependencies = [("models", "0027_payments")]

    operations = [
        ops.CreateModel(
            name="Document",
            fields=[
                *item_columns(),
                ("content_version", fields.IntField(default=1)),
                ("signs_in_order", fields.BooleanField(default=False)),
                ("name", fields.CharField(max_length=200)),
                ("description", fields.TextField(default="", unique=False)),
                ("state", fields.CharEnumField(enum_type=DocumentState, max_length=20, default=DocumentState.PLAIN)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                belongs_to("Contact", "decided_by", null=True, db_index=True),
                ("decision_note", fields.TextField(default="", unique=False)),
            ],
            options={
                "table": "document",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "state", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "What a client is asked to approve or to sign, on an account, linked to any "
                "number of its jobs.",
            },
            bases=["SignedItem"],
        ),
        ops.CreateModel(
            name="DocumentApprover",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                belongs_to("Document", "document", OnDelete.CASCADE),
                belongs_to("Contact", "contact", db_index=True),
            ],
            options={
                "table": "document_approver",
                "app": "models",
                "unique_together": (("document", "contact"),),
                "pk_attr": "id",
                "table_description": "A contact is asked to approve a document, any one of its approvers for all.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="Signer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                ("item", fields.UUIDField()),
                belongs_to("Contact", "contact", db_index=True),
                ("name", fields.CharField(max_length=200)),
                ("place", fields.SmallIntField()),
                ("method", fields.CharEnumField(enum_type=SignatureMethod, null=True, max_length=10)),
                ("signed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("signed_on", fields.DateField(null=True)),
                ("digest", fields.CharField(null=True, max_length=64)),
                ("address", fields.CharField(null=True, max_length=45)),
                ("evidence", fields.TextField(null=True, unique=False)),
                belongs_to("Member", "recorded_by", null=True),
            ],
            options={
                "table": "signer",
                "app": "models",
                "unique_together": (("item", "place"),),
                "pk_attr": "id",
                "table_description": "A contact who is asked to sign an item, and their signature once they have. That "
                "is never changed.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE document ADD CONSTRAINT document_decided CHECK "
                "((decided_at IS NULL) = (decided_by_id IS NULL))",
                "ALTER TABLE signer ADD CONSTRAINT signer_signed CHECK "
                "((method IS NULL) = (signed_at IS NULL) AND (method IS NULL) = (signed_on IS NULL))",
                "ALTER TABLE signer ADD CONSTRAINT signer_signature CHECK (CASE method "
                f"WHEN 'ELECTRONIC' THEN {_ELECTRONIC} WHEN 'RECORDED' THEN {_RECORDED} "
                "ELSE num_nonnulls(digest, address, evidence, recorded_by_id) = 0 END)",
                "CREATE TRIGGER document_not_searched AFTER DELETE ON document REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
