"""Queries of a scope, as the rooms above narrow and read them."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from models.records import read
from models.rows import Row
from models.rows.names import row_class

__all__ = ["Q", "QuerySet", "Subquery", "linked", "read_query"]

R = TypeVar("R", bound=Row)


def linked(link: type[Any], owner: str, column: str, ids: Iterable[UUID]) -> Q:
    """Tied to one of these by a table of links. As a subquery: a join would give a row once for each of its links."""
    return Q(id__in=Subquery(row_class(link).filter(**{f"{column}__in": list(ids)}).values(owner)))


async def read_query(query: QuerySet[R]) -> list[R]:
    """What a query of the ORM finds, as records."""
    # As awaiting it does, up to where it would make instances.
    query._choose_db_if_not_chosen()
    query._make_query()
    statement, values = query.query.get_parameterized_sql()
    return await read(query.model, statement, *values)
