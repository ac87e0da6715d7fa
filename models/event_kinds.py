"""Every kind of event, of whichever kind of thing: for what is made of all of them. What declares them does not ask."""

import re
from enum import StrEnum

from models.events import Event, View
from models.events.base import kinds
from models.kinds import modules_in

modules_in("models")

for _name, _cls in kinds().items():
    if _cls.now is Event.now:
        raise TypeError(
            f"{_name} does not say where its thing stands. Say `now`, or that the whole team is told: OfFirm."
        )

#: Every kind that the log may hold, by its name.
KINDS = {name: cls for name, cls in kinds().items() if not issubclass(cls, View)}
#: Every kind that only a viewer is told.
VIEWS = {name: cls for name, cls in kinds().items() if issubclass(cls, View)}


def _constant(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()


#: Every kind that the log may hold, as a filter names it.
EventKind = StrEnum("EventKind", {_constant(name): name for name in KINDS})  # type: ignore[misc]
