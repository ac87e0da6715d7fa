"""Databases of a test's own, beside the run's."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations

import embedded
from models.connection import _config, credentials
from models.database import sql


@asynccontextmanager
async def own_database(
    servers: embedded.Servers,
    name: str,
    *,
    migrated_to: str | None = None,
    time_zone: str = "UTC",
    locale: str = "",
) -> AsyncIterator[str]:
    """A database with all migrations, or those up to one, such as `0002_constraints`. `locale` is what CREATE DATABASE
    says of it."""
    name = f"{name}_{os.getpid()}"
    admin = await asyncpg.connect(**credentials(servers.database_url))
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 {locale}")
    await admin.execute(f"ALTER DATABASE {name} SET timezone = '{time_zone}'")
    url = servers.database_url.replace("/jobwire?", f"/{name}?", 1)
    try:
        async with TortoiseContext():
            await run_migrations(config=_config(url, 2, 60), target=f"models.{migrated_to or '__latest__'}")
        yield url
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.close()


@asynccontextmanager
async def on(url: str) -> AsyncIterator[None]:
    """The rows talk to this database inside the block, also when the whole run's is open beside it."""
    async with TortoiseContext() as context:
        await context.init(config=_config(url, 10, 15))
        yield


async def partitions_of_the_log() -> set[str]:
    """The names of all but the default one."""
    found = await sql("SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'event'::regclass")
    return {row["name"] for row in found} - {"event_default"}
