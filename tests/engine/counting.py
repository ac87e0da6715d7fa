"""Counts of the work that something is, which no clock disturbs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, ModuleType
from typing import Any


def lines_run(within: ModuleType | tuple[ModuleType, ...], act: Callable[[], object]) -> int:
    """How many lines of these modules, or packages, are run."""
    modules = within if isinstance(within, tuple) else (within,)
    places = tuple(str(module.__file__).removesuffix("__init__.py") for module in modules)
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(places):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


@dataclass
class Calls:
    """How many functions were called, of Python and of C."""

    made: int = 0


@contextmanager
def counted_calls() -> Iterator[Calls]:
    """What is called in the block on this thread, whatever others do meanwhile. Counted faster than lines, for what is
    much work."""
    calls, events = Calls(), 0

    def profile(_frame: FrameType, _event: str, _: object) -> None:
        nonlocal events
        events += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(before)
        # Each call is told of twice, as it begins and as it ends: to look which of them it is would take as long again.
        calls.made = events // 2


def calls_made(act: Callable[[], object]) -> int:
    """How many functions it calls."""
    with counted_calls() as calls:
        act()
    return calls.made
