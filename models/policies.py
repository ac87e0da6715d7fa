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

from models.audiences import CLIENTS, TEAM_ONLY, Audience
from models.conditions import holds, in_sql
from models.rights import Right


class Sight(Protocol):
    """What a policy asks of a scope."""

    @property
    def firm_id(self) -> UUID:
        """The firm."""

    @property
    def audience(self) -> Audience:
        """Of what kind the viewer is."""

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
    """What decides who sees a row: those of the viewer's firm, at a visible account, in a visible pipeline.

    Where none is named, the whole team sees the row, and the policy has to say so: nobody sees what by mistake has a
    policy that asks for nothing, because there is none. Nor do clients see what does not say that it is for them.
    """

    firm: str = "firm_id"
    account: str | None = None
    #: The table that says at which accounts it is, any number of them, and the column there that names it. It is seen
    #: where one of these is; what is at none, by whoever sees every account.
    accounts: tuple[str, str] | None = None
    pipeline: str | None = None
    #: Whether an item is seen only where the jobs that it is linked to are: linked to none, it is in no pipeline.
    with_jobs: bool = False
    #: The column that names a job: it is seen where that is, in whichever pipeline that is by then.
    job: str | None = None
    #: Nothing is seen without this right, but for the viewer's own rows, which always are.
    right: Right | None = None
    owner: str | None = None
    #: The column that says of a row whether it is for others than its owner.
    shared: str | None = None
    #: What else holds of a viewer: for whom of several at an account it is, in SQL that calls the row `{row}` and the
    #: viewer `{viewer}`.
    addressed: str | None = None
    #: Nobody sees anything but what is their own.
    only_own: bool = False
    #: What else holds for the rows that are seen, in SQL that calls them `{row}`.
    which: str | None = None
    whole_team: bool = False
    audiences: frozenset[Audience] = TEAM_ONLY
    #: What clients see of these rows, where they see any: a policy of their own.
    clients: Policy | None = None

    def __post_init__(self) -> None:
        asks = any((self.by_account, self.by_pipeline, self.right, self.shared, self.only_own))
        if asks == self.whole_team:
            raise TypeError(f"A policy says who sees a row, or that the whole team does, and not both: {self}.")
        if self.only_own and self.owner is None:
            raise TypeError(f"A policy of what is one's own says which column names whose it is: {self}.")
        if self.clients is not None and (self.clients.audiences != CLIENTS or self.clients.clients is not None):
            raise TypeError(f"What clients see is for clients, and says so with `for_clients`: {self.clients}.")

    def of(self, audience: Audience) -> Policy:
        """The policy for viewers of this kind. Where nothing is said of clients it is one that does not serve them."""
        return self.clients if audience is Audience.CLIENT and self.clients is not None else self

    @property
    def by_account(self) -> bool:
        """Whether it has to do with accounts."""
        return self.account is not None or self.accounts is not None

    @property
    def by_pipeline(self) -> bool:
        """Whether it has to do with pipelines."""
        return self.pipeline is not None or self.with_jobs or self.job is not None


def for_clients(**asks: Any) -> Policy:
    """What clients see of some rows, beside what the team sees of them."""
    return Policy(**asks, audiences=CLIENTS)


def to_named(column: str) -> str:
    """What is for the contact whom this column names, or for anybody where it names none."""
    return f"({{row}}.{column} IS NULL OR {{row}}.{column} = {{viewer}}::uuid)"


def to_those(table: str, item: str) -> str:
    """What is for the contacts whom the rows of a table name that name it in this column."""
    return f"EXISTS (SELECT FROM {table} AS of WHERE of.{item} = {{row}}.id AND of.contact_id = {{viewer}}::uuid)"


def to_those_or_anybody(table: str, item: str) -> str:
    """As `to_those`, or for anybody where they name none."""
    return f"({to_those(table, item)} OR NOT EXISTS (SELECT FROM {table} AS of WHERE of.{item} = {{row}}.id))"


def orm_condition(policy: Policy, sight: Sight, member: UUID | None) -> Q:
    """What holds for the visible rows. Without a member nobody's rows are their own."""
    if sight.audience not in policy.audiences:
        return holds(id__in=())
    firm = holds(**{policy.firm: sight.firm_id})
    if policy.which is not None:
        firm &= in_sql(policy.which)
    if policy.addressed is not None:
        firm &= in_sql(policy.addressed, viewer=member)
    visible = firm & (_in_places(policy, sight) if may_see(policy, sight) else holds(id__in=()))
    if policy.owner is not None and member is not None:
        visible |= firm & holds(**{policy.owner: member})
    return visible


def may_see(policy: Policy, sight: Sight) -> bool:
    """Whether the scope has the right to such rows at all."""
    if policy.only_own:
        return False
    return sight.audience in policy.audiences and (policy.right is None or policy.right in sight.rights)


