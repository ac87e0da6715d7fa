"""A filter as a condition over rows: each of its fields says which one it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

from strawberry import UNSET

from models.bounds import FILTER
from models.conditions import fails, none_holds
from models.errors import Invalid
from models.filtering import Asking, Between, Condition, is_of_day
from models.ids import decode
from models.queries import Q
from models.reasons import Reason
from models.scope import Scope
from schema.inputs.base import KIND
from schema.inputs.filters import COMBINES, CONDITION, USUAL, DateFilter, DateTimeFilter, IdFilter

MOST_VALUES = FILTER.most
#: The most filters that one filter may hold with `and`, `or` and `not`, and how deep.
MOST_FILTERS = 30
DEEPEST = 4


class Clocked(Protocol):
    """The operation that a filter is of, as far as it matters to it."""

    @property
    def scope(self) -> Scope:
        """What may be seen."""

    @property
    def today(self) -> date | Awaitable[date]:
        """The firm's day."""

    @property
    def now(self) -> datetime:
        """The moment."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """An operation whose firm's day was read, if the filter has to do with it."""

    context: Clocked
    day: date | None

    @property
    def scope(self) -> Scope:
        return self.context.scope

    @property
    def today(self) -> date:
        if self.day is None:
            raise RuntimeError("A condition that asks for the firm's day says so: of_day.")
        return self.day

    @property
    def now(self) -> datetime:
        return self.context.now


async def condition_of(wanted: Any, context: Clocked, of: type | None = None) -> Q:
    """The condition of a filter `of` this class; without one it asks for what is usual."""
    asked = [] if wanted is None else [field for part in _parts(wanted) for field, _ in _given(part)]
    of_day = any(is_of_day(field.metadata.get(CONDITION)) for field in asked)
    about = await asking(context, of_day=of_day)
    condition = Q() if wanted is None else _condition(wanted, about)
    for field in () if of is None else dataclasses.fields(of):
        if field.metadata.get(USUAL) is not None and field.name not in {each.name for each in asked}:
            condition &= field.metadata[CONDITION](field.metadata[USUAL], about)
    return condition


async def asking(context: Clocked, *, of_day: bool) -> Asking:
    """The operation as conditions ask it, with the firm's day where they have to do with it."""
    day = context.today if of_day else None
    return _Asking(context, await day if isinstance(day, Awaitable) else day)


class _Anybody:
    """Nobody in particular, at some time: one that conditions can reckon from, as they do from the present."""

    scope = Scope.whole(UUID(int=0))
    now = datetime(2000, 1, 1, tzinfo=UTC)
    today = now.date()


def check_filter(wanted: Any) -> None:
    """`Invalid` for a filter that no list would take."""
    _parts(wanted)
    # What its conditions refuse, they refuse while they are made.
    _condition(wanted, _Anybody())


def values_of(wanted: Any) -> dict[str, Any]:
    """What the fields of a filter were given, as the domain has it, where it is no condition on rows; of no filter,
    nothing. Of ids it is those that it takes."""
    return {} if wanted is None else dict(_values(wanted))


def _values(wanted: Any) -> Iterator[tuple[str, Any]]:
    for field, value in _given(wanted):
        if not isinstance(value, IdFilter):
            yield field.name, _plain(value)
            continue
        given = {part.name: ids for part, ids in _given(value)}
        if "not_in" in given:
            told = "This filter takes `in` alone: leave `notIn` out of it."
            raise Invalid(told, "filter", field.name, "not_in", reason=Reason.ONLY_ONE, field="in")
        if "in_" in given:
            yield field.name, [decode(field.metadata[KIND], id) for id in bounded(given["in_"])]


def _parts(wanted: Any) -> list[Any]:
    """The filter with those in it, which are not too many."""
    pending, parts = [(wanted, 1)], []
    while pending:
        part, depth = pending.pop()
        parts.append(part)
        if len(parts) > MOST_FILTERS or depth > DEEPEST:
            told = f"A filter holds at most {MOST_FILTERS} others, {DEEPEST} levels deep."
            if depth > DEEPEST:
                raise Invalid(told, "filter", reason=Reason.TOO_DEEP, maximum=DEEPEST)
            raise Invalid(told, "filter", reason=Reason.TOO_MANY, maximum=MOST_FILTERS, actual=len(parts))
        for field, value in _given(part):
            if COMBINES in field.metadata:
                pending += [(inner, depth + 1) for inner in (value if isinstance(value, list) else [value])]
    return parts


def _given(wanted: Any) -> Iterator[tuple[dataclasses.Field[Any], Any]]:
    """The fields of a filter that ask for something, with what they were given."""
    for field in dataclasses.fields(wanted):
        value = getattr(wanted, field.name)
        if value is not UNSET and value is not None:
            yield field, value


def _condition(wanted: Any, asking: Asking) -> Q:
    condition = Q()
    for field, value in _given(wanted):
        match field.metadata.get(COMBINES):
            case "and":
                for inner in value:
                    condition &= _condition(inner, asking)
            case "or":
                condition &= _any_of([_condition(inner, asking) for inner in value])
            case "not":
                condition &= fails(_condition(value, asking))
            case _:
                condition &= _of_field(field, value, asking)
    return condition


def _of_field(field: dataclasses.Field[Any], value: Any, asking: Asking) -> Q:
    holds_for: Condition = field.metadata[CONDITION]
    if not isinstance(value, IdFilter):
        return holds_for(_plain(value), asking)
    condition = Q()
    for part, ids in _given(value):
        among = holds_for([decode(field.metadata[KIND], id) for id in bounded(ids)], asking)
        condition &= fails(among) if part.name == "not_in" else among
    return condition


def _any_of(alternatives: Sequence[Q]) -> Q:
    """At least one holds: so none of no alternatives does."""
    if not alternatives:
        return none_holds()
    # An alternative that asks for nothing holds for every row, and so do they all together. Tortoise would skip it.
    return Q(*alternatives, join_type=Q.OR) if all(alternatives) else Q()


def _plain(value: Any) -> Any:
    """What a field was given, as the domain has it."""
    if isinstance(value, DateFilter | DateTimeFilter):
        return Between(**{part.name: given for part, given in _given(value)})
    return bounded(value) if isinstance(value, list) else value


def bounded(values: Sequence[Any]) -> list[Any]:
    """The values of a filter, of which there may be so many."""
    if len(values) > MOST_VALUES:
        told = f"A filter takes at most {MOST_VALUES} values, not {len(values)}."
        raise Invalid(told, "filter", reason=Reason.TOO_MANY, maximum=MOST_VALUES, actual=len(values))
    return list(values)


def plain(filter: Any) -> Any:
    """A filter as the fingerprint of a list has it."""
    return dataclasses.asdict(filter) if filter is not None else None
