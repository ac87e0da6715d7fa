"""Ctrl-C, SIGTERM and a closed terminal all mean the same: end cleanly."""

import asyncio
import signal
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """From now on such a signal raises KeyboardInterrupt, once: those after it must not disturb the clean end."""
    for number in ENDING:
        # Who starts us with nohup wants us to outlive the terminal.
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def tell_on_signals(told: asyncio.Event) -> None:
    """From now on such a signal sets the event, on the loop that runs. Nothing is raised: in the middle of a finalizer,
    or of whatever else must not fail, it would be lost, and the process would go on for ever."""
    loop = asyncio.get_running_loop()
    for number in ENDING:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, told.set)


def ignore_signals() -> None:
    """From now on they do nothing: the end has begun, and takes bounded time."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _end(_number: int, _frame: FrameType | None) -> None:
    ignore_signals()
    raise KeyboardInterrupt
