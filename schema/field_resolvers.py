"""Resolvers that say what they do, so that an executor can do it for many objects at once.

Each is a resolver of graphql-core too: called as one it answers the same. Whoever wraps such a resolver in a function
of their own takes the field back to the usual way, and loses nothing but time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, is_abstract_type
from strawberry.types.field import StrawberryField

#: Under this a Strawberry field's metadata holds its `Read`, `Load` or `LoadBy`.
RESOLVER = "jobwire.resolver"


@dataclass(frozen=True, slots=True)
class Read:
    """Reads a field off its source, and nothing else. `read` returns no awaitable, changes nothing, and answers the
    same for the same source throughout an operation: objects that occur more than once in an answer are read once."""

    read: Callable[[Any], Any]

    def __call__(self, source: Any, info: Any) -> Any:
        """As graphql-core calls a resolver."""
        return self.read(source)


@dataclass(frozen=True, slots=True)
class Load:
    """Loads a field: `load(source, context)` returns a future of a loader, or a value that is already here. So does
    `together(sources, context)`, where it is given, of the values of all these sources. What was loaded is what
    `keep(context, values)` makes of the values of several, where that is given."""

    load: Callable[[Any, Any], Any]
    keep: Callable[[Any, Sequence[Any]], Sequence[Any]] | None = None
    together: Callable[[Sequence[Any], Any], Any] | None = None

    def __call__(self, source: Any, info: Any) -> Any:
        """As graphql-core calls a resolver."""
        if self.keep is None:
            return self.load(source, info.context)
        return self._kept(self.load(source, info.context), self.keep, info.context)

    async def _kept(
        self, loading: Awaitable[Any], keep: Callable[[Any, Sequence[Any]], Sequence[Any]], context: Any
    ) -> Any:
        (kept,) = keep(context, [await loading])
        return kept


@dataclass(frozen=True, slots=True)
class LoadBy:
    """Loads a field that takes arguments: `of(**arguments)` is how it is loaded by these."""

    of: Callable[..., Load]

    def __call__(self, source: Any, info: Any, **arguments: Any) -> Any:
        """As graphql-core calls a resolver."""
        return self.of(**arguments)(source, info)


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """An `is_type_of` that looks at the source alone. `accepts` is false for None, exceptions and awaitables. Where
    `accepts_all` is true of a class, `accepts` is of each of its instances: then many are looked at as one."""

    accepts: Callable[[Any], bool]
    accepts_all: Callable[[type], bool] = lambda _class: False

    def __call__(self, source: Any, info: Any) -> bool:
        """As graphql-core calls an `is_type_of`."""
        return self.accepts(source)


@dataclass(frozen=True, slots=True)
class TypeOf:
    """A `resolve_type` that looks at the source alone: `name` gives the name of its type, or None. It may fail for what
    is no object of any."""

    name: Callable[[Any], str | None]

    def __call__(self, source: Any, info: Any, type_: Any) -> str | None:
        """As graphql-core calls a `resolve_type`."""
        return self.name(source)


def resolve_directly(schema: GraphQLSchema) -> None:
    """Give each field that says how it is read or loaded that resolver, in place of the one that Strawberry wraps
    around it. A field without any resolver is, as Strawberry defines it, the source's attribute. The same for each
    abstract type of which all types say how they are told."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                if (resolver := _direct(field)) is not None:
                    field.resolve = resolver
        elif is_abstract_type(type_) and (checks := _checks(schema.get_possible_types(type_))):
            type_.resolve_type = _type_by(checks)


def _checks(types: Sequence[GraphQLObjectType]) -> list[tuple[str, Callable[[Any], bool]]]:
    """How each of the types is told, by its name; nothing where one does not say so."""
    checks = [(type_.name, type_.is_type_of.accepts) for type_ in types if isinstance(type_.is_type_of, TypeCheck)]
    return checks if len(checks) == len(types) else []


def _type_by(checks: list[tuple[str, Callable[[Any], bool]]]) -> TypeOf:
    return TypeOf(lambda source: next((name for name, accepts in checks if accepts(source)), None))


def _direct(field: GraphQLField) -> Read | Load | LoadBy | None:
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField):
        return None  # introspection
    marked: Read | Load | LoadBy | None = definition.metadata.get(RESOLVER)
    if marked is None and definition.is_basic_field:
        return Read(attrgetter(definition.python_name))
    return marked
