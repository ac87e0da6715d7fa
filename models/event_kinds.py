"""Every kind of event, of whichever kind of thing: for what is made of all of them. What declares them does not ask."""

from models.events import View
from models.events.base import kinds
from models.kinds import modules_in

modules_in("models")

#: Every kind that the log may hold, by its name.
KINDS = {name: cls for name, cls in kinds().items() if not issubclass(cls, View)}
#: Every kind that only a viewer is told.
VIEWS = {name: cls for name, cls in kinds().items() if issubclass(cls, View)}
