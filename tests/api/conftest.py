"""What the tests of answers that are shared stand on."""

from collections.abc import AsyncIterator

import pytest

import embedded
from schema.engine import Engine
from tests.api.peers import Peers
from tests.live.house import hub_on


@pytest.fixture
async def engine(servers: embedded.Servers) -> AsyncIterator[Engine]:
    """An engine without a server, which nobody has asked anything yet."""
    async with hub_on(servers.redis_url) as hub:
        yield Engine(hub)


@pytest.fixture(scope="module")
async def peers(database: str) -> Peers:
    """One firm for all tests of a module: nothing changes in it."""
    return await Peers.build()
