"""A kind of command: what it is given, and what is learned from its answer."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.system.oracle.atlas import Atlas
from tests.system.oracle.picking import Input
from tests.system.oracle.replica import Object

PUBLISHED = Path(__file__).parents[3] / "schema" / "schema.graphql"

#: None where there is nothing to do it to.
Make = Callable[[random.Random, Atlas], Input | None]
Learn = Callable[[Atlas, Input, Object], None]


@dataclass(frozen=True)
class Kind:
    """A kind of command: how often it comes, what it is given, what is asked of it and learned from the answer."""

    mutation: str
    weight: float
    make: Make
    asked: str = ""
    learn: Learn = lambda _atlas, _input, _payload: None
    #: Whether it takes an admin, or a right that few have.
    lead: bool = False
    #: Whether it changes what somebody may see.
    rescopes: bool = False

    @property
    def document(self) -> str:
        """The operation."""
        return (
            f"mutation M($input: {_inputs()[self.mutation]}!) {{ {self.mutation}(input: $input) "
            f"{{ revision errors {{ code message path }} {self.asked} }} }}"
        )


@cache
def _inputs() -> dict[str, str]:
    """By mutation, as the published schema has them: the type of its input."""
    _, _, mutations = PUBLISHED.read_text().partition("\ntype Mutation {")
    return dict(re.findall(r"^  (\w+)\([^)]*?input: (\w+)!", mutations.partition("\n}")[0], re.MULTILINE))
