"""What a worker looks after for as long as it runs: it asks what is due, does it, and looks again a moment later."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NoReturn

import structlog

from models.database_errors import AWAY

#: In seconds: between two looks, while nothing is due.
GLANCE = 1.0

log = structlog.get_logger("jobwire.worker")


@dataclass(frozen=True, slots=True)
class Round:
    """Something that becomes due. `go_on` asks one indexed question, whose cost depends on what is due and not on what
    there is, does a bounded part of what it finds, and says whether there may be more. Any number of processes do so at
    the same time, and each may be killed in it, or paused: what was taken by another one is left to it."""

    name: str
    go_on: Callable[[], Awaitable[bool]]
    #: In seconds: between two looks, while nothing is due and nobody rings.
    glance: float = GLANCE
    #: Set by whoever knows that something is due: the next look is at once.
    rung: asyncio.Event = field(default_factory=asyncio.Event)


async def keep_going(each: Round) -> NoReturn:
    """Look after it. Neither a database that is away nor a fault ends that: what is due stays due."""
    while True:
        more = False
        # Who rings from here on may mean what this look does not find any more.
        each.rung.clear()
        try:
            more = await each.go_on()
        except AWAY as error:
            log.warning("worker.database_away", round=each.name, reason=type(error).__name__)
        except Exception:  # nothing must end it
            log.exception("worker.fault", round=each.name)
        if not more:
            await _rung_or_glance(each)


async def _rung_or_glance(each: Round) -> None:
    try:
        async with asyncio.timeout(each.glance):
            await each.rung.wait()
    except TimeoutError:
        pass
