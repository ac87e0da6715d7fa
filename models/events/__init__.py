"""The events of the firm, its team, its accounts, its boards and the work on them."""

from models.events.accounts import *  # noqa: F403
from models.events.automations import *  # noqa: F403
from models.events.base import EVERYWHERE as EVERYWHERE
from models.events.base import Event as Event
from models.events.base import OfFirm as OfFirm
from models.events.base import bases as bases
from models.events.base import changes_of as changes_of
from models.events.base import field_types as field_types
from models.events.base import from_json as from_json
from models.events.base import kind_of_thing as kind_of_thing
from models.events.base import kinds as kinds
from models.events.base import name_for_clients as name_for_clients
from models.events.base import said_of as said_of
from models.events.base import to_json as to_json
from models.events.files import *  # noqa: F403
from models.events.firm import *  # noqa: F403
from models.events.items import *  # noqa: F403
from models.events.jobs import *  # noqa: F403
from models.events.pipelines import *  # noqa: F403
from models.events.recurrences import *  # noqa: F403
from models.events.tasks import *  # noqa: F403
from models.events.values import Changes as Changes
from models.events.views import *  # noqa: F403
from models.events.views import View as View
