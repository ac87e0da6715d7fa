"""Following the logs: each worker process does its part of it, a firm at a time."""

import random
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog

from models.database_errors import AWAY
from models.errors import Refusal
from models.followers.cursors import Progress, Stopped, advance, behind, register, settle, stop
from models.followers.follower import Follower, Run
from models.followers.runs import BeingDone, NotYet, actor_of, due, fail, fail_uncalled, next_runs, skip
from models.formats import LaterFormat
from workers.rounds import Round
from workers.waits import Waits

#: So many firms are looked at at a time, and so many runs of one are done before those of the next.
FIRMS, RUNS = 100, 20

log = structlog.get_logger("jobwire.worker")


#: Lets some worker follow this firm soon. Whether that could be said to them.
HandOver = Callable[[UUID], Awaitable[bool]]


async def to_nobody(_firm_id: UUID) -> bool:
    """Where there is nobody to hand a firm over to."""
    return False


@dataclass(slots=True)
class Following:
    """The followers of one process, by name, and how it goes on with them. Any number of processes may, at the same
    time, and any of them may be killed."""

    followers: dict[str, Follower]
    hand_over: HandOver = to_nobody
    _registered: bool = False
    #: The firms that are followed here just now.
    _in_hand: set[UUID] = field(default_factory=set)
    #: How far the firms were that the last look has found.
    _found: dict[UUID, Hashable] = field(default_factory=dict)
    _waits: Waits = field(default_factory=Waits)
    _waits_to_act: Waits = field(default_factory=Waits)

    async def register(self) -> None:
        """Make them known. What the logs have by then is nothing to those that are new."""
        if new := await register(self.followers, datetime.now(UTC)):
            log.info("follower.registered", names=new)
        self._registered = True

    def round(self) -> Round:
        """What a worker does by itself, whether anybody rings or not."""
        return Round("followers", self.go_on)

    async def go_on(self) -> bool:
        """Look where there is something to do, and do it for a while, or let somebody else. Whether there is more."""
        if not self._registered:
            await self.register()
        found, known = await self._look(), self._found
        self._found = found
        more = len(found) >= FIRMS
        # Each process in an order of its own, so that they seldom meet.
        for firm_id in random.sample(list(found), len(found)):
            # Where nobody has come any further since the last look, nobody is at it, whatever was said to them.
            moves = known.get(firm_id) != found[firm_id]
            if not (moves and await self.hand_over(firm_id)):
                more |= await self.go_on_in(firm_id)
        return more

    async def _look(self) -> dict[UUID, Hashable]:
        """The firms in which somebody is behind, or has something to do, and how far they are there."""
        late = await behind(self.followers, but=self._waits.present(), limit=FIRMS)
        found: dict[UUID, Hashable] = {firm.firm_id: firm.revisions for firm in late}
        for _, run in await due(self.followers, but=self._waits_to_act.present(), limit=FIRMS):
            found[run.firm_id] = found.get(run.firm_id), run.id
        return found

    async def go_on_in(self, firm_id: UUID) -> bool:
        """Let everybody plan and act in a firm for a while. Whether there is more to do there."""
        if firm_id in self._in_hand:
            return False  # Whoever has it goes on until there is nothing more.
        self._in_hand.add(firm_id)
        try:
            return await self._go_on_in(firm_id)
        finally:
            self._in_hand.discard(firm_id)

    async def _go_on_in(self, firm_id: UUID) -> bool:
        steps = [await self._plan(each, firm_id) for each in self._ready(self._waits, firm_id)]
        acted = [await self._act_in_order(each, firm_id) for each in self._ready(self._waits_to_act, firm_id)]
        if any(acted) or Progress.MOVED in steps:
            return True
        if len(steps) == len(self.followers) and all(step is Progress.AT_THE_END for step in steps):
            await settle(firm_id)
        return False

    def _ready(self, waits: Waits, firm_id: UUID) -> list[Follower]:
        left_alone = waits.present()
        return [each for name, each in self.followers.items() if (name, firm_id) not in left_alone]

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

    async def _act_in_order(self, follower: Follower, firm_id: UUID) -> bool:
        """Whether something was done."""
        acted = []
        for run in await next_runs(follower.name, firm_id, limit=RUNS):
            # Another process may be at it, or may have done it meanwhile: it is then known as done.
            if not await self._act(follower, run):
                break
            acted.append(run)
        if acted:
            await fail_uncalled(acted)
        return bool(acted)

    async def _act(self, follower: Follower, run: Run) -> bool:
        """Whether it has ended."""
        pair = follower.name, run.firm_id
        try:
            if await follower.act(actor_of(run), run) is None:
                await skip(run)
        except BeingDone:
            return False
        except NotYet as wait_for:
            self._waits_to_act.until(pair, wait_for.until)
            return False
        except LaterFormat as later:
            wait = self._waits_to_act.add(pair)
            told = {"follower": follower.name, "firm": str(run.firm_id), "reason": str(later)}
            log.warning("follower.run_waits", **told, run=str(run.id), retry_in=wait)
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
