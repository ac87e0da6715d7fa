"""Steps of migrations that Tortoise does not have."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from tortoise.fields.base import Field
from tortoise.migrations.operations import TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class AddFields(TortoiseOperation):
    """Columns of any number of tables, none of which is a reference: each a model, a name and a field.

    Tortoise puts all models together anew before each step: of fifty columns one by one, that took ten seconds."""

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
