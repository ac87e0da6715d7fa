"""Tidying up, every few minutes, by whichever worker is there. Each task is safe to repeat and to miss."""

from datetime import UTC, datetime, timedelta

import structlog
from docket import Perpetual

from common.settings import Settings
from models.followers.runs import prune_runs
from models.followers.standing import standing_still
from models.housekeeping import prune_idempotency_keys
from models.items.document_trash import empty_trash as empty
from models.items.provider_deliveries import prune_deliveries
from models.partitions import Busy, has_strays, make_partitions, prune_log
from models.sign_in import sweep_sessions as sweep

log = structlog.get_logger("jobwire.worker")

AGAIN = Perpetual(every=timedelta(minutes=5), automatic=True)
# It has something to do once a month, and two months' time for it.
LATER = Perpetual(every=timedelta(hours=1), automatic=True)


async def prune_keys(_again: Perpetual = AGAIN) -> None:
    """Forget old idempotency keys."""
    if pruned := await prune_idempotency_keys(datetime.now(UTC)):
        log.info("idempotency_keys.pruned", number=pruned)


async def prune_provider_deliveries(_again: Perpetual = LATER) -> None:
    """Forget what payment providers told long ago."""
    if pruned := await prune_deliveries(datetime.now(UTC)):
        log.info("provider_deliveries.pruned", number=pruned)


async def empty_trash(_again: Perpetual = LATER) -> None:
    """Delete the documents that have been in the trash for as long as they are kept there."""
    if deleted := await empty(datetime.now(UTC) - timedelta(Settings().trash_kept)):
        log.info("trash.emptied", number=deleted)


async def watch_followers(_again: Perpetual = AGAIN) -> None:
    """Say which followers of the logs stand still, and forget what they did long ago."""
    now = datetime.now(UTC)
    if names := await standing_still(now):
        log.warning("follower.standing", names=names)
    await prune_runs(now)


async def sweep_sessions(_again: Perpetual = AGAIN) -> None:
    """Delete sessions that ended a while ago, old counts of sign-in attempts, expired signing keys."""
    await sweep(datetime.now(UTC))


async def tend_log(_again: Perpetual = LATER) -> None:
    """Make the partitions of the coming months, and drop those that are older than the log is kept, when all followers
    have read them."""
    now, kept = datetime.now(UTC), Settings().log_kept
    try:
        if made := await make_partitions(now):
            log.info("log.partitions_made", names=made)
        if kept is not None and (dropped := await prune_log(now, kept)):
            log.info("log.pruned", names=dropped)
    except Busy as busy:
        log.info("log.busy", reason=str(busy), retry_in=LATER.every.total_seconds())
    if await has_strays():
        log.warning("log.strays")


#: Named to the worker as "workers.housekeeping:TASKS".
TASKS = (empty_trash, prune_keys, prune_provider_deliveries, sweep_sessions, tend_log, watch_followers)
