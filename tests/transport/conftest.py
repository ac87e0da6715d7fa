"""One server with the default limits for all tests; those who need others serve their own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.transport.house import House, served


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with served() as house:
        yield house


@pytest.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=house.url.removesuffix("/graphql")) as client:
        yield client
