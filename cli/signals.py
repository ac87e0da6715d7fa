"""Ctrl-C, SIGTERM and a closed terminal all mean the same: end cleanly."""

import signal
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """From now on such a signal raises KeyboardInterrupt, once: those after it must not disturb the clean end."""
    for number in ENDING:
        # Who starts us with nohup wants us to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def ignore_signals() -> None:
    """From now on they do nothing: the end has begun, and takes bounded time."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _end(_number: int, _frame: FrameType | None) -> None:
    ignore_signals()
    raise KeyboardInterrupt
