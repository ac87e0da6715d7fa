"""How often, and how long: the times that keep boards live."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    #: How often the heads of all feeds are checked: how late a change can be with Redis down.
    sweep: float = 1.0
    #: How often it is checked that sessions have not ended and that keys are good. Clients and operators are promised
    #: that what rests on others is closed within a minute.
    sessions: float = 5.0
    #: How long a feed may go unconfirmed before what it has is held back.
    hold_after: float = 5.0
    #: The longest silence of a stream: then a message without events moves the cursor.
    heartbeat: float = 20.0


#: What servers run at.
PACE = Pace()
