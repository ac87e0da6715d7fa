"""Databases of a test's own, beside the run's."""

import os
import pkgutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations

import embedded
from models import migrations
from models.connection import _config, credentials, migrate
from models.database import sql
from models.ids import new_id

#: The databases that are made once and then copied, by what they are: migrating takes seconds, copying a moment.
_templates: dict[tuple[str, ...], str] = {}
#: The one with all migrations, on servers whose data are a copy.
_MIGRATED = "migrated"


async def make_migrated(servers: embedded.Servers) -> None:
    """Prepare servers of which copies are to be made."""
    admin = await asyncpg.connect(**credentials(servers.database_url))
    await _migrated(admin, servers, _MIGRATED, "__latest__")
    await admin.close()


def use_migrated(servers: embedded.Servers) -> None:
    """Say that these servers are such a copy."""
    _templates[_kind(servers)] = _MIGRATED


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
    try:
        template = await _template(admin, servers, migrated_to or "__latest__", time_zone, locale)
        await _create(admin, name, template, time_zone, locale)
        yield _at(servers, name)
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.close()


@dataclass(frozen=True, slots=True)
class OldDatabase:
    """A database as a version before left it, and a connection to it. What is written there is SQL: today's rows do not
    fit into it."""

    url: str
    db: asyncpg.Connection

    async def migrate(self) -> None:
        """Bring it to the present version."""
        await migrate(self.url)

    async def insert(self, table: str, **columns: Any) -> None:
        """Write a row."""
        values = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
        await self.db.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", *columns.values())

    async def add(self, table: str, **columns: Any) -> UUID:
        """Write a row that has an id and a version. Its id."""
        id: UUID = columns.setdefault("id", new_id())
        await self.insert(table, **({"version": 1} | columns))
        return id

    async def firm(self) -> UUID:
        """A firm in UTC. Its id."""
        id, now = new_id(), await self.db.fetchval("SELECT now()")
        settings = {"time_zone": "UTC", "currency": "USD", "client_status_enabled": True, "count_pending_ach": False}
        log = {"revision": 0, "scope_revision": 0, "epoch": id}
        return await self.add("firm", id=id, name="F", **settings, **log, created_at=now)

    async def member(self, firm: UUID, **columns: Any) -> UUID:
        """A member of it. Their id."""
        usual = {"email": "o@f.test", "name": "O", "role": "EMPLOYEE", "given_rights": "[]", "capacity": 2400}
        now = await self.db.fetchval("SELECT now()")
        return await self.add("member", firm_id=firm, **(usual | columns), active=True, created_at=now)

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, in the order of their ids."""
        return [dict(row) for row in await self.db.fetch(f"SELECT * FROM {table} ORDER BY id")]


@asynccontextmanager
async def database_before(
    servers: embedded.Servers, migration: str, *, time_zone: str = "UTC"
) -> AsyncIterator[OldDatabase]:
    """A database of the version before this migration, such as `0004_text_keys`."""
    known = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))
    previous = known[known.index(migration) - 1]
    async with own_database(servers, f"before_{migration}", migrated_to=previous, time_zone=time_zone) as url:
        db = await asyncpg.connect(**credentials(url))
        try:
            yield OldDatabase(url, db)
        finally:
            await db.close()


async def drop_templates(servers: embedded.Servers) -> None:
    """Leave nothing on servers that stay."""
    admin = await asyncpg.connect(**credentials(servers.database_url))
    for name in _templates.values():
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _templates.clear()
    await admin.close()


async def _template(
    admin: asyncpg.Connection, servers: embedded.Servers, target: str, time_zone: str, locale: str
) -> str:
    kind = _kind(servers, target, time_zone, locale)
    if kind not in _templates:
        name = f"template_{len(_templates)}_{os.getpid()}"
        await _migrated(admin, servers, name, target, time_zone, locale)
        _templates[kind] = name
    return _templates[kind]


def _kind(
    servers: embedded.Servers, target: str = "__latest__", time_zone: str = "UTC", locale: str = ""
) -> tuple[str, ...]:
    return (servers.database_url, target, time_zone, locale)


async def _migrated(
    admin: asyncpg.Connection,
    servers: embedded.Servers,
    name: str,
    target: str,
    time_zone: str = "UTC",
    locale: str = "",
) -> None:
    await _create(admin, name, "template0", time_zone, locale)
    async with TortoiseContext():
        await run_migrations(config=_config(_at(servers, name), 2, 60), target=f"models.{target}")


async def _create(admin: asyncpg.Connection, name: str, template: str, time_zone: str, locale: str) -> None:
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} {locale}")
    await admin.execute(f"ALTER DATABASE {name} SET timezone = '{time_zone}'")
    # What is planned while there is a row or two is planned for good, and then goes through thousands of them: each
    # foreign key does, of each row that is written.
    await admin.execute(f"ALTER DATABASE {name} SET enable_seqscan = off")


def _at(servers: embedded.Servers, name: str) -> str:
    return servers.database_url.replace("/jobwire?", f"/{name}?", 1)


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
