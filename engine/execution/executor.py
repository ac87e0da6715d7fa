"""An executor for GraphQL operations that answers as graphql-core's own does, in a fraction of the time.

graphql-core resolves and completes each field of each object by itself, with an information object, a path, a look for
awaitables and for errors, and a coroutine where something is loaded. Here a list of objects is completed field by field
instead (engine/execution/batches.py), by a plan that is kept with the document (engine/execution/plans.py).
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import graphql
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_introspection_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from engine.documents import Document
from engine.execution.batches import Batch, Batches, BatchExecutor, Pending, all_of
from engine.execution.plans import FetchStep, Plan, Plans, TypesFound, make_plan, types_within
from schema.field_resolvers import Load
from schema.permissions import Guard


def execute(
    schema: GraphQLSchema,
    document: Document,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: dict[str, Any] | None = None,
    operation_name: str | None = None,
    read: VariableValues | None = None,
) -> ExecutionResult | Awaitable[ExecutionResult]:
    """As `graphql.execute`, for a valid document. Objects that occur more than once in the data may be shared there: it
    is to be written out, not changed. Variables that were read already are not read again."""
    return graphql.execute(
        schema,
        document.ast if read is None else document.remember("without variables", lambda: _without_variables(document)),
        root_value,
        context_value,
        variable_values,
        operation_name,
        executor_class=DirectExecutor,
        plans=document.remember(("plans", schema), lambda: Plans(document.ast)),
        read=read,
    )


def _without_variables(document: Document) -> DocumentNode:
    """The same document, whose operations declare none."""
    definitions = (
        replace(node, variable_definitions=()) if isinstance(node, OperationDefinitionNode) else node
        for node in document.ast.definitions
    )
    return replace(document.ast, definitions=tuple(definitions))


class DirectExecutor(BatchExecutor):
    """Plans and completes objects in batches; all else is graphql-core's."""

    def __init__(self, *args: Any, plans: Plans, read: VariableValues | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variable_values = read or self.variable_values
        self._plans = plans.variant(self.variable_values.coerced)
        self._loadings: dict[FetchStep, Load | None] = {}

    def plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Plan | None:
        """How objects of this type are completed for this selection."""
        # The document keeps its nodes, and these plans: the ids stay theirs.
        key = (type_, *[id(detail.node) for detail in details])
        if key not in self._plans:
            self._plans[key] = self._make_plan(type_, details)
        return self._plans[key]

    def _make_plan(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Plan | None:
        if is_introspection_type(type_):
            return None  # nothing there is read directly, and nothing awaited
        try:
            collected = self.collect_subfields(type_, details)
        except GraphQLError:
            return None  # graphql-core comes upon it again, and says it where it belongs
        return None if collected.new_defer_usages else make_plan(self.schema, type_, collected.grouped_field_set)

    def permits(self, guard: Guard) -> bool:
        """Whether the guard lets this operation pass."""
        try:
            return guard.permits(self.context_value)
        except Exception:
            return False  # graphql-core asks again, and says it where it belongs

    def loading(self, step: FetchStep) -> Load | None:
        """How the step is loaded in this operation."""
        if isinstance(step.loading, Load):
            return step.loading
        if step not in self._loadings:
            try:
                arguments = get_argument_values(step.field, step.details[0].node, self.variable_values)
                self._loadings[step] = step.loading.of(**arguments)
            except Exception:
                self._loadings[step] = None  # as above
        return self._loadings[step]

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: None,
    ) -> Any:
        """The root of a query, or of a message of a subscription."""
        plan = make_plan(self.schema, parent_type, grouped_field_set) if path is None else None
        if plan is None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        return self._one(plan, source_value, path)

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: FieldDetailsList,
        path: Path,
        result: Any,
        position_context: None,
    ) -> Any:
        """One object, whose type has been checked."""
        plan = self.plan(return_type, field_details_list)
        if plan is None:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        return self._one(plan, result, path)

    def _one(self, plan: Plan, source: Any, path: Path | None) -> Any:
        batch = Batch(self, plan, (source,), lambda _: path, _raise)
        pending = batch.proceed()
        return _whole(pending, batch.objects[0]) if pending else batch.objects[0]

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: Any,
        path: Path,
        result: Any,
        position_context: None,
    ) -> Any:
        """A list."""
        types = self._types_of_items(return_type, field_details_list, result)
        if types is None:
            return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

        def give_up(place: int, error: Exception) -> None:
            self.handle_field_error(error, return_type.of_type, field_details_list, path.add_key(place))
            items[place] = None

        batches = Batches(self, field_details_list, types, result, path.add_key, give_up)
        items: list[Any] = list(batches.objects)
        pending = batches.proceed()
        return _whole(pending, items) if pending else items

    def _types_of_items(
        self, return_type: GraphQLList[GraphQLOutputType], details: FieldDetailsList, result: Any
    ) -> TypesFound | None:
        """The types of all items, where they can be completed together."""
        item_type = return_type.of_type
        named = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if is_leaf_type(named) or (type(result) is not list and type(result) is not tuple):
            return None
        within = types_within(self.schema, named)
        types = within(result) if within is not None else None
        return types if types is not None and self.plans(details, types) is not None else None


def _raise(_place: int, error: Exception) -> None:
    raise error


async def _whole(pending: Pending, value: Any) -> Any:
    await all_of(pending)
    return value
