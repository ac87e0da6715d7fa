"""What jobs are to each other, and cards that say that they are blocked."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import belongs_to
from models.rows.relations import Relation


def _of_job(name: str) -> tuple[str, Any]:
    options: dict[str, Any] = {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id"}
    return name, fields.ForeignKeyField(
        "models.Job", on_delete=OnDelete.CASCADE, related_name=False, db_index=True, **options
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0029_proposals")]

    operations = [
        ops.CreateModel(
            name="JobRelation",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                _of_job("job"),
                _of_job("other"),
                ("relation", fields.CharEnumField(Relation, max_length=10)),
                ("related_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                belongs_to("Member", "related_by", null=True),
            ],
            options={
                "table": "job_relation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A job is something to another one: one thing at most, whichever of the two is "
                "asked.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=[
                # One thing at most, from whichever side.
                "CREATE UNIQUE INDEX job_relation_once ON job_relation "
                "(LEAST(job_id, other_id), GREATEST(job_id, other_id))",
                "ALTER TABLE job_relation ADD CONSTRAINT job_relation_two CHECK (job_id <> other_id)",
                "ALTER TABLE job_relation ADD CONSTRAINT job_relation_kept CHECK "
                "(relation = 'BLOCKS' OR (relation = 'RELATES' AND job_id < other_id))",
            ],
            reverse_sql="",
        ),
    ]
