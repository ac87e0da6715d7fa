"""Real servers for the whole run, and a fresh firm for each test."""

import asyncio
import contextlib
import gc
import itertools
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, settings

import embedded
from engine import admission
from engine.engine import Engine
from models import passwords
from models.connection import connected
from models.database import sql
from models.hashing import HASHING
from resolvers.root import graphql_schema
from tests.databases import drop_templates, make_migrated, own_database, use_migrated
from tests.live.house import hub_on
from tests.node import node_with_clients
from tests.once import copied, made_once
from tests.order import dealt
from tests.serving import Api, serving
from tests.signing_in import CHEAP, COSTLY
from tests.world import World

# Tests run in the loop that the product runs in, where a policy may say so: from Python 3.14 on none may.
if sys.version_info < (3, 14):
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

# A shell starts what it puts into the background with SIGINT ignored, and so it would be in each process that a test
# starts: none of them would end at a Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

passwords._hasher = CHEAP

# How long an example takes is no matter of a test: a machine may be busy.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


# While tests are collected, which makes much that stays, there is hardly any garbage.
gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each begins with what takes long."""
    if (own := getattr(config, "workerinput", None)) is not None:
        items[:] = dealt(items, own["workercount"])


def pytest_collection_finish() -> None:
    """The tests stay as long as the process: the collector need not look through them again and again. Nor need it come
    as often as it does by itself, which takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 50)
    gc.enable()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Servers]:
    """PostgreSQL and Valkey: those of the environment, or throw-away ones of our own."""
    if url := os.environ.get("JOBWIRE_TEST_DATABASE_URL"):
        given = embedded.Servers(url, os.environ["JOBWIRE_TEST_REDIS_URL"])
        yield given
        asyncio.run(drop_templates(given))
        return
    folder = tmp_path_factory.mktemp("servers")
    copied(made_once(tmp_path_factory, "prepared", _prepare) / "postgres", folder / "postgres")
    with embedded.run(folder, durable=False) as running:
        own = embedded.Servers(running.database_url, running.redis_url)
        use_migrated(own)
        yield own


def _prepare(folder: Path) -> None:
    with embedded.run(folder, durable=False) as running:
        asyncio.run(make_migrated(embedded.Servers(running.database_url, running.redis_url)))


@pytest.fixture(scope="session")
async def database(servers: embedded.Servers) -> AsyncIterator[str]:
    """A migrated database of this run's own, with the rows connected to it."""
    async with own_database(servers, "test") as url, connected(url, pool=20):
        # With which tests read what was written (tests/api/untouched.py).
        await sql("CREATE EXTENSION pg_walinspect")
        yield url


_numbers = itertools.count(1)


@pytest.fixture
async def world(database: str) -> World:
    """A firm of the test's own. Others' firms stand beside it in the same tables, as in life."""
    return await World.build(f"w{next(_numbers)}")


@pytest.fixture(scope="session")
async def api(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    """One server of the product for the whole run, in this process. It believes who says for whom they ask, as it would
    a proxy: tests speak for many networks. Nobody runs out of points, nor of documents: a walk asks in a minute what no
    client does."""
    async with contextlib.AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(admission, "TOKENS", 10**9)
            server = serving(database, servers.redis_url, trusted_proxies="127.0.0.1")
            api = await stack.enter_async_context(server)
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


@pytest.fixture
def costly_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed as in the product, where nobody has hashed before."""
    monkeypatch.setattr(passwords, "_hasher", COSTLY)
    monkeypatch.setattr(HASHING.turns, "_lasts", 0.15)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()
