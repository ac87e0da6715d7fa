"""A filter as a condition over rows: each of its fields says which one it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from strawberry import UNSET

from models.bounds import FILTER
from models.conditions import holds
from models.errors import Invalid
from models.filtering import Between
from models.ids import decode
from models.queries import Q
from models.reasons import Reason
from models.scope import Scope
from schema.inputs.base import KIND
from schema.inputs.filters import COMBINES, CONDITION, DateFilter, DateTimeFilter, IdFilter

MOST_VALUES = FILTER.most
#: The most filters that one filter may hold with `and` and `or`, and how deep.
MOST_FILTERS = 30
DEEPEST = 4


def condition_of(wanted: Any, scope: Scope) -> Q:
    """The condition of a filter; of none it asks for nothing."""
    if wanted is None:
        return Q()
    _check_size(wanted)
    return _condition(wanted, scope)


def values_of(wanted: Any) -> dict[str, Any]:
    """What the fields of a filter were given, as the domain has it; of no filter, nothing."""
    return {} if wanted is None else {field.name: _plain(value, field) for field, value in _given(wanted)}


def _check_size(wanted: Any) -> None:
    pending, seen = [(wanted, 1)], 0
    while pending:
        part, depth = pending.pop()
        seen += 1
        if seen > MOST_FILTERS or depth > DEEPEST:
            told = f"A filter holds at most {MOST_FILTERS} others, {DEEPEST} levels deep."
            if depth > DEEPEST:
                raise Invalid(told, "filter", reason=Reason.TOO_DEEP, maximum=DEEPEST)
            raise Invalid(told, "filter", reason=Reason.TOO_MANY, maximum=MOST_FILTERS, actual=seen)
        pending += [
            (inner, depth + 1) for field, inners in _given(part) if COMBINES in field.metadata for inner in inners
        ]


def _given(wanted: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    """The fields of a filter that ask for something, with what they were given."""
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not UNSET and value is not None:
            yield field, value


def _condition(wanted: Any, scope: Scope) -> Q:
    condition = Q()
    for field, value in _given(wanted):
        match field.metadata.get(COMBINES):
            case "and":
                for inner in value:
                    condition &= _condition(inner, scope)
            case "or":
                condition &= _any_of([_condition(inner, scope) for inner in value])
            case _:
                condition &= field.metadata[CONDITION](_plain(value, field), scope)
    return condition


def _any_of(alternatives: Sequence[Q]) -> Q:
    """At least one holds: so none of no alternatives does."""
    if not alternatives:
        return holds(id__in=())
    # An alternative that asks for nothing holds for every row, and so do they all together. Tortoise would skip it.
    return Q(*alternatives, join_type=Q.OR) if all(alternatives) else Q()


def _plain(value: Any, field: dataclasses.Field[Any]) -> Any:
    """What a field was given, as the domain has it."""
    if isinstance(value, IdFilter):
        return [decode(field.metadata[KIND], id) for id in bounded(value.in_)]
    if isinstance(value, DateFilter | DateTimeFilter):
        return Between(**{part.name: given for part, given in _given(value)})
    return bounded(value) if isinstance(value, list) else value


def bounded(values: Sequence[Any]) -> list[Any]:
    """The values of a filter, of which there may be so many."""
    if len(values) > MOST_VALUES:
        told = f"A filter takes at most {MOST_VALUES} values, not {len(values)}."
        raise Invalid(told, "filter", reason=Reason.TOO_MANY, maximum=MOST_VALUES, actual=len(values))
    return list(values)
