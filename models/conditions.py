"""Conditions over rows, built from names; and those that the ORM has no words for, in SQL."""

from __future__ import annotations

from typing import Any

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Criterion
from tortoise.expressions import Q, ResolveContext
from tortoise.query_utils import QueryModifier


def holds(**lookups: Any) -> Q:
    """All of these lookups, such as due_date__lt, hold. Tortoise types their values as str, which they need not be."""
    return Q(**lookups)


def none_holds() -> Q:
    """What holds for no row."""
    return holds(id__in=())


def fails(condition: Q) -> Q:
    """The condition does not hold. Where it compares with nothing, it does not: a row without a due date is not due
    before a day, so it is found here, which SQL's own NOT would not do. Of a condition that asks for nothing: no row.
    """
    return _Fails(condition) if condition else none_holds()


def in_sql(text: str, **values: Any) -> Q:
    """What a condition of SQL says. It calls the table of the rows `{row}`, and its values by their names, in braces. A
    subquery of the ORM would know nothing of the row that is asked about."""
    return _InSql(text, values)


class _Condition(Q):
    """A condition that is no list of lookups."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


class _Fails(_Condition):
    """`fails`."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Q) -> None:
        super().__init__()
        self._inner = inner

    def resolve(self, resolve_context: ResolveContext) -> QueryModifier:
        """The condition of the table that is asked."""
        inner = self._inner.resolve(resolve_context)
        return QueryModifier(where_criterion=_NotTrue(inner.where_criterion), joins=inner.joins)


class _InSql(_Condition):
    """`in_sql`."""

    __slots__ = ("_text", "_values")

    def __init__(self, text: str, values: dict[str, Any]) -> None:
        super().__init__()
        self._text = text
        self._values = values

    def resolve(self, resolve_context: ResolveContext) -> QueryModifier:
        """The condition of the table that is asked."""
        table = resolve_context.model._meta.db_table
        return QueryModifier(where_criterion=_Text(self._text, table, self._values))


class _NotTrue(Criterion):
    """A condition that is false, or of which nobody knows."""

    def __init__(self, inner: Criterion) -> None:
        super().__init__()
        self._inner = inner

    def get_sql(self, ctx: SqlContext) -> str:
        """The text."""
        return f"({self._inner.get_sql(ctx)}) IS NOT TRUE"


class _Text(Criterion):
    """A text of SQL with its values."""

    def __init__(self, text: str, row: str, values: dict[str, Any]) -> None:
        super().__init__()
        self._text = text
        self._row = row
        self._values = values

    def get_sql(self, ctx: SqlContext) -> str:
        """The text, in which each value has its place."""
        assert ctx.parameterizer is not None
        create = ctx.parameterizer.create_param
        places = {name: create(value).get_sql(ctx) for name, value in self._values.items()}
        return f"({self._text.format(row=self._row, **places)})"
