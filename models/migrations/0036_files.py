"""Files, the segments that their bytes are kept in, and how much room they take together."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import belongs_to
from models.rows.files import LONGEST_NAME, LONGEST_TYPE, FileState
from models.stamps import created_at, created_by, updated_at, updated_by


class Migration(migration_steps.Migration):
    dependencies = [("models", "0035_payment_providers")]

    operations = [
        ops.CreateModel(
            name="File",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                ("name", fields.CharField(max_length=LONGEST_NAME)),
                ("size", fields.BigIntField()),
                ("content_type", fields.CharField(null=True, max_length=LONGEST_TYPE)),
                ("sha256", fields.CharField(null=True, max_length=64)),
                (
                    "state",
                    fields.CharEnumField(
                        description="\n".join(f"{value.name}: {value.value}" for value in FileState),
                        enum_type=FileState,
                        max_length=20,
                    ),
                ),
                belongs_to("Member", "kept_for", null=True, db_index=True),
                ("expires_at", fields.DatetimeField(null=True)),
                ("taken", fields.BooleanField(default=False)),
                ("taken_at", fields.DatetimeField(null=True)),
                ("owner_kind", fields.CharField(null=True, max_length=30)),
                ("owner_id", fields.UUIDField(null=True)),
                belongs_to("Account", "account", null=True, db_index=True),
                ("given_up_at", fields.DatetimeField(null=True)),
            ],
            options={
                "table": "file",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["owner_id", "taken_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A file: what is known of its bytes, which never change. It is its uploader's "
                "until a thing takes it; then it is",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="FileSegment",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("File", "file"),
                ("begins", fields.BigIntField()),
                ("size", fields.BigIntField()),
                ("key", fields.CharField(max_length=40)),
            ],
            options={
                "table": "file_segment",
                "app": "models",
                "unique_together": (("file", "begins"),),
                "pk_attr": "id",
                "table_description": "A part of a file's bytes, which is in the store before this row is written.",
            },
            bases=["Link"],
        ),
        ops.CreateModel(
            name="FileTotal",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm", OnDelete.CASCADE),
                ("size", fields.BigIntField(default=0)),
            ],
            options={
                "table": "file_total",
                "app": "models",
                "unique_together": (("firm",),),
                "pk_attr": "id",
                "table_description": "How many bytes a firm's files have together, as they are when they are whole. "
                "The row is held by whoever begins",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Somebody's, something's, or nobody's any more.
                "ALTER TABLE file ADD CONSTRAINT file_belongs CHECK (CASE WHEN taken THEN owner_kind IS NOT NULL AND "
                "owner_id IS NOT NULL AND account_id IS NOT NULL AND taken_at IS NOT NULL AND kept_for_id IS NULL AND "
                "given_up_at IS NULL WHEN given_up_at IS NOT NULL THEN kept_for_id IS NULL AND account_id IS NULL "
                "ELSE kept_for_id IS NOT NULL AND expires_at IS NOT NULL AND account_id IS NULL END)",
                "ALTER TABLE file ADD CONSTRAINT file_whole CHECK "
                "((state = 'RECEIVING') = (sha256 IS NULL) AND (sha256 IS NULL) = (content_type IS NULL))",
                "ALTER TABLE file ADD CONSTRAINT file_size CHECK (size >= 0)",
                "ALTER TABLE file_segment ADD CONSTRAINT file_segment_size CHECK (size > 0 AND begins >= 0)",
                "ALTER TABLE file_total ADD CONSTRAINT file_total_size CHECK (size >= 0)",
                # What the sweep looks for, in all firms at once.
                "CREATE INDEX file_expires ON file (expires_at) WHERE expires_at IS NOT NULL",
                "CREATE INDEX file_given_up ON file (given_up_at) WHERE given_up_at IS NOT NULL",
                "CREATE INDEX file_to_check ON file (created_at) WHERE state = 'CHECKING'",
            ],
            reverse_sql="",
        ),
    ]
