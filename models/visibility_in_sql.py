"""Which events a scope is shown, and not only that something left its sight, as a condition of SQL: what
`models.visibility.shown` says of one event, but for the jobs that it tells nothing of. Made of the same: where an event
of a kind stands is asked of the kind itself."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any
from uuid import UUID

from models.events import Event, View, kinds
from models.kinds import modules_in
from models.scope import Place, Scope

#: The fields of an event that name the account and the pipeline of a place; None where it asks for nothing.
Fields = tuple[str | None, str | None]


@cache
def shown_condition(row: str, first: int) -> str:
    """What holds for the events that are shown, which the statement calls `row`. It is the same for every scope:
    `shown_values` are what differs, and have their places from `first` on."""
    return shown_where(row, *(f"${place}" for place in range(first, first + 3)))


@cache
def shown_where(row: str, told: str, accounts: str, pipelines: str) -> str:
    """`shown_condition`, with the values of `shown_values` at these places."""
    alternatives = [
        f"{row}.type IN ({', '.join(map(repr, kinds))}) AND ({_any_of(places, row, accounts, pipelines)})"
        for places, kinds in _kinds_by_places().items()
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


def _any_of(places: Sequence[Fields], row: str, accounts: str, pipelines: str) -> str:
    alternatives = []
    for account, pipeline in places:
        asked = [(field, ids) for field, ids in ((account, accounts), (pipeline, pipelines)) if field is not None]
        alternatives.append(" AND ".join(_among(row, field, ids) for field, ids in asked) or "true")
    return " OR ".join(alternatives) or "false"


def _among(row: str, field: str, ids: str) -> str:
    column = f"{row}.data->>'{field}'"
    # What an event has no id of asks for nothing either.
    return f"({ids}::text[] IS NULL OR {column} IS NULL OR {column} = ANY({ids}))"


def _kinds_by_places() -> dict[tuple[Fields, ...], list[str]]:
    found: dict[tuple[Fields, ...], list[str]] = defaultdict(list)
    for name, kind in sorted(_logged().items()):
        found[_places_of(kind)].append(name)
    return found


def _places_of(kind: type[Event]) -> tuple[Fields, ...]:
    """Where whoever is shown such an event has to see its thing: after it or, if it is the thing's end, before it."""
    # An event whose fields are marks says which of them a place is made of.
    marks = {field.name: UUID(int=number) for number, field in enumerate(fields(kind))}
    names: dict[Any, str | None] = {mark: name for name, mark in marks.items()} | {None: None}
    event: Any = kind(**marks)
    places: tuple[Place, ...] = event.before() if kind.ends else event.now()
    return tuple((names[place.account], names[place.pipeline]) for place in places)
