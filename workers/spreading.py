"""Firms in which something happened, spread over the workers by docket on Redis.

Each worker hears of each of them, and lets one task be known for it: whichever worker takes that follows the firm. It
is a matter of speed alone. Where Redis loses something, or is away, the workers find the firm in the database.

See docs/decisions/0093-workers-hear-the-bell.md.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn
from uuid import UUID

import structlog
from docket import Docket
from docket.execution import Disposition, TaskCall

from models.database_errors import AWAY

#: In seconds: how long Redis may take to be told of firms.
PATIENCE = 1.0
#: In seconds: what comes within so long is told of at once. The first is told of without a wait.
PAUSE = 0.005
#: In seconds: so long a task may still be known that has ended. Who is heard of meanwhile needs another in its place.
KNOWN_FOR = 0.1
#: So many turns of a firm one after the other. Then others have theirs.
TURNS = 20
TASK = "follow_firm"

log = structlog.get_logger("jobwire.worker")


@dataclass(slots=True)
class Spread:
    """What one worker knows of it. `go_on_in` follows a firm for a while, and says whether there is more to do."""

    go_on_in: Callable[[UUID], Awaitable[bool]]
    #: Where tasks are told of.
    _docket: Docket | None = None
    #: Whether Redis took what it was told last, or has been heard since.
    _answers: bool = False
    _is_ending: bool = False
    #: The firms to tell of.
    _rung: set[UUID] = field(default_factory=set)
    _wakes: asyncio.Event = field(default_factory=asyncio.Event)
    #: Those that are followed here just now, and those of them that somebody rang for meanwhile.
    _in_hand: set[UUID] = field(default_factory=set)
    _again: set[UUID] = field(default_factory=set)
    #: Those that have been, until when their task may still be known.
    _ended: dict[UUID, float] = field(default_factory=dict)

    def offer(self, docket: Docket) -> None:
        """Let this docket have the task. Its worker runs here."""
        docket.register(self._follow_firm, [TASK])
        self._docket, self._answers = docket, True
        self._wakes.set()

    def lose(self) -> None:
        """That docket is not to be used any more."""
        self._docket = None

    def end(self) -> None:
        """Take up nothing more."""
        self._is_ending = True

    def heard(self, firm_id: UUID) -> None:
        """Something happened in this firm: so Redis says. Never blocks, never fails."""
        self._answers = True
        self._tell_soon(firm_id)

    def _tell_soon(self, firm_id: UUID) -> None:
        if firm_id in self._in_hand:
            self._again.add(firm_id)
        else:
            self._rung.add(firm_id)
            self._wakes.set()

    async def hand_over(self, firm_id: UUID) -> bool:
        """Let one of the workers follow this firm soon. Whether they have been told."""
        return firm_id in self._in_hand or await self._tell({firm_id})

    async def keep_telling(self) -> NoReturn:
        """Tell the workers of what was heard."""
        while True:
            await self._wakes.wait()
            self._wakes.clear()
            if self._docket is None:
                continue  # What is heard meanwhile waits for one.
            rung, self._rung = self._rung, set()
            await self._tell(rung)
            await asyncio.sleep(PAUSE)

    async def _tell(self, firms: set[UUID]) -> bool:
        docket = self._docket
        if docket is None or not self._answers:
            return False
        now = asyncio.get_running_loop().time()
        self._ended = {firm_id: until for firm_id, until in self._ended.items() if until > now}
        known = firms & self._ended.keys()
        try:
            async with asyncio.timeout(PATIENCE):
                told = await docket.add_many(_tasks(docket, firms - known))
                told += await docket.replace_many(_tasks(docket, known))
        except Exception as error:  # whatever it is: who is behind is found without it
            log.warning("worker.unspread", reason=type(error).__name__, firms=len(firms))
            self._answers = False
            return False
        return all(each.disposition is not Disposition.FAILED for each in told)

    async def _follow_firm(self, firm: str) -> None:
        """What the task is: its firm is followed until there is nothing more to do."""
        firm_id = UUID(firm)
        if firm_id in self._in_hand:  # of a task of before: Redis has begun anew meanwhile
            self._again.add(firm_id)
            return
        self._in_hand.add(firm_id)
        try:
            more = await self._take_turns(firm_id)
        finally:
            self._in_hand.discard(firm_id)
            self._ended[firm_id] = asyncio.get_running_loop().time() + KNOWN_FOR
        if more or firm_id in self._again:
            self._again.discard(firm_id)
            self._tell_soon(firm_id)

    async def _take_turns(self, firm_id: UUID) -> bool:
        try:
            for _ in range(TURNS):
                self._again.discard(firm_id)
                if not await self.go_on_in(firm_id) and firm_id not in self._again:
                    return False
                if self._is_ending:
                    break
        except AWAY as error:
            log.warning("worker.database_away", firm=str(firm_id), reason=type(error).__name__)
            return False
        except Exception:  # it is still behind: a look into the database finds it
            log.exception("worker.fault", firm=str(firm_id))
            return False
        return True


def _tasks(docket: Docket, firms: Iterable[UUID]) -> list[TaskCall]:
    return [docket.call(TASK, key=f"{TASK}:{firm_id}")(str(firm_id)) for firm_id in firms]
