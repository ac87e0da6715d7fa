"""Clients who sign in to the portal: with which address a contact does, identities, and their sessions and letters."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import AddFields, belongs_to
from models.rows.keys import same


class Migration(migration_steps.Migration):
    dependencies = [("models", "0054_mail_of_items")]

    operations = [
        AddFields(
            [
                ("Contact", "invited_at", fields.DatetimeField(null=True)),
                ("Contact", "portal_email", fields.CharField(null=True, max_length=254)),
                ("Contact", "portal_email_key", same("portal_email", null=True)),
            ]
        ),
        ops.CreateModel(
            name="Identity",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("address_key", fields.CharField(unique=True, max_length=254)),
                ("password_hash", fields.CharField(null=True, max_length=200)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "identity",
                "app": "models",
                "pk_attr": "id",
                "table_description": "An address that somebody has shown to be theirs, and what they sign in to the "
                "client portal with.",
            },
            bases=["Table"],
        ),
        ops.AlterField(
            model_name="Session",
            name="member",
            field=belongs_to("Member", "member", OnDelete.CASCADE, null=True, db_index=True)[1],
        ),
        *(
            ops.AddField(
                model_name=model,
                name=name.lower(),
                field=belongs_to(name, name.lower(), OnDelete.CASCADE, null=True, db_index=True)[1],
            )
            for model, name in (("Session", "Identity"), ("Session", "Contact"), ("SignInLetter", "Contact"))
        ),
        ops.AlterField(
            model_name="SignInLetter",
            name="address_key",
            field=fields.CharField(null=True, db_index=True, max_length=254),
        ),
        ops.RunSQL(
            sql=[
                # A session is a member's, or an identity's: never both, never nobody's.
                "ALTER TABLE session ADD CONSTRAINT session_whose "
                "CHECK ((member_id IS NULL) <> (identity_id IS NULL) AND (contact_id IS NULL OR member_id IS NULL))",
                "CREATE INDEX contact_portal ON contact (portal_email_key) WHERE portal_email_key IS NOT NULL",
            ],
            reverse_sql="",
        ),
    ]
