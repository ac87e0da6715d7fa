"""The followers of the firms' logs that the workers run. Each is written in models/, and stands in this list."""

from models.automation.follower import Automations
from models.followers.follower import Follower

FOLLOWERS: tuple[Follower, ...] = (Automations(),)
