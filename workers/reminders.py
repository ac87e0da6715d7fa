"""Reminding clients of what they owe: whichever worker is there first."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog

from models.database_errors import AWAY
from models.errors import Refusal
from models.reminding.reminders import due_reminders, remind
from workers.rounds import Round

#: In seconds: between two looks. Nobody waits for a reminder.
GLANCE = 5.0
#: So many at a time.
AT_ONCE = 20
#: In seconds: how long this process leaves one alone that could not be sent.
LEFT_ALONE = 3_600.0

log = structlog.get_logger("jobwire.worker")


def reminders_round() -> Round:
    """Reminding, as a worker looks after it."""
    return Round("reminders", Reminding().go_on, glance=GLANCE)


@dataclass(slots=True)
class Reminding:
    """What one process reminds of."""

    #: By the clock of the event loop, until when.
    _left_alone: dict[UUID, float] = field(default_factory=dict)

    async def go_on(self) -> bool:
        """Send a part of the reminders that are due. Whether there may be more."""
        clock = asyncio.get_running_loop().time()
        self._left_alone = {id: until for id, until in self._left_alone.items() if until > clock}
        due = await due_reminders(datetime.now(UTC), AT_ONCE, but=self._left_alone.keys())
        for reminder_id, firm_id in due:
            try:
                await remind(firm_id, reminder_id)
            except AWAY:
                raise
            except Refusal as refusal:
                self._leave_alone(reminder_id, firm_id, refusal.message)
            except Exception as error:  # a fault of ours: others do not wait for its remedy
                log.exception("reminder.fault", firm=str(firm_id), reminder=str(reminder_id))
                self._leave_alone(reminder_id, firm_id, f"A fault: {type(error).__name__}.")
        return len(due) == AT_ONCE

    def _leave_alone(self, reminder_id: UUID, firm_id: UUID, reason: str) -> None:
        self._left_alone[reminder_id] = asyncio.get_running_loop().time() + LEFT_ALONE
        log.warning("reminder.not_sent", firm=str(firm_id), reminder=str(reminder_id), reason=reason)
