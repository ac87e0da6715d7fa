"""Every kind of event."""

from models.events.accounts import *  # noqa: F403
from models.events.base import EVERYWHERE as EVERYWHERE
from models.events.base import Changes as Changes
from models.events.base import Event as Event
from models.events.base import changes_of as changes_of
from models.events.base import from_json as from_json
from models.events.base import kinds as kinds
from models.events.base import to_json as to_json
from models.events.firm import *  # noqa: F403
from models.events.items import *  # noqa: F403
from models.events.jobs import *  # noqa: F403
from models.events.pipelines import *  # noqa: F403
from models.events.tasks import *  # noqa: F403
from models.events.views import *  # noqa: F403
from models.events.views import View

#: Every kind that the log may hold, by its name.
KINDS = {name: cls for name, cls in kinds().items() if not issubclass(cls, View)}
#: Every kind that only a viewer is told.
VIEWS = {name: cls for name, cls in kinds().items() if issubclass(cls, View)}
