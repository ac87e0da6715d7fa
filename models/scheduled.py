"""What is coming: things that have a time at which something is done about them by itself, of whatever kinds.

A class of rows says so: `scheduled = Scheduled("next_at", "next_at IS NOT NULL")`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import count
from typing import NamedTuple
from uuid import UUID

from models import policies
from models.bounds import SCHEDULED
from models.database import fetch
from models.errors import Invalid
from models.ids import Kind
from models.kinds import modules_in
from models.reasons import Reason
from models.rows.base import known_models, model_of
from models.scope import Scope


class Coming(NamedTuple):
    """A thing about which something is done at a time."""

    kind: Kind
    id: UUID
    at: datetime


class Schedule(NamedTuple):
    """What comes first, and whether there is more."""

    coming: Sequence[Coming]
    cut: bool


def scheduled_kinds() -> tuple[Kind, ...]:
    """The kinds of things that have such a time."""
    modules_in("models")
    return tuple(kind for kind in Kind if kind in known_models() and model_of(kind).scheduled is not None)


# Of each kind no more than are shown, in the order of an index of those that are still to come.
_OF_KIND = """
(SELECT '{kind}' AS kind, seen.id, seen.{at} AS at FROM {table} AS seen
WHERE {condition} AND seen.{which} AND ($2::timestamptz IS NULL OR seen.{at} <= $2)
ORDER BY seen.{at}, seen.id LIMIT $1)
"""


@cache
def _statement() -> str:
    places, parts = count(3), []
    for kind in scheduled_kinds():
        model = model_of(kind)
        assert model.scheduled is not None
        condition = policies.sql_condition(model.policy, "seen", next(places))
        for _ in range(policies.count_values(model.policy) - 1):
            next(places)
        named = {"kind": kind, "table": model._meta.db_table, "condition": condition}
        parts.append(_OF_KIND.format(**named, at=model.scheduled.at, which=model.scheduled.which))
    return f"{' UNION ALL '.join(parts)} ORDER BY at, id LIMIT $1"


async def scheduled(scope: Scope, until: datetime | None, most: int) -> Schedule:
    """What the scope sees that is coming, until a moment, the first first: in one statement. What is late is there
    too."""
    if most not in SCHEDULED:
        told = f"What is scheduled is told of {SCHEDULED} things at a time, not {most}."
        raise Invalid(
            told, "first", reason=Reason.OUT_OF_RANGE, minimum=SCHEDULED.least, maximum=SCHEDULED.most, unit="THINGS"
        )
    values = [value for kind in scheduled_kinds() for value in policies.sql_values(model_of(kind).policy, scope, None)]
    found = await fetch(_statement(), most + 1, until, *values)
    return Schedule([Coming(Kind(row["kind"]), row["id"], row["at"]) for row in found[:most]], len(found) > most)
