"""What a viewer may see, as a value; and the rows seen through it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from models import policies
from models.audiences import Audience
from models.database import sql
from models.errors import NotFound
from models.grants import Grant
from models.ids import Kind, encode
from models.position import Position, Positioned
from models.reasons import Reason
from models.records import columns, read
from models.rights import ALL_RIGHTS, Right, Role
from models.rows import Row, model_of
from models.rows.names import row_class

R = TypeVar("R", bound=Row)
Ids = frozenset[UUID]


class Rows(Generic[R]):
    """The rows of one kind that a scope may see, and a member's own. What it may not see does not exist here."""

    __slots__ = ("_member", "_model", "_policy", "_scope")

    def __init__(self, model: type[R], scope: "Scope", member: UUID | None = None) -> None:
        self._model: type[R] = row_class(model)
        self._scope = scope
        self._member = member
        self._policy = self._model.policy.of(scope.audience)

    @property
    def visible(self) -> Q:
        """The condition of the visible rows."""
        return policies.orm_condition(self._policy, self._scope, self._member)

    def where(self, *conditions: Q, **equal: Any) -> QuerySet[R]:
        """A query over the visible rows."""
        return self._model.filter(self.visible, *conditions, **equal)

    async def find(self, id: UUID) -> R | None:
        """The row, or None."""
        return await self.where(id=id).first()

    async def get(self, id: UUID, *path: str) -> R:
        """The row, or `NotFound`."""
        return self._found(await self.find(id), id, path)

    async def many(self, ids: Iterable[UUID]) -> dict[UUID, R]:
        """Those of the rows that are visible, by id, in one statement; as records, to be read and no more."""
        wanted = set(ids)
        return {row.id: row for row in await self.read("seen.id = ANY($1)", wanted)} if wanted else {}

    async def read(self, condition: str, *values: Any) -> list[R]:
        """The visible rows under a condition of SQL that calls them `seen`, as records. An ORDER BY may follow it."""
        statement = _statement(self._model, self._policy, condition, len(values) + 1)
        return await read(self._model, statement, *values, *self.values)

    def condition(self, row: str, first: int) -> str:
        """`visible` in SQL, with its `values` from the place `first` on; the same for every scope."""
        return policies.sql_condition(self._policy, row, first)

    @property
    def values(self) -> Sequence[Any]:
        """What the `condition` in SQL compares with."""
        return policies.sql_values(self._policy, self._scope, self._member)

    async def lock(self, id: UUID, *path: str) -> R:
        """The row, held until the transaction ends, or `NotFound`."""
        rows = await self._locked("seen.id = $1", id)
        return self._found(rows[0] if rows else None, id, path)

    async def share(self, id: UUID, *path: str) -> R:
        """As `lock`, beside others who hold it so: for what is to stay as it is, and is not changed."""
        rows = await self._locked("seen.id = $1", id, "SHARE")
        return self._found(rows[0] if rows else None, id, path)

    async def lock_many(self, ids: Iterable[UUID]) -> dict[UUID, R]:
        """The visible rows, by id, held until the transaction ends; locked in the order of their ids, so that two
        bulk calls cannot wait for each other."""
        return {row.id: row for row in await self._locked("seen.id = ANY($1) ORDER BY seen.id", list(set(ids)))}

    async def _locked(self, condition: str, value: Any, strength: str = "NO KEY UPDATE") -> list[R]:
        # A statement that is always the same: to have the ORM write it anew took a third of what a move took.
        # NO KEY: nothing here changes an id, and a foreign key that points at the row must not have to wait.
        statement = f"{_statement(self._model, self._policy, condition, 2)} FOR {strength} OF seen"
        rows = await sql(statement, value, *self.values)
        if rows and self._policy.accounts is not None:
            # Where it is, other rows say, and who waited read these before. They stay as they are while it is held.
            rows = await sql(statement, value, *self.values)
        return [self._model._init_from_db(**row) for row in rows]

    def _found(self, row: R | None, id: UUID, path: tuple[str, ...]) -> R:
        if row is None:
            raise not_found(self._model.kind, id, *path)
        return row


