"""What mutations answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import strawberry
from strawberry.utils.str_converters import to_camel_case

from models.errors import Refusal
from models.reasons import Parameter
from schema.enums import ErrorCode, ErrorParameterName, ErrorReason, Right, Role
from schema.list_size import ListSize
from schema.scalars import Revision

#: What of the parameters names an input, as the domain calls it.
_NAMES = {Parameter.FIELD, Parameter.EARLIER, Parameter.LATER}


def told_parameters(refusal: Refusal) -> dict[Parameter, str]:
    """The parameters of a refusal, with the fields of the input called as clients do."""
    return {name: to_camel_case(text) if name in _NAMES else text for name, text in sorted(refusal.parameters.items())}


@strawberry.type(description="What a message of a reason is filled in with.")
class ErrorParameter:
    """One of a refusal's parameters."""

    name: ErrorParameterName = strawberry.field(description="What it is.")
    value: str = strawberry.field(
        description="A whole number in digits, a day as a Date, a list with a comma and a space between its values."
    )


@strawberry.type(description="Why something was refused. Nothing was changed, and you can mend it.")
class UserError:
    """Made of a `models.errors.Refusal`."""

    code: ErrorCode = strawberry.field(description="What kind of refusal.")
    reason: ErrorReason = strawberry.field(
        description="Why, for programs. With `parameters` it is all that a message in another language needs."
    )
    parameters: list[ErrorParameter] = strawberry.field(
        description="What the reason has to say: always the same names of the same reason, by name.",
        directives=[ListSize(assumed_size=3)],
    )
    message: str = strawberry.field(description="What to do, in English.")
    path: list[str] = strawberry.field(
        description="The input at fault: `input`, then the names and list places inside; something that was sent, or "
        "the field that is missing."
    )
    right: Right | None = strawberry.field(description="The right that you lack, where that is why.")
    role: Role | None = strawberry.field(
        description="The role that you lack, where that is why; OWNER is an ADMIN too."
    )
    retry_after: int | None = strawberry.field(
        description="In how many seconds it is worth trying again, where that is known: of some LIMITs."
    )


def payload(mutation: str, entity: str, of: type, description: str, once: Mapping[str, str]) -> type:
    """The payload type of a mutation that changes one thing. `once` has the texts that it tells besides."""
    return _payload(mutation, entity, Optional[of], description, once)  # noqa: UP045 - built at run time


def bulk_payload(mutation: str, entities: str, of: type, description: str) -> type:
    """The payload type of a mutation that changes many things."""
    return _payload(mutation, entities, list[of], description)  # type: ignore[valid-type]


def _payload(mutation: str, field: str, hint: Any, description: str, once: Mapping[str, str] = {}) -> type:
    body = {
        "__annotations__": {
            field: hint,
            **dict.fromkeys(once, str | None),
            "revision": Revision | None,
            "errors": list[UserError],
        },
        field: strawberry.field(description=description),
        **{name: strawberry.field(description=told) for name, told in once.items()},
        "revision": strawberry.field(
            description="The firm's revision that holds the change: your cursor has it when it has reached this. The "
            "present one when there was nothing to change; null when nothing was changed because of `errors`."
        ),
        "errors": strawberry.field(
            description="Why nothing, or not everything, was changed; empty when all went well."
        ),
    }
    name = mutation[0].upper() + mutation[1:] + "Payload"
    return strawberry.type(type(name, (), body), description=f"What `{mutation}` answers.")
