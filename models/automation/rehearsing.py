"""What follows by itself from a change that will be undone: all that it sets off is made, by the commands that are
called when it is made in earnest. So what is foreseen is what then happens.

See docs/decisions/0090-runs-of-automations.md."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
from tortoise.transactions import in_transaction

from models.actor import Actor, causer_of
from models.automation.follower import Automations, evaluation
from models.automation.running import expect_short_chain, fail_automation_run, failure_of, perform, run_automation
from models.command import Change, authority
from models.events import Event
from models.followers.follower import Planned
from models.log import Committed, committed_as
from models.stamps import stamping

#: So many steps are followed at most.
MOST_STEPS = 100


@dataclass(slots=True)
class Rehearsal:
    """What follows from a change that is being made. `in_time` says whether there is time for one step more: the rows
    that are touched are held meanwhile."""

    change: Change
    in_time: Callable[[], bool]
    #: All that happened, in order, the change itself first.
    events: list[Event] = field(default_factory=list)
    #: Whether it was followed to its end.
    complete: bool = True
    _follower: Automations = field(default_factory=Automations)
    _due: deque[tuple[Committed, Planned]] = field(default_factory=deque)
    _revision: int = field(init=False)

    def __post_init__(self) -> None:
        self._revision = self.change.revision

    async def follow(self) -> None:
        """Let happen what the change sets off, and what that does: one step after the other, as workers do."""
        await self._hear(self.change.actor, self.change.events)
        for _ in range(MOST_STEPS):
            if not self._due or not self.in_time():
                break
            await self._act(*self._due.popleft())
        self.complete = not self._due

    async def _hear(self, actor: Actor, events: Sequence[Event]) -> None:
        self.events += events
        if events:
            # As if it were committed. No revision is raised: whoever makes one in earnest would wait for that.
            self._revision += 1
            committed = committed_as(actor, self._revision, events, self.change.now)
            self._due.extend((committed, planned) for planned in await self._follower.plan(committed))

    async def _act(self, cause: Committed, planned: Planned) -> None:
        (first, *_) = cause.events
        causer = causer_of(first.actor, first.hops)
        actor = Actor.automation(cause.firm_id, planned.label, cause.revision, first.hops + 1, causer)
        try:
            async with in_transaction():
                events = await self._made(actor, planned)
        except asyncpg.LockNotAvailableError:
            raise  # Somebody is changing something of it just now.
        except Exception as error:
            if (run := planned.data.get("run")) is None:
                raise
            reason, message = failure_of(error)
            change = await self._begin(actor)
            with stamping(change.now, None):
                await fail_automation_run.within(change, run_id=UUID(run), reason=reason, message=message)
            events = change.events
        await self._hear(actor, events)

    async def _made(self, actor: Actor, planned: Planned) -> Sequence[Event]:
        change = await self._begin(actor)
        with stamping(change.now, None):
            if (run := planned.data.get("run")) is not None:
                expect_short_chain(actor)
                await perform(change, UUID(run))
            else:
                does, values = evaluation(planned.data)
                await does.within(change, **values, quota=None)
        return change.events

    async def _begin(self, actor: Actor) -> Change:
        return await authority(actor.acting_at(self.change.now), run_automation.action)
