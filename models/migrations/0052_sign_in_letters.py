"""Links and codes by mail, to sign in with and to choose a password."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.audiences import Audience
from models.migration_steps import AddFields, belongs_to
from models.rows.sessions import LetterPurpose


class Migration(migration_steps.Migration):
    dependencies = [("models", "0051_names_of_recurrences")]

    operations = [
        AddFields([("Member", "invited_at", fields.DatetimeField(null=True))]),
        ops.CreateModel(
            name="SignInLetter",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("purpose", fields.CharEnumField(enum_type=LetterPurpose, max_length=20)),
                ("audience", fields.CharEnumField(enum_type=Audience, max_length=20)),
                ("address", fields.CharField(null=True, max_length=254)),
                ("address_key", fields.CharField(null=True, max_length=254)),
                belongs_to("Member", "member", OnDelete.CASCADE, null=True, db_index=True),
                ("ticket_digest", fields.CharField(null=True, unique=True, max_length=64)),
                ("link_digest", fields.CharField(null=True, unique=True, max_length=64)),
                ("code_digest", fields.CharField(null=True, max_length=64)),
                ("tries", fields.IntField(default=0, db_default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(db_index=True, auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("claim", fields.UUIDField(null=True)),
                ("attempts", fields.IntField(default=0, db_default=0)),
            ],
            options={
                "table": "sign_in_letter",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A mail with a link and a code, by which whoever reads it shows that an address "
                "is theirs.",
            },
            bases=["Table"],
        ),
        # Workers ask what is to be sent: a few of them at any time.
        ops.RunSQL(
            sql=["CREATE INDEX sign_in_letter_next ON sign_in_letter (next_at) WHERE next_at IS NOT NULL"],
            reverse_sql="",
        ),
    ]
