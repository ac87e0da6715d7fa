"""Whether something is looked at as if all that may happen by itself were switched on: for whoever tries it out."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_AS_IF_ON: ContextVar[bool] = ContextVar("as if on", default=False)


def as_if_on() -> bool:
    """Whether drafts and what is switched off or paused count as on, and automove on each stage."""
    return _AS_IF_ON.get()


@contextmanager
def switched_on() -> Iterator[None]:
    """Whatever is looked at or rehearsed inside the block is so."""
    token = _AS_IF_ON.set(True)
    try:
        yield
    finally:
        _AS_IF_ON.reset(token)
