"""Mail to clients, the firm's undo window, and where its clients answer to."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.ids import new_id
from models.migration_steps import AddFields, belongs_to
from models.rows.mail import MailCauseKind, MailState
from models.stamps import created_at, created_by, updated_at, updated_by


class Migration(migration_steps.Migration):
    dependencies = [("models", "0046_causers")]

    operations = [
        AddFields(
            [
                ("Firm", "undo_window", fields.IntField(default=5, db_default=5)),
                ("Firm", "reply_to", fields.CharField(null=True, max_length=254)),
            ]
        ),
        ops.CreateModel(
            name="Mail",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("version", fields.IntField(default=1)),
                ("created_at", created_at()),
                ("updated_at", updated_at()),
                ("updated_by_id", updated_by()),
                belongs_to("Firm", "firm"),
                ("created_by_id", created_by()),
                belongs_to("Account", "account"),
                belongs_to("Job", "job", OnDelete.SET_NULL, null=True),
                belongs_to("Contact", "contact", OnDelete.SET_NULL, null=True, db_index=True),
                ("to_name", fields.CharField(max_length=200)),
                ("address", fields.CharField(max_length=254)),
                ("subject", fields.CharField(max_length=200)),
                ("text", fields.TextField(unique=False)),
                (
                    "cause",
                    fields.CharEnumField(
                        description="\n".join(f"{value.name}: {value.value}" for value in MailCauseKind),
                        enum_type=MailCauseKind,
                        max_length=20,
                    ),
                ),
                ("cause_id", fields.UUIDField()),
                ("cause_revision", fields.BigIntField(null=True)),
                ("message_key", fields.CharField(max_length=64)),
                (
                    "state",
                    fields.CharEnumField(
                        default=MailState.WAITING,
                        description="\n".join(f"{value.name}: {value.value}" for value in MailState),
                        enum_type=MailState,
                        max_length=20,
                    ),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("attempts", fields.IntField(default=0)),
                ("answer", fields.CharField(null=True, max_length=500)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("claim", fields.UUIDField(null=True)),
            ],
            options={
                "table": "mail",
                "app": "models",
                "unique_together": (("firm", "message_key"),),
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "due_at", "id"]),
                    Index(fields=["firm_id", "state", "created_at", "id"]),
                    Index(fields=["account_id", "created_at", "id"]),
                    Index(fields=["job_id", "created_at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "A mail to a contact, about an account or a job of it.",
            },
            bases=["Row"],
        ),
        ops.RunSQL(
            sql=[
                "ALTER TABLE firm ADD CONSTRAINT firm_undo_window CHECK (undo_window BETWEEN 0 AND 60)",
                # Workers ask what is due of all firms at once: it costs what there is to do, whoever has nothing.
                "CREATE INDEX mail_next ON mail (next_at) WHERE next_at IS NOT NULL",
                "ALTER TABLE mail ADD CONSTRAINT mail_next CHECK (next_at IS NULL OR state = 'WAITING')",
                "ALTER TABLE mail ADD CONSTRAINT mail_ended CHECK ((ended_at IS NULL) = (state = 'WAITING'))",
            ],
            reverse_sql="",
        ),
    ]
