"""The time zones that there are: those of the tzdata package, which is a dependency. Never the machine's own files:
they differ from one machine to the next, also in what they are called."""

from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

#: In the list, but no place's: what a computer has before somebody sets it up.
_NO_PLACES = {"Factory"}


@cache
def names() -> frozenset[str]:
    """What time zones are called, in just this spelling."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - _NO_PLACES


@lru_cache(maxsize=1_000)
def find(name: str) -> ZoneInfo | None:
    """The zone of this name, or None."""
    if name not in names():
        return None
    with (files("tzdata") / "zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
