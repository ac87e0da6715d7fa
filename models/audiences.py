"""For whom something is at all: the firm's own team, or its clients."""

from enum import StrEnum


class Audience(StrEnum):
    """A kind of viewer. What does not say that it serves clients serves the team alone: rows by their policy, events,
    what an action or a field requires, a schema."""

    TEAM = "TEAM"
    CLIENT = "CLIENT"


#: For whom everything is that does not say otherwise.
TEAM_ONLY = frozenset({Audience.TEAM})
CLIENTS = frozenset({Audience.CLIENT})
