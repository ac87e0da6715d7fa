"""Documents have files, one after the other, and so has the evidence of signatures."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields, belongs_to
from models.stamps import created_at, created_by

#: What is kept of a signature that was given here, and of one that was obtained elsewhere.
_ELECTRONIC = "digest IS NOT NULL AND num_nonnulls(evidence, evidence_file_id, recorded_by_id) = 0"
_RECORDED = "evidence <> '' AND digest IS NULL AND address IS NULL"


class Migration(migration_steps.Migration):
    dependencies = [("models", "0040_trash")]

    operations = [
        ops.CreateModel(
            name="DocumentVersion",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Document", "document", OnDelete.CASCADE),
                ("number", fields.IntField()),
                ("content_version", fields.IntField()),
                belongs_to("File", "file", db_index=True),
                ("created_at", created_at()),
                ("created_by_id", created_by()),
            ],
            options={
                "table": "document_version",
                "app": "models",
                "unique_together": (("document", "number"),),
                "pk_attr": "id",
                "table_description": "A file that a document has, or had before. It is never changed.",
            },
            bases=["Link"],
        ),
        AddFields([("Document", "file_sha256", fields.CharField(max_length=64, null=True))]),
        ops.AddField(model_name="Document", name="file", field=belongs_to("File", "file", null=True)[1]),
        ops.AddField(
            model_name="Signer", name="evidence_file", field=belongs_to("File", "evidence_file", null=True)[1]
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE document ADD CONSTRAINT document_of_file CHECK "
                "((file_id IS NULL) = (file_sha256 IS NULL))",
                "ALTER TABLE signer DROP CONSTRAINT signer_signature",
                "ALTER TABLE signer ADD CONSTRAINT signer_signature CHECK (CASE method "
                f"WHEN 'ELECTRONIC' THEN {_ELECTRONIC} WHEN 'RECORDED' THEN {_RECORDED} "
                "ELSE num_nonnulls(digest, address, evidence, evidence_file_id, recorded_by_id) = 0 END)",
            ],
            reverse_sql="",
        ),
    ]
