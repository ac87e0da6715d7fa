"""What the live part of a process has done so far."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """Plain numbers, read by app/metrics.py."""

    subscribers: int = 0
    """Subscriptions that are served now."""
    cohorts: int = 0
    """Groups of them that are told the same, now."""
    rendered: int = 0
    """Messages that were executed and serialized, each once."""
    sent: int = 0
    """Messages that were handed to subscribers."""
    resumed: int = 0
    """Subscriptions that came back with a cursor."""
    resyncs: int = 0
    """Messages, each for one subscriber, that said to read anew."""
