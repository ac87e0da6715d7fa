"""What the tests of live updates stand on."""

from collections.abc import AsyncIterator

import pytest

import embedded
from models.log import on_commit
from subscriptions.cohorts import Cohorts
from tests.live.house import hub_on


@pytest.fixture
async def cohorts(servers: embedded.Servers) -> AsyncIterator[Cohorts]:
    """Those of a process that hears of each change from the bell alone."""
    async with hub_on(servers.redis_url, sweep=30) as hub:
        silence = on_commit(hub.bell.ring)
        yield Cohorts(hub)
        silence()
