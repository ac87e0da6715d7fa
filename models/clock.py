"""The time, in UTC. Nothing depends on the zone of the server's clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def today_in(time_zone: str) -> date:
    """The present date in a time zone of the IANA database."""
    return now().astimezone(ZoneInfo(time_zone)).date()
