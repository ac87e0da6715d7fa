"""How an enum of the domain is described to clients."""

from enum import Enum
from typing import Any

import strawberry


def described(enum: type[Enum], name: str, description: str, **values: str) -> Any:
    """The enum as a GraphQL one, each value with its description."""
    for member in enum:
        # Strawberry reads a member's description off the definition that it makes of the member's value.
        if member.name not in values:
            raise TypeError(f"{name}.{member.name} has no description.")
    made: Any = strawberry.enum(enum, name=name, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]
    return made
