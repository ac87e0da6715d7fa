"""Followers that tests make of what they are given."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.command import Outcome
from models.database import sql
from models.followers.follower import Planned, Run
from models.log import Committed
from workers.following import Following

Act = Callable[[Actor, Run], Awaitable[Outcome[Any] | None]]


async def nothing(_actor: Actor, _run: Run) -> None:
    """For a follower that plans nothing."""


@dataclass
class Told:
    """Notes what it hears, plans what it is given, and acts as it is told."""

    plans: Callable[[Committed], Sequence[Planned]] = lambda _: ()
    acts: Act = nothing
    name: str = "told"
    heard: list[tuple[UUID, int]] = field(default_factory=list)

    async def plan(self, committed: Committed) -> Sequence[Planned]:
        """In the transaction of the cursor; the database has it, too, if it is committed."""
        planned = self.plans(committed)
        self.heard.append((committed.firm_id, committed.revision))
        await sql("INSERT INTO heard (firm_id, revision) VALUES ($1, $2)", committed.firm_id, committed.revision)
        return planned

    async def act(self, actor: Actor, run: Run) -> Outcome[Any] | None:
        """As it is told."""
        return await self.acts(actor, run)

    def following(self) -> Following:
        """It, as a worker process has it."""
        return Following({self.name: self})


async def go_on_to_the_end(*following: Following) -> None:
    """Until there is nothing more to do for any of them."""
    while any([await each.go_on() for each in following]):
        pass


async def heard(firm_id: UUID) -> list[int]:
    """What was committed of what was heard of a firm, in order."""
    rows = await sql("SELECT revision FROM heard WHERE firm_id = $1 ORDER BY place", firm_id)
    return [row["revision"] for row in rows]
