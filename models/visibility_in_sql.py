"""Which events a scope is shown, and not only that something left its sight, as a condition of SQL: what
`models.visibility.shown` says of one event, but for the jobs that it tells nothing of. Made of the same: where an event
of a kind stands is asked of the kind itself."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from models.events import Event, View, kinds
from models.kinds import modules_in
from models.scope import NO_ACCOUNT, Place, Scope


class _Field(NamedTuple):
    """A field of an event that names the account, or the pipeline, of a place."""

    name: str
    #: Whether an event that has no id there is told to those alone who see every account; else it asks for nothing.
    needed: bool


#: The fields of the account and of the pipeline of a place; None where it asks for nothing.
Fields = tuple[_Field | None, _Field | None]


@cache
def shown_condition(row: str, first: int) -> str:
    """What holds for the events that are shown, which the statement calls `row`. It is the same for every scope:
    `shown_values` are what differs, and have their places from `first` on."""
    return shown_where(row, *(f"${place}" for place in range(first, first + 3)))


@cache
def shown_where(row: str, told: str, accounts: str, pipelines: str) -> str:
    """`shown_condition`, with the values of `shown_values` at these places."""
    alternatives = [
        f"{row}.type IN ({', '.join(map(repr, kinds))}) AND ({_in_sight(places, row, accounts, pipelines, joined)})"
        for (places, joined), kinds in _kinds_by_places().items()
    ]
    return f"({row}.type = ANY({told}) AND ({' OR '.join(alternatives)}))"


def shown_values(scope: Scope) -> Sequence[Any]:
    """The values of `shown_condition`, in order."""
    told = sorted(name for name, kind in _logged().items() if kind.told_to(scope))
    return told, _texts(scope.accounts), _texts(scope.pipelines)


@cache
def _logged() -> dict[str, type[Event]]:
    # Those that are modules of their own among them. Asked while these are still being imported, it fails.
    modules_in("models")
    return {name: kind for name, kind in kinds().items() if not issubclass(kind, View)}


def _texts(ids: frozenset[UUID] | None) -> list[str] | None:
    # As the log has them.
    return None if ids is None else [str(id) for id in ids]


def _in_sight(places: Sequence[Fields], row: str, accounts: str, pipelines: str, joined: str) -> str:
    asked_of_each = []
    for account, pipeline in places:
        asked = [(field, ids) for field, ids in ((account, accounts), (pipeline, pipelines)) if field is not None]
        asked_of_each.append(" AND ".join(_among(row, field, ids) for field, ids in asked) or "true")
    return f" {joined} ".join(asked_of_each) or "false"


def _among(row: str, field: _Field, ids: str) -> str:
    column = f"{row}.data->>'{field.name}'"
    unless_none = "" if field.needed else f"{column} IS NULL OR "
    return f"({ids}::text[] IS NULL OR {unless_none}{column} = ANY({ids}))"


def _kinds_by_places() -> dict[tuple[tuple[Fields, ...], str], list[str]]:
    """With how what is asked of one place is joined with what is asked of another."""
    found: dict[tuple[tuple[Fields, ...], str], list[str]] = defaultdict(list)
    for name, kind in sorted(_logged().items()):
        found[_places_of(kind), "AND" if kind.of_several else "OR"].append(name)
    return found


def _places_of(kind: type[Event]) -> tuple[Fields, ...]:
    """Where whoever is shown such an event has to see its thing: after it or, if it is the thing's end, before it."""
    # An event whose fields are marks says which of them a place is made of.
    marks = {field.name: UUID(int=number) for number, field in enumerate(fields(kind), 1)}
    names: dict[Any, str] = {mark: name for name, mark in marks.items()}

    def field(id: UUID | None, of_nothing: UUID | None) -> _Field | None:
        return None if id is None else _Field(names[id], needed=of_nothing == NO_ACCOUNT)

    # And one without any, what it asks for then.
    pairs = zip(_places(kind, marks), _places(kind, dict.fromkeys(marks)), strict=True)
    return tuple((field(place.account, bare.account), field(place.pipeline, bare.pipeline)) for place, bare in pairs)


def _places(kind: type[Event], told: Mapping[str, Any]) -> tuple[Place, ...]:
    event = kind(**told)
    return event.before() if kind.ends else event.now()
