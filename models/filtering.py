"""What a list can be narrowed by: conditions of the ORM, of which a filter declares one for each of its fields.

They narrow what a scope sees, and never widen it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from tortoise.expressions import Q, Subquery

from models.conditions import holds
from models.periods import period_key
from models.rows import Job, JobItem, Row
from models.rows.names import row_class
from models.scope import Scope
from models.texts import LABEL, storable


class Condition(Protocol):
    """What is asked of a row: `wanted` is what the caller gave, `scope` what the caller sees."""

    def __call__(self, wanted: Any, scope: Scope, /) -> Q: ...


@dataclass(frozen=True, slots=True)
class Among:
    """The column holds one of these values."""

    column: str

    def __call__(self, wanted: Sequence[Any], _scope: Scope, /) -> Q:
        return holds(**{f"{self.column}__in": wanted})


@dataclass(frozen=True, slots=True)
class AmongSeen:
    """The column holds one of these ids of things that may be out of sight where the rows are not: those then match
    nothing, as if they were not."""

    column: str
    model: type[Row]

    def __call__(self, wanted: Sequence[Any], scope: Scope, /) -> Q:
        return holds(**{f"{self.column}__in": Subquery(scope.rows(self.model).where(id__in=wanted).values("id"))})


@dataclass(frozen=True, slots=True)
class InPeriod:
    """The column holds the key of one of these periods, however they are written. A text that is too long is none."""

    column: str

    def __call__(self, wanted: Sequence[str], _scope: Scope, /) -> Q:
        keys = {period_key(text) for text in wanted if len(text) <= LABEL.most}
        return holds(**{f"{self.column}__in": [key for key in keys if storable(key)]})


@dataclass(frozen=True, slots=True)
class Linked:
    """A row of a table of links ties the row to one of these ids. A subquery: a join would give a row once for each of
    its links."""

    link: type[Any]
    #: The link's columns of the row, and of what it is linked to.
    row: str
    to: str

    def __call__(self, wanted: Sequence[Any], _scope: Scope, /) -> Q:
        return Q(id__in=Subquery(row_class(self.link).filter(**{f"{self.to}__in": wanted}).values(self.row)))


@dataclass(frozen=True, slots=True)
class LinkedToJob:
    """The row is an item that is linked to one of these jobs, as far as they are visible."""

    def __call__(self, wanted: Sequence[Any], scope: Scope, /) -> Q:
        jobs = AmongSeen("job_id", Job)(wanted, scope)
        return Q(id__in=Subquery(JobItem.filter(jobs, unlinked_at__isnull=True).values("item")))


@dataclass(frozen=True, slots=True)
class Between:
    """Days, or moments. None asks for nothing; neither end is part of it."""

    before: date | datetime | None = None
    after: date | datetime | None = None
    on: date | None = None
    is_set: bool | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """The column holds a day, or a moment, that is between others."""

    column: str

    def __call__(self, wanted: Between, _scope: Scope, /) -> Q:
        asked = {"__lt": wanted.before, "__gt": wanted.after, "": wanted.on}
        condition = holds(**{f"{self.column}{how}": value for how, value in asked.items() if value is not None})
        return condition if wanted.is_set is None else condition & Filled(self.column)(wanted.is_set, _scope)


@dataclass(frozen=True, slots=True)
class Filled:
    """The column holds something, or nothing."""

    column: str

    def __call__(self, wanted: bool, _scope: Scope, /) -> Q:
        return holds(**{f"{self.column}__isnull": not wanted})


@dataclass(frozen=True, slots=True)
class Is:
    """The column holds this value."""

    column: str

    def __call__(self, wanted: Any, _scope: Scope, /) -> Q:
        return holds(**{self.column: wanted})
