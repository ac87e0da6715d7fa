"""What the tests of answers that are shared stand on."""

import pytest

from tests.api.peers import Peers


@pytest.fixture(scope="module")
async def peers(database: str) -> Peers:
    """One firm for all tests of a module: nothing changes in it."""
    return await Peers.build()
