"""The followers of the firms' logs that the workers run. Each is written in models/, and stands in this list."""

from collections.abc import Iterable
from dataclasses import replace

from models.automation.follower import Automations
from models.automation.quota import Quota
from models.followers.follower import Follower

FOLLOWERS: tuple[Follower, ...] = (Automations(),)


def with_quota(followers: Iterable[Follower], a_minute: int) -> list[Follower]:
    """The same followers, and of these the one that acts by itself does so no more often than this for a firm."""
    quota = Quota(a_minute)
    return [replace(each, quota=quota) if isinstance(each, Automations) else each for each in followers]
