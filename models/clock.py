"""The time, in UTC. Nothing depends on the zone of the server's clock."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)
