"""What recurrences have to make by now: each worker process does its part of it, for as long as it runs.

Whatever crashes, each account has one job of an occurrence: what says that it was made is written with it. What a
worker did not come to is due still, and made in order."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from models.actor import Actor
from models.database_errors import AWAY
from models.errors import NotFound, Refusal
from models.recurrences.due import Due, due, left_to_make
from models.recurrences.occurrences import make_occurrence, refuse_occurrence
from workers.rounds import Round
from workers.waits import Waits

#: In seconds: between two looks at what is due. It is due by the minute.
GLANCE = 5.0
#: So many recurrences are looked at at a time, and so many jobs of one made before those of the next.
RECURRENCES, JOBS = 50, 50

log = structlog.get_logger("jobwire.worker")


def recurrences_round() -> Round:
    """The round of a worker that makes what is due."""
    return Round("recurrences", Recurring().go_on, GLANCE)


@dataclass(slots=True)
class Recurring:
    """The recurrences of all firms, as one process looks after them."""

    _waits: Waits = field(default_factory=Waits)

    async def go_on(self, now: datetime | None = None) -> bool:
        """Make a part of what is due by now. Whether there may be more."""
        by = datetime.now(UTC) if now is None else now
        left_alone, more = self._waits.present(), False
        found = await due(by, RECURRENCES)
        # Each process in an order of its own, so that they seldom meet.
        for each in random.sample(found, len(found)):
            pair = "recurrences", each.recurrence_id
            if pair in left_alone:
                continue
            try:
                more |= await make_some(each, by)
            except AWAY:
                raise
            except Exception:  # a fault of ours: other firms do not wait for its remedy
                wait = self._waits.add(pair)
                log.exception("recurrence.fault", recurrence=str(each.recurrence_id), retry_in=wait)
            else:
                self._waits.forget(pair)
        return more


async def make_some(each: Due, by: datetime) -> bool:
    """Make the jobs of the first occurrence of a recurrence that is due, or some of them. Whether there may be more."""
    left = await left_to_make(each, by, JOBS)
    if left is None:
        return False
    actor = Actor.schedule(each.firm_id, each.label)
    done = not left.accounts
    for account_id in random.sample(left.accounts, len(left.accounts)):
        made: dict[str, Any] = {"recurrence_id": each.recurrence_id, "account_id": account_id, "day": left.day}
        try:
            outcome = await make_occurrence(actor, **made, by=by)
        except NotFound:
            return False  # It was deleted meanwhile.
        except Refusal as refusal:
            log.warning("recurrence.refused", recurrence=str(each.recurrence_id), reason=refusal.reason)
            outcome = await refuse_occurrence(actor, **made, reason=refusal.message)
        done |= outcome.value is not None
    return done
