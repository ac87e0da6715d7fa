"""Resolvers that say what they do, so that an executor can do it for many objects at once.

Each is a resolver of graphql-core too: called as one it answers the same. Whoever wraps such a resolver in a function
of their own takes the field back to the usual way, and loses nothing but time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

#: Under this a Strawberry field's metadata holds its `Read` or `Load`.
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
    """Loads a field: `load(source, context)` returns a future of a loader, or a value that is already here. What was
    loaded is what `keep(context, found)` makes of it, where that is given."""

    load: Callable[[Any, Any], Any]
    keep: Callable[[Any, Any], Any] | None = None

    def __call__(self, source: Any, info: Any) -> Any:
        """As graphql-core calls a resolver."""
        if self.keep is None:
            return self.load(source, info.context)
        return self._kept(self.load(source, info.context), self.keep, info.context)

    async def _kept(self, loading: Awaitable[Any], keep: Callable[[Any, Any], Any], context: Any) -> Any:
        return keep(context, await loading)


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """An `is_type_of` that looks at the source alone. `accepts` is false for None, exceptions and awaitables."""

    accepts: Callable[[Any], bool]

    def __call__(self, source: Any, info: Any) -> bool:
        """As graphql-core calls an `is_type_of`."""
        return self.accepts(source)


def resolve_directly(schema: GraphQLSchema) -> None:
    """Give each field that says how it is read or loaded that resolver, in place of the one that Strawberry wraps
    around it. A field without any resolver is, as Strawberry defines it, the source's attribute."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                if (resolver := _direct(field)) is not None:
                    field.resolve = resolver


def _direct(field: GraphQLField) -> Read | Load | None:
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryField):
        return None  # introspection
    marked: Read | Load | None = definition.metadata.get(RESOLVER)
    if marked is None and definition.is_basic_field:
        return Read(attrgetter(definition.python_name))
    return marked
