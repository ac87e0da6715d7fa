"""Real servers for the whole run, and a fresh firm for each test."""

import itertools
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

import embedded
from engine.engine import Engine
from models.connection import connected, credentials, migrate
from resolvers.root import graphql_schema
from tests.live.house import hub_on
from tests.node import node_with_clients
from tests.serving import Api, serving
from tests.world import World


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Servers]:
    """PostgreSQL and Valkey: those of the environment, or throw-away ones of our own."""
    if url := os.environ.get("JOBWIRE_TEST_DATABASE_URL"):
        yield embedded.Servers(url, os.environ["JOBWIRE_TEST_REDIS_URL"])
        return
    with embedded.run(Path(tmp_path_factory.mktemp("servers")), durable=False) as running:
        yield embedded.Servers(running.database_url, running.redis_url)


@pytest.fixture(scope="session")
async def database(servers: embedded.Servers) -> AsyncIterator[str]:
    """A migrated database of this run's own, with the rows connected to it."""
    name = f"test_{os.getpid()}"
    admin = await asyncpg.connect(**credentials(servers.database_url))
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name}")
    url = servers.database_url.replace("/jobwire?", f"/{name}?", 1)
    try:
        await migrate(url)
        async with connected(url, pool=20):
            yield url
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.close()


_numbers = itertools.count(1)


@pytest.fixture
async def world(database: str) -> World:
    """A firm of the test's own. Others' firms stand beside it in the same tables, as in life."""
    return await World.build(f"w{next(_numbers)}")


@pytest.fixture(scope="session")
async def api(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    """One server of the product for the whole run, in this process. It believes who says for whom they ask, as it would
    a proxy: tests speak for many networks."""
    async with serving(database, servers.redis_url, trusted_proxies="127.0.0.1") as api:
        yield api


@pytest.fixture
async def engine(servers: embedded.Servers) -> AsyncIterator[Engine]:
    """An engine without a server, which nobody has asked anything yet."""
    async with hub_on(servers.redis_url) as hub:
        yield Engine(graphql_schema(), hub)


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the published clients installed."""
    return node_with_clients()
