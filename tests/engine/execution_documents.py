"""Documents at random, of any schema: valid by the way they are made.

A key of the response always stands for one field with one set of arguments, so that selections can be merged however
they come together. A field has its own name as key where it has the same type wherever it occurs, and else an alias.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
#: Variables for the conditions of @skip and @include, and the values that they may have.
CONDITIONS = ("b0", "b1", "b2")
#: So many arguments of a field: one set without any, then others.
VARIANTS = 3

#: The arguments of a field, by its parent's name and its own, and a number: different ones for different numbers. None
#: where it can not be asked for.
Arguments = Callable[[str, str, GraphQLField, int], dict[str, Any] | None]


def no_arguments(parent: str, name: str, field: GraphQLField, number: int) -> dict[str, Any] | None:
    """For schemas without any."""
    return {}


@cache
def _fields_by_name(schema: GraphQLSchema) -> dict[str, list[tuple[str, GraphQLField]]]:
    """The fields of each name, each with the name of its parent."""
    found: dict[str, list[tuple[str, GraphQLField]]] = {}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                found.setdefault(name, []).append((type_.name, field))
    return found


@cache
def _have_one_type(schema: GraphQLSchema, name: str) -> bool:
    return len({str(field.type) for _, field in _fields_by_name(schema)[name]}) == 1


def _objects(schema: GraphQLSchema, type_: Any) -> set[GraphQLObjectType]:
    return {type_} if isinstance(type_, GraphQLObjectType) else set(schema.get_possible_types(type_))


@cache
def _overlapping(schema: GraphQLSchema, type_: Composite) -> list[Composite]:
    """The types of which some objects of this one are, by their names."""
    objects = _objects(schema, type_)
    others = [
        other
        for other in schema.type_map.values()
        if is_composite_type(other) and not other.name.startswith("__") and objects & _objects(schema, other)
    ]
    return sorted(others, key=lambda other: other.name)


@cache
def _leading_on(type_: GraphQLObjectType | GraphQLInterfaceType) -> list[str]:
    return [name for name, field in type_.fields.items() if not is_leaf_type(get_named_type(field.type))]


@dataclass
class Generator:
    """Makes one document. `size` is about how many selections it has."""

    schema: GraphQLSchema
    random: Random
    arguments: Arguments = no_arguments
    size: int = 60
    values: dict[str, Any] = field(default_factory=dict)
    _variables: dict[str, str] = field(default_factory=dict)
    _fragments: dict[str, tuple[str, str]] = field(default_factory=dict)
    _known: dict[str, bool] = field(default_factory=dict)

    def document(
        self, fields: list[str] | None = None, depth: int = 5, kind: OperationType = OperationType.QUERY
    ) -> str:
        """An operation, of these root fields where they are given."""
        root = self.schema.get_root_type(kind)
        assert root is not None
        selections = self._selections(root, depth, fields)
        variables = ", ".join(f"${name}: {type_}" for name, type_ in self._variables.items())
        fragments = [f"fragment {name} on {on} {body}" for name, (on, body) in self._fragments.items()]
        return "\n".join([f"{kind.value} Q{f'({variables})' if variables else ''} {selections}", *fragments])

    def variants(self) -> list[dict[str, Any]]:
        """The values of the variables, and others that select something else by them."""
        flipped = {name: not value if name in CONDITIONS else value for name, value in self.values.items()}
        return [self.values] if flipped == self.values else [self.values, flipped]

    def _selections(self, type_: Composite, depth: int, names: list[str] | None = None) -> str:
        chosen = [
            selection
            for _ in range(self.random.randint(1, 6))
            if self.size > 0 and (selection := self._selection(type_, depth, names))
        ]
        return "{ " + " ".join(chosen or ["__typename"]) + " }"

    def _selection(self, type_: Composite, depth: int, names: list[str] | None) -> str:
        self.size -= 1
        kind = self.random.randint(0, 9)
        if names is None and depth > 0:
            if kind == 0:
                return f"...{self._condition()} {self._selections(type_, depth - 1)}"
            if kind == 1:
                on = self.random.choice(_overlapping(self.schema, type_))
                return f"... on {on.name}{self._condition()} {self._selections(on, depth - 1)}"
            if kind == 2:
                return f"...{self._fragment(type_, depth)}{self._condition()}"
        if kind == 3 or isinstance(type_, GraphQLUnionType):
            alias = self.random.choice(["", "kind: "])
            return f"{alias}__typename{self._condition()}"
        return self._field(type_, depth, names)

    def _field(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, names: list[str] | None) -> str:
        name = self.random.choice(names or list(type_.fields))
        if names is None and depth > 0 and self.random.random() < 0.5:
            name = self.random.choice(_leading_on(type_) or [name])
        found = type_.fields[name]
        named: Any = get_named_type(found.type)
        if depth <= 0 and not is_leaf_type(named):
            return ""
        number = self.random.randrange(VARIANTS)
        arguments = self.arguments(type_.name, name, found, number)
        if arguments is None:
            return ""
        key = "" if number == 0 and self._alike(name) else f"{type_.name}_{name}_{number}: "
        below = "" if is_leaf_type(named) else " " + self._selections(named, depth - 1)
        return f"{key}{name}{self._passing(type_.name, name, found, number, arguments)}{self._condition()}{below}"

    def _alike(self, name: str) -> bool:
        """Whether a field of this name has the same type, and needs no arguments, wherever it occurs."""
        if name not in self._known:
            found = _fields_by_name(self.schema)[name]
            asked = any(self.arguments(parent, name, field, 0) != {} for parent, field in found)
            self._known[name] = not asked and _have_one_type(self.schema, name)
        return self._known[name]

    def _passing(self, parent: str, name: str, found: GraphQLField, number: int, arguments: dict[str, Any]) -> str:
        if not arguments:
            return ""
        passed = []
        for argument, value in arguments.items():
            variable = f"{parent}_{name}_{number}_{argument}"
            self._variables[variable] = str(found.args[argument].type)
            self.values[variable] = value
            passed.append(f"{argument}: ${variable}")
        return f"({', '.join(passed)})"

    def _fragment(self, type_: Composite, depth: int) -> str:
        fitting = [name for name, (on, _) in self._fragments.items() if on == type_.name]
        if fitting and self.random.random() < 0.5:
            return self.random.choice(fitting)
        body = self._selections(type_, depth - 1)
        name = f"F{len(self._fragments)}"
        self._fragments[name] = (type_.name, body)
        return name

    def _condition(self) -> str:
        """Mostly none."""
        if self.random.random() < 0.8:
            return ""
        value = self.random.choice(["true", "false", *CONDITIONS])
        if value in CONDITIONS:
            self._variables[value] = "Boolean!"
            self.values.setdefault(value, self.random.random() < 0.5)
            value = f"${value}"
        return f" @{self.random.choice(['skip', 'include'])}(if: {value})"
