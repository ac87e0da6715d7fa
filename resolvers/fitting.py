"""Whether an input fits the command that it is for: found out when the schema is put together, not when somebody calls.

What a client may leave out, the command must be able to do without; what a client may clear with null, the command must
take as None."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from types import NoneType
from typing import Any, get_args, get_type_hints

from strawberry import UNSET

from schema.inputs.base import CLEARS, LEFT_OUT, NULL, REFUSED

#: What is no value of the command's, but about the call.
_OF_THE_CALL = {"idempotency_key"}


class Misfit(TypeError):
    """An input and its command do not fit: a fault of whoever wrote them."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Parameter:
    needed: bool
    takes_none: bool


def check_fit(command: Callable[..., Any], takes: type, around: tuple[type, ...] = ()) -> None:
    """`Misfit` unless every input that `Reading` lets through can be passed to the command. Inputs `around` it are
    being checked: some are within themselves."""
    parameters = _parameters(inspect.unwrap(command))
    given = {field.name: field for field in dataclasses.fields(takes) if field.name not in _OF_THE_CALL}
    for name, field in given.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise Misfit(f"{takes.__name__} has {name}, which {command.__qualname__} does not take.")
        if parameter.needed and _may_be_left_out(field):
            raise Misfit(f"{takes.__name__}.{name} may be left out, but {command.__qualname__} needs it.")
        if not parameter.takes_none and field.metadata.get(NULL) == CLEARS:
            raise Misfit(f"{takes.__name__}.{name} may be null, but {command.__qualname__} takes no None for it.")
        _check_inner(field, (*around, takes))
    for name in (name for name, parameter in parameters.items() if parameter.needed):
        if name not in given:
            raise Misfit(f"{command.__qualname__} needs {name}, which {takes.__name__} does not have.")


def _may_be_left_out(field: Any) -> bool:
    return field.default is UNSET and field.metadata.get(LEFT_OUT) != REFUSED


def _check_inner(field: Any, around: tuple[type, ...]) -> None:
    inner = field.type
    while hasattr(inner, "of_type"):
        inner = inner.of_type
    if isinstance(inner, type) and hasattr(inner, "build") and inner not in around:
        check_fit(inner.build, inner, around)


def _parameters(body: Callable[..., Any]) -> dict[str, _Parameter]:
    hints = get_type_hints(body)
    found: dict[str, _Parameter] = {}
    for parameter in inspect.signature(body).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY or parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            needed = parameter.default is parameter.empty
            found[parameter.name] = _Parameter(needed, _takes_none(hints[parameter.name]))
        elif parameter.kind is parameter.VAR_KEYWORD:
            # Unpack[…] of a TypedDict, each of whose keys may be left out.
            (fields,) = get_args(hints[parameter.name])
            found |= {name: _Parameter(False, _takes_none(hint)) for name, hint in get_type_hints(fields).items()}
    return {name: parameter for name, parameter in found.items() if name not in ("change", "actor")}


def _takes_none(hint: Any) -> bool:
    return hint is object or NoneType in get_args(hint)
