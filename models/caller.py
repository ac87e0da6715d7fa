"""Where a call comes from, as far as it matters to what may be asked how often."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Caller:
    """The network that a call comes from and the session that it is made in, if any; and whether its caller has left,
    which may become true at any moment."""

    network: str
    session_id: UUID | None = None
    has_left: Callable[[], bool] = field(default=_never, compare=False, repr=False)


#: The process itself: a command in the terminal, the demo. Nobody else is served by it, so it waits for nobody.
OURSELVES = Caller("ourselves")
