"""Where a call comes from, as far as it matters to what may be asked how often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Caller:
    """The network that a call comes from and the session that it is made in, if any; whether its caller has left, which
    may become true at any moment; and for how many seconds they had to wait already, in whatever line."""

    network: str
    session_id: UUID | None = None
    has_left: Callable[[], bool] = field(default=_never, compare=False, repr=False)
    waited: float = field(default=0.0, compare=False)

    @property
    def address(self) -> str | None:
        """The address that they call from, of IPv6 the network; None where they have none, as the process itself."""
        return self.network if self.network and self != OURSELVES else None


#: The process itself: a command in the terminal, the demo. Nobody else is served by it, so it waits for nobody.
OURSELVES = Caller("ourselves")