def not_found(kind: Kind, id: UUID, *path: str | int) -> NotFound:
    """The refusal of an id of which there is nothing, or nothing that may be seen."""
    told = f"There is no such {kind.spoken}, or you may not see it."
    return NotFound(told, *path, reason=Reason.NOT_FOUND, kind=kind.value, id=encode(kind, id))


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, as far as seeing it goes: at an account, in a pipeline. None asks for nothing."""

    account: UUID | None = None
    pipeline: UUID | None = None


#: The account of what may be at accounts and is at none: no scope has it, but those that see every account.
NO_ACCOUNT = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer may see in a firm. A value without the viewer's id: equal scopes are one.

    `accounts` and `pipelines` are the visible ones; None means all of the firm's. Of these places each `audience` sees
    what says that it is for it.
    """

    firm_id: UUID
    audience: Audience
    rights: frozenset[Right]
    accounts: Ids | None
    pipelines: Ids | None

    @classmethod
    def of(cls, firm_id: UUID, role: Role, rights: frozenset[Right], accounts: Ids, pipelines: Ids) -> "Scope":
        """The scope of a member with this role, these effective rights, assigned accounts and available pipelines."""
        return cls(
            firm_id,
            Audience.TEAM,
            rights,
            None if Right.VIEW_ALL_ACCOUNTS in rights else accounts,
            None if role is not Role.EMPLOYEE else pipelines,
        )

    @classmethod
    def whole(cls, firm_id: UUID) -> "Scope":
        """Everything of a firm: what an admin, an automation and a schedule see."""
        return cls(firm_id, Audience.TEAM, ALL_RIGHTS, None, None)

    @classmethod
    def of_client(cls, firm_id: UUID, accounts: Ids) -> "Scope":
        """What a client sees of these accounts of theirs: no pipeline, and nothing by right."""
        return cls(firm_id, Audience.CLIENT, frozenset(), accounts, frozenset())

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
    def sees_all_jobs(self) -> bool:
        """Whether there is no job of the firm that is not visible."""
        return self.accounts is None and self.pipelines is None

    @property
    def gates(self) -> frozenset[Right]:
        """The rights that withhold fields or events, as opposed to rows."""
        return self.rights - {Right.VIEW_ALL_ACCOUNTS}

    def rows(self, model: type[R]) -> Rows[R]:
        """The rows of a kind that are visible to whoever has this scope; nobody's own among them."""
        return Rows(model, self)

    def of_kind(self, kind: Kind) -> Rows[Any]:
        """As `rows`, of a kind that is known only now: of an id, say."""
        return self.rows(model_of(kind))


@cache
def _statement(model: type[Row], policy: policies.Policy, condition: str, first: int) -> str:
    return (
        f"SELECT {columns(model, 'seen')} FROM {model._meta.db_table} AS seen "
        f"WHERE {policies.sql_condition(policy, 'seen', first)} AND {condition}"
    )


@dataclass(frozen=True, slots=True)
class Viewer(Positioned):
    """Who is signed in, and what they may see: a member, or a client's contact, whose id is then the `member_id`."""

    member_id: UUID
    role: Role
    scope: Scope
    position: Position
    """Where the firm's log was when this was read."""
    time_zone: str
    session_id: UUID | None = field(default=None, compare=False)
    grant: Grant | None = None
    """What the personal token that they come with grants; None for who has signed in. The role is then EMPLOYEE."""

    @property
    def token_id(self) -> UUID | None:
        """The personal token that they come with."""
        return self.grant.token_id if self.grant is not None else None

    def rows(self, model: type[R]) -> Rows[R]:
        """The rows of a kind that are visible to the viewer: their own always, where a kind has an owner, and others'
        as the scope says."""
        return Rows(model, self.scope, self.member_id)

    def of_kind(self, kind: Kind) -> Rows[Any]:
        """As `rows`, of a kind that is known only now."""
        return self.rows(model_of(kind))
