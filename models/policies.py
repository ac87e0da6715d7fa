"""Which rows a scope sees: the policy that a class of rows declares, as a condition of the ORM and of SQL.

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


# By identity: each statement looks its condition up by it.
@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The columns that decide who sees a row: those of the viewer's firm, at a visible account, in a visible pipeline.

    Where none is named, the whole team sees the row, and the policy has to say so: nobody sees what by mistake has a
    policy that asks for nothing, because there is none.
    """

    firm: str = "firm_id"
    account: str | None = None
    pipeline: str | None = None
    #: The column of the job in whose pipeline the row is; where it is null, the row is in none.
    job: str | None = None
    #: Nothing is seen without this right, but for the viewer's own rows, which always are.
    right: Right | None = None
    owner: str | None = None
    whole_team: bool = False

    def __post_init__(self) -> None:
        asks = any((self.account, self.pipeline, self.job, self.right))
        if asks == self.whole_team:
            raise TypeError(f"A policy says who sees a row, or that the whole team does, and not both: {self}.")


def orm_condition(policy: Policy, sight: Sight, member: UUID | None) -> Q:
    """What holds for the visible rows. Without a member nobody's rows are their own."""
    firm = holds(**{policy.firm: sight.firm_id})
    withheld = policy.right is not None and policy.right not in sight.rights
    visible = firm & (holds(id__in=()) if withheld else _in_places(policy, sight))
    if policy.owner is not None and member is not None:
        visible |= firm & holds(**{policy.owner: member})
    return visible


def _in_places(policy: Policy, sight: Sight) -> Q:
    places = Q()
    if policy.account is not None and sight.accounts is not None:
        places &= holds(**{f"{policy.account}__in": sight.accounts})
    if policy.pipeline is not None and sight.pipelines is not None:
        places &= holds(**{f"{policy.pipeline}__in": sight.pipelines})
    if policy.job is not None and sight.pipelines is not None:
        of_job = f"{policy.job.removesuffix('_id')}__pipeline_id__in"
        places &= holds(**{f"{policy.job}__isnull": True}) | holds(**{of_job: sight.pipelines})
    return places


@cache
def sql_condition(policy: Policy, row: str, first: int) -> str:
    """What holds for the visible rows, which the statement calls `row`. It is the same for every scope: `sql_values`
    are what differs, and have their places from `first` on."""
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


def sql_values(policy: Policy, sight: Sight, member: UUID | None) -> Sequence[Any]:
    """The values of `sql_condition`, in order."""
    values: list[Any] = [sight.firm_id]
    if policy.right is not None:
        values.append(policy.right in sight.rights)
    if policy.account is not None:
        values.append(sight.accounts)
    if policy.pipeline is not None or policy.job is not None:
        values.append(sight.pipelines)
    if policy.owner is not None:
        values.append(member)
    return values