def hides_own(policy: Policy, sight: Sight) -> bool:
    """Whether under this scope there may be rows that nobody sees but the member whose own they are."""
    if policy.addressed is not None:
        return True
    everywhere = not policy.by_account or sight.accounts is None
    everywhere &= not policy.by_pipeline or sight.pipelines is None
    everywhere &= policy.shared is None
    return policy.owner is not None and not (may_see(policy, sight) and everywhere)


def _in_places(policy: Policy, sight: Sight) -> Q:
    places = Q()
    if policy.account is not None and sight.accounts is not None:
        places &= holds(**{f"{policy.account}__in": sight.accounts})
    if policy.accounts is not None and sight.accounts is not None:
        places &= in_sql(_at_one_of(policy.accounts, "{row}", "{accounts}::uuid[]"), accounts=list(sight.accounts))
    if policy.pipeline is not None and sight.pipelines is not None:
        places &= holds(**{f"{policy.pipeline}__in": sight.pipelines})
    if policy.with_jobs and sight.pipelines is not None:
        places &= in_sql(_NO_JOB_OUTSIDE, pipelines=list(sight.pipelines))
    if policy.job is not None and sight.pipelines is not None:
        places &= in_sql(_of_a_job(policy.job, "{row}", "{pipelines}::uuid[]"), pipelines=list(sight.pipelines))
    if policy.shared is not None:
        places &= holds(**{policy.shared: True})
    return places


def _at_one_of(links: tuple[str, str], row: str, accounts: str) -> str:
    table, column = links
    return f"EXISTS (SELECT FROM {table} AS link WHERE link.{column} = {row}.id AND link.account_id = ANY({accounts}))"


def _of_a_job(column: str, row: str, pipelines: str) -> str:
    return f"EXISTS (SELECT FROM job WHERE job.id = {row}.{column} AND job.pipeline_id = ANY({pipelines}))"


_NO_JOB_OUTSIDE = """NOT EXISTS (SELECT FROM job_item AS link JOIN job ON job.id = link.job_id
WHERE link.item = {row}.id AND link.unlinked_at IS NULL AND job.pipeline_id <> ALL({pipelines}::uuid[]))"""


@cache
def sql_condition(policy: Policy, row: str, first: int) -> str:
    """What holds for the visible rows, which the statement calls `row`. It is the same for every scope: `sql_values`
    are what differs, and have their places from `first` on."""
    places = (f"${number}" for number in count(first))
    firm = f"{row}.{policy.firm} = {next(places)}"
    if policy.which is not None:
        firm = f"{firm} AND {policy.which.format(row=row)}"
    if policy.addressed is not None:
        firm = f"{firm} AND {policy.addressed.format(row=row, viewer=next(places))}"
    asked = ["false"] if policy.only_own else []
    if policy.right is not None:
        asked.append(f"{next(places)}::boolean")
    if policy.account is not None:
        asked.append(_among(f"{row}.{policy.account}", next(places)))
    if policy.accounts is not None:
        place = next(places)
        asked.append(f"({place}::uuid[] IS NULL OR {_at_one_of(policy.accounts, row, place)})")
    if policy.pipeline is not None:
        asked.append(_among(f"{row}.{policy.pipeline}", next(places)))
    if policy.with_jobs:
        place = next(places)
        asked.append(f"({place}::uuid[] IS NULL OR {_NO_JOB_OUTSIDE.format(row=row, pipelines=place)})")
    if policy.job is not None:
        place = next(places)
        asked.append(f"({place}::uuid[] IS NULL OR {_of_a_job(policy.job, row, place)})")
    if policy.shared is not None:
        asked.append(f"{row}.{policy.shared}")
    if policy.owner is None:
        return " AND ".join([firm, *asked])
    return f"{firm} AND ({' AND '.join(asked)} OR {row}.{policy.owner} = {next(places)})"


def _among(column: str, place: str) -> str:
    return f"({place}::uuid[] IS NULL OR {column} = ANY({place}))"


def count_values(policy: Policy) -> int:
    """How many values `sql_condition` has."""
    at = (policy.account is not None, policy.accounts is not None)
    of_viewer = (policy.addressed is not None, policy.owner is not None)
    return 1 + sum((policy.right is not None, *at, policy.by_pipeline, *of_viewer))


def sql_values(policy: Policy, sight: Sight, member: UUID | None) -> Sequence[Any]:
    """The values of `sql_condition`, in order."""
    # No row is of no firm: those whom the policy does not serve see none.
    values: list[Any] = [sight.firm_id if sight.audience in policy.audiences else None]
    if policy.addressed is not None:
        values.append(member)
    if policy.right is not None:
        values.append(may_see(policy, sight))
    if policy.account is not None:
        values.append(sight.accounts)
    if policy.accounts is not None:
        values.append(sight.accounts)
    if policy.by_pipeline:
        values.append(sight.pipelines)
    if policy.owner is not None:
        values.append(member)
    return values
