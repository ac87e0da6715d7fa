"""Tidying up, every few minutes, by whichever worker is there. Each task is safe to repeat and to miss."""

from datetime import UTC, datetime, timedelta

import structlog
from docket import Perpetual

from models.housekeeping import prune_idempotency_keys
from models.sign_in import sweep_sessions as sweep

log = structlog.get_logger("jobwire.worker")

AGAIN = Perpetual(every=timedelta(minutes=5), automatic=True)


async def prune_keys(_again: Perpetual = AGAIN) -> None:
    """Forget old idempotency keys."""
    if pruned := await prune_idempotency_keys(datetime.now(UTC)):
        log.info("idempotency_keys.pruned", number=pruned)


async def sweep_sessions(_again: Perpetual = AGAIN) -> None:
    """Delete sessions that ended a while ago, old counts of sign-in attempts, expired signing keys."""
    await sweep(datetime.now(UTC))


#: Named to the worker as "workers.housekeeping:TASKS".
TASKS = (prune_keys, sweep_sessions)
