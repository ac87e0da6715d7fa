"""People at work on the demo firm's boards. What happens to jobs by itself follows from it: a worker does that."""

import asyncio
import random
from uuid import UUID

import structlog

from demo.desk import Desk
from demo.people import OWNER, TEAM, found
from demo.work import DEEDS
from models.actor import Actor
from models.command import settle
from models.errors import Refusal, RuleBroken, SignInRefused
from models.ids import Kind
from models.log import on_commit
from models.reasons import Reason
from subscriptions.bell import Bell

log = structlog.get_logger(__name__)


async def run(*, redis_url: str, rate: float = 2.0, stop: asyncio.Event) -> None:
    """Keep the demo firm busy with about `rate` deeds a second until `stop` is set. Refusals are part of the work;
    faults end it."""
    if rate <= 0:
        raise ValueError(f"The rate must be above 0 deeds a second, and is {rate}.")
    traffic = Traffic(await _firm(), random.Random())
    bell = Bell(redis_url)
    await bell.start_ringing()
    silence = on_commit(bell.ring)
    try:
        await traffic.until(stop, rate)
    finally:
        # A change that is still being made when this is cancelled rings, too.
        await settle()
        silence()
        await bell.stop()
        log.info("traffic.ended", done=traffic.done, refused=traffic.refused)


async def _firm() -> UUID:
    owner = await found(OWNER)
    if owner is None:
        told = "There is no demo firm in this database. Seed it first."
        raise RuleBroken(told, reason=Reason.NONE_YET, kind=Kind.FIRM.value)
    return owner.scope.firm_id


class Traffic:
    """One deed after the other, each by somebody else."""

    def __init__(self, firm_id: UUID, chance: random.Random) -> None:
        self._firm_id = firm_id
        self._chance = chance
        self.done = 0
        self.refused = 0

    async def until(self, stop: asyncio.Event, rate: float) -> None:
        """Deeds at random moments, `rate` a second on average."""
        while not stop.is_set():
            await self.deed()
            try:
                await asyncio.wait_for(stop.wait(), self._chance.expovariate(rate))
            except TimeoutError:
                continue

    async def deed(self) -> None:
        """Somebody does something."""
        try:
            await self._act()
        except (Refusal, SignInRefused) as refusal:
            # Somebody was faster, or may not: a person would be told, and go on.
            self.refused += 1
            log.debug("traffic.refused", reason=str(refusal))

    async def _act(self) -> None:
        desk = await self._somebody()
        job = await desk.some_job() if desk is not None else None
        if desk is None or job is None:
            return  # Whoever it was has nothing to do.
        (deed,) = self._chance.choices(tuple(DEEDS), tuple(DEEDS.values()))
        outcome = await deed(desk, job)
        self.done += outcome is not None

    async def _somebody(self) -> Desk | None:
        seen = await found(self._chance.choice((OWNER, *TEAM)))
        if seen is None or seen.scope.firm_id != self._firm_id:
            return None  # Deactivated, or not of this firm.
        return Desk(Actor.member(self._firm_id, seen.member_id), seen.scope, self._chance)
