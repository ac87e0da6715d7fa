"""Organizers, with what they ask and what was answered beside them."""

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models import migration_steps
from models.items.organizers import OrganizerState


class Migration(migration_steps.Migration):
    dependencies = [("models", "0024_chats")]

    operations = [
        ops.CreateModel(
            name="Organizer",
            fields=[
                *migration_steps.item_columns(),
                ("title", fields.CharField(max_length=200)),
                ("due_date", fields.DateField(null=True)),
                (
                    "state",
                    fields.CharEnumField(
                        description="DRAFT: DRAFT\nPENDING: PENDING\nSUBMITTED: SUBMITTED",
                        default=OrganizerState.DRAFT,
                        enum_type=OrganizerState,
                        max_length=20,
                    ),
                ),
                ("question_count", fields.IntField()),
                ("answered_count", fields.IntField(default=0)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("submitted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("sealed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "organizer",
                "app": "models",
                "indexes": [
                    Index(fields=["firm_id", "created_at", "id"]),
                    Index(fields=["firm_id", "due_date", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "Questions that a client is to answer, linked to any number of jobs.",
            },
            bases=["Item"],
        ),
        ops.CreateModel(
            name="OrganizerContent",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "organizer",
                    fields.ForeignKeyField(
                        "models.Organizer",
                        source_field="organizer_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("sections", fields.JSONField()),
                ("answers", fields.JSONField(default=dict)),
            ],
            options={
                "table": "organizer_content",
                "app": "models",
                "unique_together": (("organizer",),),
                "pk_attr": "id",
                "table_description": "The sections of an organizer, and the answers by the keys of their questions.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # Few of many.
                "CREATE INDEX organizer_open ON organizer (firm_id, created_at, id) WHERE state <> 'SUBMITTED'",
                "ALTER TABLE organizer ADD CONSTRAINT organizer_states CHECK (CASE state "
                "WHEN 'DRAFT' THEN sent_at IS NULL AND submitted_at IS NULL "
                "WHEN 'PENDING' THEN sent_at IS NOT NULL AND submitted_at IS NULL "
                "WHEN 'SUBMITTED' THEN sent_at IS NOT NULL AND submitted_at IS NOT NULL ELSE false END)",
                "ALTER TABLE organizer ADD CONSTRAINT organizer_sealed CHECK "
                "(sealed_at IS NULL OR state = 'SUBMITTED')",
                "ALTER TABLE organizer ADD CONSTRAINT organizer_counts CHECK "
                "(answered_count BETWEEN 0 AND question_count)",
                "ALTER TABLE organizer_content ADD CONSTRAINT organizer_content_kept CHECK "
                "(jsonb_typeof(sections) = 'array' AND jsonb_array_length(sections) > 0 "
                "AND jsonb_typeof(answers) = 'object')",
                "CREATE TRIGGER organizer_not_searched AFTER DELETE ON organizer REFERENCING OLD TABLE AS gone "
                "FOR EACH STATEMENT EXECUTE FUNCTION forget_search_entry()",
            ],
            reverse_sql="",
        ),
    ]
