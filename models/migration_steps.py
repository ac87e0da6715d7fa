"""Migrations that are done in less time than Tortoise's, and steps that it does not have."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import Field, OnDelete
from tortoise.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterModelOptions,
    CreateModel,
    RunPython,
    RunSQL,
    TortoiseOperation,
)
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

from common.collector import paused
from models.ids import new_id
from models.stamps import updated_at, updated_by


def belongs_to(model: str, name: str, on_delete: OnDelete = OnDelete.RESTRICT, **options: Any) -> tuple[str, Any]:
    """The column of a reference to another table."""
    options |= {"source_field": f"{name}_id", "db_constraint": True, "to_field": "id", "related_name": False}
    return name, fields.ForeignKeyField(f"models.{model}", on_delete=on_delete, **options)


def item_columns() -> list[tuple[str, Any]]:
    """The columns that all linked items have."""
    return [
        ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
        ("version", fields.IntField(default=1)),
        ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
        ("updated_at", updated_at()),
        ("updated_by_id", updated_by()),
        belongs_to("Firm", "firm"),
        belongs_to("Account", "account", db_index=True),
        belongs_to("Member", "created_by", null=True, db_index=True),
    ]


class AddFields(TortoiseOperation):
    """Columns of any number of tables, none of which is a reference: each a model, a name and a field.

    Tortoise puts all models together anew in each step: of fifty columns one by one, that took ten seconds."""

    def __init__(self, added: Sequence[tuple[str, str, Field[Any]]]) -> None:
        self._added = added

    def describe(self) -> str:
        """What a log says of it."""
        return f"Add {len(self._added)} fields"

    def state_forward(self, app_label: str, state: State) -> None:
        """The models have them."""
        for model, name, field in self._added:
            self.get_model_state(state, app_label, model).fields[name] = deepcopy(field)
        state.reload_models({(app_label, model) for model, _, _ in self._added})

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """The tables have them."""
        assert state_editor is not None
        for model, name, _ in self._added:
            await state_editor.add_field(new_state.apps.get_model(f"{app_label}.{model}"), name)


class _Tables(StateApps):
    """Models that say what their tables look like, which is what steps ask of them. No step reads rows by them, so
    the filters and queries of all models, which Tortoise makes anew in each step, are left out: they took half the
    time of a migration."""

    @classmethod
    def of(cls, apps: StateApps) -> "_Tables":
        """The same models."""
        tables = cls(apps._default_connections, apps._connections)
        tables.apps = apps.apps
        return tables

    def _build_initial_querysets(self) -> None:
        for models in self.apps.values():
            for model in models.values():
                model._meta.finalise_fields()


class Migration(migrations.Migration):
    """What all migrations of the house are. Tortoise keeps a copy of all models before each step, which takes most of
    the time of a migration: here only for steps that look at what was."""

    async def apply(
        self,
        state: State,
        *,
        dry_run: bool = False,
        schema_editor: BaseSchemaEditor | None = None,
        collect_sql: bool = False,
    ) -> State:
        """Take the steps."""
        state.apps = _Tables.of(state.apps)
        if dry_run or collect_sql or schema_editor is None:
            return await super().apply(state, dry_run=dry_run, schema_editor=schema_editor, collect_sql=collect_sql)
        transactions = schema_editor.client.capabilities.supports_transactions
        for step in self.operations:
            with paused():
                before = state if isinstance(step, _LOOK_AHEAD) else state.clone()
                step.state_forward(self.app_label, state)
            await self._run_database_forward(step, before, state, schema_editor, transactions)
        state.validate_relations_initialized()
        return state


#: They ask of the models as they are afterwards, or do not change them.
_LOOK_AHEAD = (AddConstraint, AddField, AddFields, AddIndex, AlterModelOptions, CreateModel, RunPython, RunSQL)
