"""Tasks have subtasks."""

from typing import Any

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from models import migration_steps
from models.migration_steps import belongs_to


def _of_task(name: str, *, db_index: bool) -> tuple[str, Any]:
    options: dict[str, Any] = {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id"}
    return name, fields.ForeignKeyField(
        "models.Task", on_delete=OnDelete.CASCADE, related_name=False, db_index=db_index, **options
    )


class Migration(migration_steps.Migration):
    dependencies = [("models", "0033_one_time_invoices")]

    operations = [
        ops.CreateModel(
            name="Subtask",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                belongs_to("Firm", "firm"),
                _of_task("task", db_index=False),
                _of_task("parent", db_index=True),
            ],
            options={
                "table": "subtask",
                "app": "models",
                "unique_together": (("task",),),
                "pk_attr": "id",
                "table_description": "A task is a part of another one, of one at most. It has no parts itself.",
            },
            bases=["Link"],
        ),
        ops.RunSQL(
            sql=["ALTER TABLE subtask ADD CONSTRAINT subtask_two CHECK (task_id <> parent_id)"],
            reverse_sql="",
        ),
    ]
