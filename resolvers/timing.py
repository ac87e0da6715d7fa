"""The clock of one operation, and what the answer has to do with time: how long it is good is known by what was asked
here."""

from datetime import date, datetime

from models import clock


class Timing:
    """One moment for a whole operation, taken when somebody first asks for it. An answer for which nobody asked is the
    same at any time."""

    def __init__(self) -> None:
        self._moment: datetime | None = None
        #: The day of the firm that the answer is of; None for any.
        self.day: date | None = None
        #: Whether the answer is of the moment at which it was made, and of no other.
        self.momentary = False

    @property
    def now(self) -> datetime:
        """The moment of the operation. An answer that has to do with it is given to nobody else."""
        self.momentary = True
        return self._present

    def day_in(self, time_zone: str) -> date:
        """The date in the firm's time zone. An answer that has to do with it is good for that day."""
        self.day = clock.day_in(time_zone, self._present)
        return self.day

    def go_on(self) -> None:
        """Take another moment when somebody asks again: something was done meanwhile."""
        self._moment = None

    @property
    def _present(self) -> datetime:
        if self._moment is None:
            self._moment = clock.now()
        return self._moment
