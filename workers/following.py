"""Following the logs: each worker process does its part of it, for as long as it runs."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import structlog

from models.database_errors import AWAY
from models.errors import Refusal
from models.followers.cursors import Progress, Stopped, advance, behind, register, settle, stop
from models.followers.follower import Follower, Run
from models.followers.runs import BeingDone, actor_of, due, fail, next_run, skip

#: In seconds: between two looks at who is behind, while nobody is.
GLANCE = 1.0
#: In seconds: how long a follower that cannot go on in a firm is left alone there, at first and at most.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0
#: So many firms are looked at at a time, and so many runs of one are done before those of the next.
FIRMS, RUNS = 100, 20

log = structlog.get_logger("jobwire.worker")

T = TypeVar("T")
Pair = tuple[str, UUID]


@dataclass(slots=True)
class Waits:
    """Who is left alone, until when, by the clock of the event loop: pairs of a follower and a firm."""

    _until: dict[Pair, tuple[float, float]] = field(default_factory=dict)

    def add(self, pair: Pair) -> float:
        """Leave it alone, longer than last time. Returns the seconds."""
        wait = min(self._until[pair][1] * 2, LONGEST_WAIT) if pair in self._until else SHORTEST_WAIT
        self._until[pair] = (_now() + wait, wait)
        return wait

    def forget(self, pair: Pair) -> None:
        """It goes on."""
        self._until.pop(pair, None)

    def present(self) -> set[Pair]:
        """Those that are left alone just now."""
        now = _now()
        return {pair for pair, (until, _) in self._until.items() if until > now}


async def follow(followers: Sequence[Follower], *, glance: float = GLANCE) -> None:
    """Let the followers hear what is committed, and do what they plan. Never returns. Any number of processes may, at
    the same time, and any of them may be killed."""
    following = Following({follower.name: follower for follower in followers})
    registered = False
    while True:
        more = False
        try:
            if not registered:
                await following.register()
                registered = True
            more = await following.go_on()
        except AWAY as error:
            log.warning("follower.database_away", reason=type(error).__name__)
        except Exception:  # nothing must end it
            log.exception("follower.fault")
        if not more:
            await asyncio.sleep(glance)


@dataclass(slots=True)
class Following:
    """The followers of one process, by name."""

    followers: dict[str, Follower]
    _waits: Waits = field(default_factory=Waits)
    _waits_to_act: Waits = field(default_factory=Waits)

    async def register(self) -> None:
        """Make them known. What the logs have by then is nothing to those that are new."""
        if new := await register(self.followers, datetime.now(UTC)):
            log.info("follower.registered", names=new)

    async def go_on(self) -> bool:
        """Let everybody plan and act for a while. Whether there is more to do."""
        more = False
        # Each process in an order of its own, so that they seldom meet.
        for firm in _shuffled(await behind(self.followers, but=self._waits.present(), limit=FIRMS)):
            steps = [await self._plan(self.followers[name], firm.firm_id) for name in firm.followers]
            more |= Progress.MOVED in steps
            if all(step is Progress.AT_THE_END for step in steps):
                more |= await settle(firm.firm_id)
        left_alone = self._waits_to_act.present()
        for name, run in _shuffled(await due(self.followers, limit=FIRMS)):
            if (name, run.firm_id) not in left_alone:
                more |= await self._act_in_order(self.followers[name], run)
        return more

    async def _plan(self, follower: Follower, firm_id: UUID) -> Progress | None:
        """How it came on; None when it cannot."""
        pair = follower.name, firm_id
        try:
            progress = await advance(follower, firm_id, datetime.now(UTC))
        except Stopped as stopped:
            reason = str(stopped)
        except AWAY:
            raise
        except Exception as error:  # a fault of ours: other firms do not wait for its remedy
            log.exception("follower.fault", follower=follower.name, firm=str(firm_id))
            reason = f"A fault: {type(error).__name__}."
        else:
            if progress is not Progress.TAKEN:
                self._waits.forget(pair)
            return progress
        wait = self._waits.add(pair)
        log.warning("follower.stopped", follower=follower.name, firm=str(firm_id), reason=reason, retry_in=wait)
        await stop(follower.name, firm_id, reason)
        return None

    async def _act_in_order(self, follower: Follower, first: Run) -> bool:
        """Whether something was done."""
        run: Run | None = first
        for _ in range(RUNS):
            if run is None or not await self._act(follower, run):
                break
            run = await next_run(follower.name, first.firm_id)
        return run is not first

    async def _act(self, follower: Follower, run: Run) -> bool:
        """Whether it has ended."""
        pair = follower.name, run.firm_id
        try:
            if await follower.act(actor_of(run), run) is None:
                await skip(run)
            else:
                # Unless it is done, as it should be.
                await fail(run, "No command was called for it.")
        except BeingDone:
            return False
        except Refusal as refusal:
            await fail(run, refusal.message)
        except AWAY as error:
            wait = self._waits_to_act.add(pair)
            log.warning("follower.database_away", reason=type(error).__name__, retry_in=wait)
            return False
        except Exception as error:  # a fault of ours: what comes after it does not wait for its remedy
            log.exception("follower.run_failed", follower=follower.name, firm=str(run.firm_id), run=str(run.id))
            await fail(run, f"A fault: {type(error).__name__}.")
        self._waits_to_act.forget(pair)
        return True


def _shuffled(found: list[T]) -> list[T]:
    return random.sample(found, len(found))


def _now() -> float:
    return asyncio.get_running_loop().time()
