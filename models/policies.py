"""Which rows a scope sees: one policy a kind of row, and the policy as a condition of the ORM and of SQL.

Commands ask the ORM, what is shown is read in SQL; both are made of the same policy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Criterion
from tortoise.expressions import Q, ResolveContext
from tortoise.query_utils import QueryModifier

from models.conditions import holds
from models.ids import Kind
from models.rights import Right


class Sight(Protocol):
    """What a policy asks of a scope."""

    @property
    def firm_id(self) -> UUID:
        """The firm."""

    @property
    def rights(self) -> frozenset[Right]:
        """What the viewer may do."""

    @property
    def accounts(self) -> frozenset[UUID] | None:
        """The visible accounts; None for all."""

    @property
    def pipelines(self) -> frozenset[UUID] | None:
        """The visible pipelines; None for all."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The columns that decide who sees a row: those of the viewer's firm, at a visible account, in a visible pipeline.
    Where no column is named, nothing is asked for."""

    firm: str = "firm_id"
    account: str | None = None
    pipeline: str | None = None
    #: Whether an item is seen only where the jobs that it is linked to are: linked to none, it is in no pipeline.
    with_jobs: bool = False
    #: Nothing is seen without this right, but for the viewer's own rows, which always are.
    right: Right | None = None
    owner: str | None = None


POLICIES = {
    Kind.FIRM: Policy(firm="id"),
    Kind.MEMBER: Policy(),
    Kind.TAG: Policy(),
    Kind.CLIENT_STATUS: Policy(),
    Kind.ACCOUNT: Policy(account="id"),
    Kind.PIPELINE: Policy(pipeline="id"),
    Kind.STAGE: Policy(pipeline="pipeline_id"),
    Kind.STATUS: Policy(pipeline="pipeline_id"),
    Kind.JOB: Policy(account="account_id", pipeline="pipeline_id"),
    Kind.TASK: Policy(account="account_id", with_jobs=True),
    Kind.TIME_ENTRY: Policy(account="account_id", with_jobs=True, right=Right.MANAGE_TIME_ENTRIES, owner="member_id"),
}


def orm_condition(kind: Kind, scope: Sight, member: UUID | None) -> Q:
    """What holds for the visible rows. Without a member nobody's rows are their own."""
    policy = POLICIES[kind]
    firm = holds(**{policy.firm: scope.firm_id})
    visible = firm & (_in_places(policy, scope) if may_see(kind, scope) else holds(id__in=()))
    if policy.owner is not None and member is not None:
        visible |= firm & holds(**{policy.owner: member})
    return visible


def may_see(kind: Kind, scope: Sight) -> bool:
    """Whether the scope has the right to rows of this kind at all."""
    right = POLICIES[kind].right
    return right is None or right in scope.rights


def _in_places(policy: Policy, scope: Sight) -> Q:
    places = Q()
    if policy.account is not None and scope.accounts is not None:
        places &= holds(**{f"{policy.account}__in": scope.accounts})
    if policy.pipeline is not None and scope.pipelines is not None:
        places &= holds(**{f"{policy.pipeline}__in": scope.pipelines})
    if policy.with_jobs and scope.pipelines is not None:
        places &= _NoJobOutside(scope.pipelines)
    return places


_NO_JOB_OUTSIDE = """NOT EXISTS (SELECT FROM job_item AS link JOIN job ON job.id = link.job_id
WHERE link.item = {row}.id AND link.unlinked_at IS NULL AND job.pipeline_id <> ALL({pipelines}::uuid[]))"""


class _NoJobOutside(Q):
    """No job that the item is linked to is outside these pipelines. A subquery of the ORM knows nothing of the row that
    is asked about: it would look at the links of all items."""

    __slots__ = ("_pipelines",)

    def __init__(self, pipelines: Collection[UUID]) -> None:
        super().__init__()
        self._pipelines = pipelines

    def __bool__(self) -> bool:
        return True

    def resolve(self, resolve_context: ResolveContext) -> QueryModifier:
        """The condition of the table that is asked."""
        return QueryModifier(where_criterion=_InSql(resolve_context.model._meta.db_table, list(self._pipelines)))


class _InSql(Criterion):
    """`_NO_JOB_OUTSIDE` in a query of the ORM."""

    def __init__(self, row: str, pipelines: list[UUID]) -> None:
        super().__init__()
        self._row = row
        self._pipelines = pipelines

    def get_sql(self, ctx: SqlContext) -> str:
        """The text, of which the pipelines are a value."""
        assert ctx.parameterizer is not None
        place = ctx.parameterizer.create_param(self._pipelines).get_sql(ctx)
        return _NO_JOB_OUTSIDE.format(row=self._row, pipelines=place)


@cache
def sql_condition(kind: Kind, row: str, first: int) -> str:
    """What holds for the visible rows, which the statement calls `row`. It is the same for every scope: `sql_values`
    are what differs, and have their places from `first` on."""
    policy = POLICIES[kind]
    places = (f"${number}" for number in count(first))
    firm = f"{row}.{policy.firm} = {next(places)}"
    asked = []
    if policy.right is not None:
        asked.append(f"{next(places)}::boolean")
    if policy.account is not None:
        asked.append(_among(f"{row}.{policy.account}", next(places)))
    if policy.pipeline is not None:
        asked.append(_among(f"{row}.{policy.pipeline}", next(places)))
    if policy.with_jobs:
        place = next(places)
        asked.append(f"({place}::uuid[] IS NULL OR {_NO_JOB_OUTSIDE.format(row=row, pipelines=place)})")
    if policy.owner is None:
        return " AND ".join([firm, *asked])
    return f"{firm} AND ({' AND '.join(asked)} OR {row}.{policy.owner} = {next(places)})"


def _among(column: str, place: str) -> str:
    return f"({place}::uuid[] IS NULL OR {column} = ANY({place}))"


def sql_values(kind: Kind, scope: Sight, member: UUID | None) -> Sequence[Any]:
    """The values of `sql_condition`, in order."""
    policy = POLICIES[kind]
    values: list[Any] = [scope.firm_id]
    if policy.right is not None:
        values.append(may_see(kind, scope))
    if policy.account is not None:
        values.append(scope.accounts)
    if policy.pipeline is not None or policy.with_jobs:
        values.append(scope.pipelines)
    if policy.owner is not None:
        values.append(member)
    return values
