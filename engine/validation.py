"""Validation: graphql-core's rules on a document, on a shorter walk.

As `graphql.validate`, but names are not visited, which are half of the nodes: no rule looks at them there. And what is
remembered of nodes goes by their identity: they are hashed by their whole content, over and over.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from typing import Any

from graphql import (
    SKIP,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    ParallelVisitor,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    Visitor,
    visit,
)
from graphql.language.visitor import EnterLeaveVisitor
from graphql.validation import ASTValidationRule
from graphql.validation.validate import (
    FragmentNestingVisitor,
    ValidationAbortedError,
    query_document_keys_to_validate,
)
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

Definition = OperationDefinitionNode | FragmentDefinitionNode

_KEYS = {
    kind: tuple(key for key in keys if key not in ("name", "alias"))
    for kind, keys in query_document_keys_to_validate.items()
}
# Of a variable its name is all there is.
_KEYS["variable"] = ()


class _Context(ValidationContext):
    """Looks for variables on the shorter walk, too, and only where there are any."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._usages: dict[int, list[VariableUsage]] = {}
        self._all_usages: dict[int, list[VariableUsage]] = {}
        self._spreads: dict[int, list[FragmentSpreadNode]] = {}

    def get_variable_usages(self, node: Definition) -> list[VariableUsage]:
        usages = self._usages.get(id(node))
        if usages is None:
            usages = self._usages[id(node)] = self._find_usages(node) if _may_use_variables(node) else []
        return usages

    def get_recursive_variable_usages(self, operation: OperationDefinitionNode) -> list[VariableUsage]:
        usages = self._all_usages.get(id(operation))
        if usages is None:
            reached: list[Definition] = [operation, *self.get_recursively_referenced_fragments(operation)]
            usages = [usage for node in reached for usage in self.get_variable_usages(node)]
            self.spend_fragment_work(len(usages))
            self._all_usages[id(operation)] = usages
        return usages

    def get_fragment_spreads(self, node: SelectionSetNode) -> list[FragmentSpreadNode]:
        spreads = self._spreads.get(id(node))
        if spreads is None:
            spreads, waiting = [], [node]
            while waiting:
                for selection in waiting.pop().selections:
                    if isinstance(selection, FragmentSpreadNode):
                        spreads.append(selection)
                    elif (inner := getattr(selection, "selection_set", None)) is not None:
                        waiting.append(inner)
            self._spreads[id(node)] = spreads
        return spreads

    def _find_usages(self, node: Definition) -> list[VariableUsage]:
        visitor = VariableUsageVisitor(self._type_info, node if isinstance(node, FragmentDefinitionNode) else None)
        visit(node, TypeInfoVisitor(self._type_info, visitor), _KEYS)
        return visitor.usages


def _may_use_variables(node: Definition) -> bool:
    return node.loc is None or "$" in node.loc.source.body[node.loc.start : node.loc.end]


class _Rules(ParallelVisitor):
    """Asks at each node only those rules that look at its kind."""

    def __init__(self, visitors: Sequence[Visitor]) -> None:
        super().__init__(visitors)
        self._visitors = visitors
        self._classes = tuple(map(type, visitors))

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        if kind not in self.enter_leave_map:
            of_kind = [
                (at, _bound(self._visitors[at], enter), _bound(self._visitors[at], leave))
                for at, enter, leave in _methods(self._classes, kind)
            ]
            enters = [(at, enter) for at, enter, _ in of_kind if enter]
            # Who has entered may have skipped what is below, and goes on after it.
            leaves = [(at, leave) for at, enter, leave in of_kind if enter or leave]
            self.enter_leave_map[kind] = EnterLeaveVisitor(
                partial(self._enter, enters) if enters else None, partial(self._leave, leaves) if leaves else None
            )
        return self.enter_leave_map[kind]

    def _enter(self, enters: Sequence[tuple[int, Callable[..., Any]]], node: Node, *args: Any) -> None:
        skipping = self.skipping
        for at, enter in enters:
            if skipping[at] is None and enter(node, *args) is SKIP:
                skipping[at] = node

    def _leave(self, leaves: Sequence[tuple[int, Callable[..., Any] | None]], node: Node, *args: Any) -> None:
        skipping = self.skipping
        for at, leave in leaves:
            if skipping[at] is None:
                if leave is not None:
                    leave(node, *args)
            elif skipping[at] is node:
                skipping[at] = None


@cache
def _methods(classes: tuple[type[Visitor], ...], kind: str) -> Sequence[tuple[int, str | None, str | None]]:
    """Which of the visitors look at a kind of node, and by which methods: to look for them takes longer than a short
    document."""
    found = ((at, _method(cls, "enter", kind), _method(cls, "leave", kind)) for at, cls in enumerate(classes))
    return [(at, enter, leave) for at, enter, leave in found if enter or leave]


def _method(cls: type[Visitor], name: str, kind: str) -> str | None:
    return next((each for each in (f"{name}_{kind}", name) if hasattr(cls, each)), None)


def _bound(visitor: Visitor, name: str | None) -> Callable[..., Any] | None:
    return None if name is None else getattr(visitor, name)


def validate(
    schema: GraphQLSchema,
    ast: DocumentNode,
    rules: Collection[type[ASTValidationRule]],
    *,
    max_errors: int,
    hide_suggestions: bool,
) -> list[GraphQLError]:
    """What is wrong by these rules, in the document's order; at most so many, and a note that there are more.

    What cannot be checked within the rules' own bounds has the error "Validation aborted."
    """
    errors: list[GraphQLError] = []

    def on_error(error: GraphQLError) -> None:
        if len(errors) >= max_errors:
            raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
        errors.append(error)

    type_info = TypeInfo(schema)
    context = _Context(schema, ast, type_info, on_error, hide_suggestions)
    visitors: list[Visitor] = [rule(context) for rule in rules]
    fragments = {each.name.value: each for each in ast.definitions if isinstance(each, FragmentDefinitionNode)}
    if fragments:
        visitors.insert(0, FragmentNestingVisitor(fragments))
    try:
        visit(ast, TypeInfoVisitor(type_info, _Rules(visitors)), _KEYS)
    except ValidationAbortedError as error:
        # Its frames would be kept with the document.
        error.__context__ = None
        errors.append(error.with_traceback(None))
    except RecursionError:
        errors.append(ValidationAbortedError("Validation aborted."))
    return errors
