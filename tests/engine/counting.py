"""Counts of the work that something is, which no clock disturbs."""

import sys
from collections.abc import Callable
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


def calls_made(act: Callable[[], object]) -> int:
    """How many functions are called, of Python and of C. Counted faster than lines, for what is much work."""
    count = 0

    def profile(_frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count
