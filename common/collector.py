"""What Python's garbage collector is spared. It only has cycles to look for, and goes through all that is kept to find
them: half a million objects take it a quarter of a second, in which a server answers nobody.

See docs/decisions/0036-the-event-loop-is-never-held-for-long.md.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

# "Remove the object op from the set of container objects tracked by the collector":
# https://docs.python.org/3/c-api/gcsupport.html#c.PyObject_GC_UnTrack
_untrack = ctypes.pythonapi.PyObject_GC_UnTrack
_untrack.argtypes, _untrack.restype = [ctypes.py_object], None


def keep_what_is_here() -> None:
    """Leave out all that has been made by now, which stays as long as the process."""
    gc.collect()
    gc.freeze()


def untrack(things: Iterable[object]) -> None:
    """Leave these objects out from now on, each of a class or a tuple. They are gone when nobody refers to them any
    more, as before; those that refer to each other in a circle never would be."""
    for thing in things:
        _untrack(thing)


@contextmanager
def paused() -> Iterator[None]:
    """A block that makes much which is no garbage: the collector, which comes after each few hundred objects, would
    look through all of it again and again. Not to be awaited in."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
