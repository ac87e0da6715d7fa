"""What a viewer may see, as a value; and the rows seen through it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models import policies
from models.errors import NotFound
from models.ids import Kind
from models.records import columns, read
from models.rights import ALL_RIGHTS, Right, Role
from models.rows import Account, ClientStatus, Firm, Job, Member, Pipeline, Row, Stage, Status, Tag, Task, TimeEntry

R = TypeVar("R", bound=Row)
Ids = frozenset[UUID]


class Rows(Generic[R]):
    """The rows of one kind that a scope may see, and a member's own. What it may not see does not exist here."""

    __slots__ = ("_member", "_model", "_scope")

    def __init__(self, model: type[R], scope: "Scope", member: UUID | None = None) -> None:
        self._model = model
        self._scope = scope
        self._member = member

    @property
    def visible(self) -> Q:
        """The condition of the visible rows."""
        return policies.orm_condition(self._model.kind, self._scope, self._member)

    def where(self, *conditions: Q, **equal: Any) -> QuerySet[R]:
        """A query over the visible rows."""
        return self._model.filter(self.visible, *conditions, **equal)

    async def find(self, id: UUID) -> R | None:
        """The row, or None."""
        return await self.where(id=id).first()

    async def get(self, id: UUID, *path: str) -> R:
        """The row, or `NotFound`."""
        return self._found(await self.find(id), path)

    async def many(self, ids: Iterable[UUID]) -> dict[UUID, R]:
        """Those of the rows that are visible, by id, in one statement; as records, to be read and no more."""
        wanted = set(ids)
        return {row.id: row for row in await self.read("seen.id = ANY($1)", wanted)} if wanted else {}

    async def read(self, condition: str, *values: Any) -> list[R]:
        """The visible rows under a condition of SQL that calls them `seen`, as records. An ORDER BY may follow it."""
        statement = _statement(self._model, condition, len(values) + 1)
        return await read(self._model, statement, *values, *self.values)

    def condition(self, row: str, first: int) -> str:
        """`visible` in SQL, with its `values` from the place `first` on; the same for every scope."""
        return policies.sql_condition(self._model.kind, row, first)

    @property
    def values(self) -> Sequence[Any]:
        """What the `condition` in SQL compares with."""
        return policies.sql_values(self._model.kind, self._scope, self._member)

    async def lock(self, id: UUID, *path: str) -> R:
        """The row, held until the transaction ends, or `NotFound`."""
        return self._found(await self._locking().filter(id=id).first(), path)

    async def lock_many(self, ids: Iterable[UUID]) -> dict[UUID, R]:
        """The visible rows, by id, held until the transaction ends; locked in the order of their ids, so that two
        bulk calls cannot wait for each other."""
        return {row.id: row for row in await self._locking().filter(id__in=set(ids)).order_by("id")}

    def _locking(self) -> QuerySet[R]:
        # NO KEY: nothing here changes an id, and a foreign key that points at the row must not have to wait.
        return self.where().select_for_update(no_key=True, of=(self._model._meta.db_table,))

    def _found(self, row: R | None, path: tuple[str, ...]) -> R:
        if row is None:
            raise NotFound(f"There is no such {self._model.kind.spoken}, or you may not see it.", *path)
        return row


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, as far as seeing it goes: at an account, in a pipeline. None asks for nothing."""

    account: UUID | None = None
    pipeline: UUID | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer may see in a firm. A value without the viewer's id: equal scopes are one.

    `accounts` and `pipelines` are the visible ones; None means all of the firm's.
    """

    firm_id: UUID
    rights: frozenset[Right]
    accounts: Ids | None
    pipelines: Ids | None

    @classmethod
    def of(cls, firm_id: UUID, role: Role, rights: frozenset[Right], accounts: Ids, pipelines: Ids) -> "Scope":
        """The scope of a member with this role, these effective rights, assigned accounts and available pipelines."""
        return cls(
            firm_id,
            rights,
            None if Right.VIEW_ALL_ACCOUNTS in rights else accounts,
            None if role is not Role.EMPLOYEE else pipelines,
        )

    @classmethod
    def whole(cls, firm_id: UUID) -> "Scope":
        """Everything of a firm: what an admin, an automation and a schedule see."""
        return cls(firm_id, ALL_RIGHTS, None, None)

    def sees(self, place: Place) -> bool:
        """Whether something that stands there is visible."""
        return self.sees_account(place.account) and self.sees_pipeline(place.pipeline)

    def sees_account(self, account: UUID | None) -> bool:
        """Whether the account is visible; None is not a matter of accounts."""
        return account is None or self.accounts is None or account in self.accounts

    def sees_pipeline(self, pipeline: UUID | None) -> bool:
        """Whether the pipeline is visible; None is not a matter of pipelines."""
        return pipeline is None or self.pipelines is None or pipeline in self.pipelines

    @property
    def gates(self) -> frozenset[Right]:
        """The rights that withhold fields or events, as opposed to rows."""
        return self.rights - {Right.VIEW_ALL_ACCOUNTS}

    @property
    def firms(self) -> Rows[Firm]:
        """The viewer's own firm."""
        return Rows(Firm, self)

    @property
    def members(self) -> Rows[Member]:
        """The whole team, the deactivated too: their names stand on what they did."""
        return Rows(Member, self)

    @property
    def tags(self) -> Rows[Tag]:
        """The firm's tags."""
        return Rows(Tag, self)

    @property
    def client_statuses(self) -> Rows[ClientStatus]:
        """The firm's templates of client-facing statuses."""
        return Rows(ClientStatus, self)

    @property
    def accounts_seen(self) -> Rows[Account]:
        """The accounts that are assigned, or all."""
        return Rows(Account, self)

    @property
    def pipelines_seen(self) -> Rows[Pipeline]:
        """The pipelines that are available, or all."""
        return Rows(Pipeline, self)

    @property
    def stages(self) -> Rows[Stage]:
        """The stages of visible pipelines."""
        return Rows(Stage, self)

    @property
    def statuses(self) -> Rows[Status]:
        """The job statuses of visible pipelines."""
        return Rows(Status, self)

    @property
    def jobs(self) -> Rows[Job]:
        """The jobs of visible accounts in visible pipelines: both."""
        return Rows(Job, self)

    @property
    def tasks(self) -> Rows[Task]:
        """The tasks of visible jobs, and those of visible accounts that are linked to no job."""
        return Rows(Task, self)

    @property
    def time_entries(self) -> Rows[TimeEntry]:
        """Everybody's time entries on visible jobs, or at visible accounts without a job, with the right to others'
        entries; none without it."""
        return Rows(TimeEntry, self)

    def of_kind(self, kind: Kind) -> Rows[Any]:
        """The visible rows of a kind."""
        rows: Rows[Any] = getattr(self, _ROWS_OF[kind])
        return rows


