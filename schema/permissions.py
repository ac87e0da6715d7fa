"""What is required in the schema: printed as `@requires`, said in descriptions, and kept, synchronously, in front of
each withheld field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.utils.str_converters import to_camel_case

from models.log import Logged
from models.rights import Requirement
from schema.enums import Right, Role


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="What a caller must hold. A field without it is null with an error FORBIDDEN that names it; a mutation "
    "without it changes nothing and says FORBIDDEN in `errors`. With `unlessOwn`, it is not asked for on "
    "`viewerChanges`, of what is the caller's own.",
)
class Requires:
    """Printed from what is declared; nothing is enforced by the directive itself."""

    right: Right | None = strawberry.directive_field(name="right", default=strawberry.UNSET)
    role: Role | None = strawberry.directive_field(name="role", default=strawberry.UNSET)
    unless_own: bool | None = strawberry.directive_field(name="unlessOwn", default=strawberry.UNSET)


#: Each field that a right withholds, by type and name: of those types that are made.
FIELDS: dict[tuple[str, str], Requirement] = {}


def withhold(cls: type, fields: Mapping[str, Requirement]) -> None:
    """Say of these fields of a Strawberry type what each requires. `guard` puts the check in front of them."""
    definition: StrawberryObjectDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    known = {field.python_name: field for field in definition.fields}
    for name, needed in fields.items():
        if name not in known:
            raise TypeError(f"{definition.name} withholds {name}, which it does not have.")
        known[name].directives = [*known[name].directives, *requires(needed)]
        known[name].description = described(known[name].description or "", needed)
        FIELDS[definition.name, known[name].graphql_name or to_camel_case(name)] = needed


def requires(needed: Requirement) -> list[Requires]:
    """The directives of a field that requires this."""
    if needed.every_member:
        return []
    directive = Requires(
        right=needed.right if needed.right is not None else strawberry.UNSET,
        role=needed.role if needed.role is not None else strawberry.UNSET,
        unless_own=True if needed.unless_own else strawberry.UNSET,
    )
    return [directive]


def described(description: str, needed: Requirement) -> str:
    """A description that ends with what is required: introspection tells it, and no directives."""
    if needed.every_member:
        return description
    unless = ", unless it is told on `viewerChanges` of what is your own" if needed.unless_own else ""
    return f"{description} Needs {needed}{unless}.".lstrip()


def guard(schema: GraphQLSchema) -> None:
    """Put the check in front of each field that a right withholds."""
    for (type_name, field_name), needed in FIELDS.items():
        owner = schema.type_map.get(type_name)
        if not isinstance(owner, GraphQLObjectType) or field_name not in owner.fields:
            raise TypeError(f"{type_name}.{field_name} is withheld, and the schema does not have it.")
        _guard_field(owner.fields[field_name], f"{type_name}.{field_name}", needed)


def _guard_field(field: GraphQLField, name: str, needed: Requirement) -> None:
    assert needed.role is None, "A scope knows rights, not roles: a field cannot be withheld by role."
    assert field.resolve is not None
    field.resolve = Guard(name, needed, field.resolve)


def is_own(source: Any, context: Any) -> bool:
    """Whether this is an event of the member's whose own stream is being told. On no other stream, and in no answer, is
    anything anybody's own."""
    return isinstance(source, Logged) and context.owner is not None and bool(context.owner in source.event.owners)


@dataclass(frozen=True, slots=True)
class Guard:
    """Resolves a withheld field for those who hold the right."""

    name: str
    needed: Requirement
    resolve: Callable[..., Any]

    def permits(self, context: Any) -> bool:
        """Whether the field is answered, of whatever thing. The same throughout an operation."""
        return self.needed.met_by(context.scope.audience, None, context.scope.rights)

    def __call__(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        """As graphql-core calls a resolver."""
        if not self.permits(info.context) and not (self.needed.unless_own and is_own(source, info.context)):
            raise GraphQLError(
                f"{self.name} needs {self.needed}.", extensions={"code": "FORBIDDEN", "right": str(self.needed.right)}
            )
        return self.resolve(source, info, **arguments)
