"""Every kind of event, of whichever kind of thing: for what is made of all of them. What declares them does not ask."""

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
