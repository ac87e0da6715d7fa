"""Lines of the log about what somebody outside can cause: each thing once, and not many at a time."""

from __future__ import annotations

from time import monotonic

from transport.errors import log
from transport.rate import TokenBucket

_MOST_NAMES = 256
_MOST_LETTERS = 200
_RATE, _BURST = 0.1, 20  # lines a second, and at once


class Notices:
    """Remembers of what it has told. Whoever sends new names without end is told of a few times a minute."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, str], None] = {}
        self._bucket = TokenBucket(_RATE, _BURST, monotonic())

    def __len__(self) -> int:
        """How many it remembers."""
        return len(self._told)

    def tell(self, event: str, name: str, **more: str) -> None:
        """Log a warning about this name, unless that was done before. The name may be anybody's text."""
        key = (event, printable(name))
        if key in self._told or not self._bucket.take(monotonic()):
            return
        if len(self._told) >= _MOST_NAMES:
            del self._told[next(iter(self._told))]
        self._told[key] = None
        log.warning(event, name=key[1], **more)


def printable(text: str) -> str:
    """The text in printable ASCII, cut to what a line of a log bears."""
    return text[:_MOST_LETTERS].encode("ascii", "backslashreplace").decode("ascii").translate(_ESCAPES)


_ESCAPES = {number: f"\\x{number:02x}" for number in (*range(32), 127)}
