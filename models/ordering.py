"""A place among a few rows that people put into an order: stages of a pipeline, automations of a trigger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.ids import Kind
from models.order import LONGEST_KEY, between, spread
from models.reasons import Reason
from models.rows import Row
from models.stamps import raised, stamp

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Ordered(Generic[R]):
    """Rows of a class in orders of their own, which their `position` keeps: each is in one, of which it never leaves.

    Whoever places one holds what all of its order belong to, so that they come one after the other."""

    model: type[R]
    #: What all of one order belong to, and what people read where a neighbour is of another one.
    belongs_to: Kind
    elsewhere: str
    #: Records that one got another place.
    tell: Callable[[Change, R], None]

    @property
    def fields(self) -> tuple[str, str]:
        """The fields that name a neighbour: before, and after which."""
        return f"before_{self.model.kind}_id", f"after_{self.model.kind}_id"

    def expect_one_neighbour(self, before: UUID | None, after: UUID | None) -> None:
        """`Invalid` where a place is named twice."""
        if before is not None and after is not None:
            of_before, of_after = self.fields
            told = f"Say either before or after which {self.model.kind.spoken}, not both."
            raise Invalid(told, of_before, reason=Reason.ONLY_ONE, field=of_after)

    async def place(
        self, change: Change, row: R, others: Sequence[R], *, before: UUID | None, after: UUID | None
    ) -> int:
        """At which place among the others it comes: before or after one of them, or last."""
        self.expect_one_neighbour(before, after)
        of_before, of_after = self.fields
        if row.id in (before, after):
            told = f"{_article(self.model.kind)} cannot be placed beside itself."
            raise Invalid(told, of_after if after else of_before, reason=Reason.ITSELF)
        if before is not None:
            return await self._index(change, others, before, of_before)
        if after is not None:
            return await self._index(change, others, after, of_after) + 1
        return len(others)

    async def _index(self, change: Change, others: Sequence[R], id: UUID, field: str) -> int:
        for index, other in enumerate(others):
            if other.id == id:
                return index
        await change.scope.rows(self.model).get(id, field)
        raise RuleBroken(self.elsewhere, field, reason=Reason.ELSEWHERE, kind=self.belongs_to.value)

    async def position(self, change: Change, others: Sequence[Any], place: int) -> str:
        """A position key at this place among the others."""
        lower = others[place - 1].position if place > 0 else None
        upper = others[place].position if place < len(others) else None
        if lower is None or upper is None or lower < upper:
            key = between(lower, upper)
            if len(key) <= LONGEST_KEY:
                return key
        keys = spread(len(others) + 1)
        key = keys.pop(place)
        await self._spread_anew(change, others, keys)
        return key

    async def _spread_anew(self, change: Change, rows: Sequence[R], keys: Sequence[str]) -> None:
        # Rare: only after hundreds were put into the same gap.
        table = self.model._meta.db_table
        await sql(
            f"UPDATE {table} SET position = placed.position, {raised(3)} "
            f"FROM unnest($1::uuid[], $2::text[]) AS placed(id, position) WHERE {table}.id = placed.id",
            [row.id for row in rows],
            list(keys),
            *stamp(),
        )
        for row in rows:
            self.tell(change, row)


def _article(kind: Kind) -> str:
    return f"{'An' if kind.spoken[0] in 'aeiou' else 'A'} {kind.spoken}"
