"""The root of mutations: signing in, and what each kind declares."""

from typing import Any

import strawberry

from models.rights import Requirement
from resolvers.acting import mutation_field
from resolvers.sign_in import OPEN, sign_out
from schema.kinds import MUTATIONS

#: What each of them requires: the rights table, by the names of mutations.
ACTIONS: dict[str, Requirement] = {declared.name: declared.command.action.needs for declared in MUTATIONS}
if len(ACTIONS) < len(MUTATIONS):
    raise TypeError("Two commands are one action: each has a name of its own.")


_FIELDS: dict[str, Any] = {
    **OPEN,
    "sign_out": sign_out,
    **{declared.name: mutation_field(declared) for declared in MUTATIONS},
}
Mutation: Any = strawberry.type(
    type("Mutation", (), _FIELDS),
    description="Everything that can be done. Each field is a transaction and a revision of its own, or, with "
    "`errors`, nothing at all.",
)
