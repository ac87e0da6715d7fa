"""Which rows a scope sees: one policy a kind of row, and the policy as a condition of the ORM and of SQL.

Commands ask the ORM, what is shown is read in SQL; both are made of the same policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any, Protocol
from uuid import UUID

from tortoise.expressions import Q

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
    #: The column of the job in whose pipeline the row is; where it is null, the row is in none.
    job: str | None = None
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
    Kind.TASK: Policy(account="account_id", job="job_id"),
    Kind.TIME_ENTRY: Policy(account="account_id", job="job_id", right=Right.MANAGE_TIME_ENTRIES, owner="member_id"),
}


def orm_condition(kind: Kind, scope: Sight, member: UUID | None) -> Q:
    """What holds for the visible rows. Without a member nobody's rows are their own."""
    policy = POLICIES[kind]
    firm = holds(**{policy.firm: scope.firm_id})
    withheld = policy.right is not None and policy.right not in scope.rights
    visible = firm & (holds(id__in=()) if withheld else _in_places(policy, scope))
    if policy.owner is not None and member is not None:
        visible |= firm & holds(**{policy.owner: member})
    return visible


def _in_places(policy: Policy, scope: Sight) -> Q:
    places = Q()
    if policy.account is not None and scope.accounts is not None:
        places &= holds(**{f"{policy.account}__in": scope.accounts})
    if policy.pipeline is not None and scope.pipelines is not None:
        places &= holds(**{f"{policy.pipeline}__in": scope.pipelines})
    if policy.job is not None and scope.pipelines is not None:
        of_job = f"{policy.job.removesuffix('_id')}__pipeline_id__in"
        places &= holds(**{f"{policy.job}__isnull": True}) | holds(**{of_job: scope.pipelines})
    return places


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
    if policy.job is not None:
        place, column = next(places), f"{row}.{policy.job}"
        of_job = f"EXISTS (SELECT FROM job WHERE job.id = {column} AND job.pipeline_id = ANY({place}))"
        asked.append(f"({place}::uuid[] IS NULL OR {column} IS NULL OR {of_job})")
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
        values.append(policy.right in scope.rights)
    if policy.account is not None:
        values.append(scope.accounts)
    if policy.pipeline is not None or policy.job is not None:
        values.append(scope.pipelines)
    if policy.owner is not None:
        values.append(member)
    return values