@cache
def _statement(model: type[Row], condition: str, first: int) -> str:
    return (
        f"SELECT {columns(model, 'seen')} FROM {model._meta.db_table} AS seen "
        f"WHERE {policies.sql_condition(model.kind, 'seen', first)} AND {condition}"
    )


_ROWS_OF = {
    Kind.FIRM: "firms",
    Kind.MEMBER: "members",
    Kind.TAG: "tags",
    Kind.ACCOUNT: "accounts_seen",
    Kind.PIPELINE: "pipelines_seen",
    Kind.STAGE: "stages",
    Kind.STATUS: "statuses",
    Kind.CLIENT_STATUS: "client_statuses",
    Kind.JOB: "jobs",
    Kind.TASK: "tasks",
    Kind.TIME_ENTRY: "time_entries",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in member: who they are, and what they may see."""

    member_id: UUID
    role: Role
    scope: Scope
    revision: int
    """The firm's revision when this was read."""
    epoch: UUID
    time_zone: str
    session_id: UUID | None = field(default=None, compare=False)

    @property
    def time_entries(self) -> Rows[TimeEntry]:
        """The member's own time entries always, and others' as the scope says."""
        return Rows(TimeEntry, self.scope, self.member_id)

    def of_kind(self, kind: Kind) -> Rows[Any]:
        """The visible rows of a kind, the viewer's own time entries among them."""
        return self.time_entries if kind is Kind.TIME_ENTRY else self.scope.of_kind(kind)
