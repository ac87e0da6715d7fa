"""The time, in UTC. Nothing depends on the zone of the server's clock."""

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

import structlog

from common import time_zones

log = structlog.get_logger(__name__)


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


@lru_cache(maxsize=10_000)
def zone(time_zone: str) -> tzinfo:
    """The zone of a stored name. One that this server does not know, stored by another version, is a fault that is
    logged once; its firm's day is then that of UTC, and everything else goes on."""
    found = time_zones.find(time_zone)
    if found is None:
        log.error("time_zone.unknown", time_zone=time_zone)
    return found or UTC


def day_in(time_zone: str, moment: datetime) -> date:
    """The date in a time zone at a moment."""
    return moment.astimezone(zone(time_zone)).date()


def today_in(time_zone: str) -> date:
    """The present date in a time zone."""
    return day_in(time_zone, now())
