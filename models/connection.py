"""The connection to PostgreSQL, and its schema."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate as run_migrations

from models.kinds import MODULES

# "jobwire" in ASCII: every process that migrates takes this lock first.
_MIGRATION_LOCK = 0x6A6F6277697265

# So many each connection knows. A server asks a few hundred different ones, and each that a connection has forgotten
# costs a second round trip, and PostgreSQL a plan.
_STATEMENTS = 400


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that goes back to the pool without a statement that undoes what its borrower set. Nothing here sets
    anything for longer than its transaction, which ends before, and each reading would cost a second round trip."""

    def get_reset_query(self) -> str:
        return ""


class DatabaseUnreachable(Exception):
    """PostgreSQL does not answer. The message is one line for the person who set the URL."""


#: In milliseconds: who is in a transaction and says nothing for so long loses it, with all that it holds. They were
#: paused, or their machine has gone without a word.
SILENCE = 60_000


def credentials(url: str) -> dict[str, Any]:
    """What asyncpg needs, out of a libpq URL such as `postgresql://user:secret@host:5432/name?sslmode=require`."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise DatabaseUnreachable("JOBWIRE_DATABASE_URL must look like postgresql://user:password@host:5432/database.")
    options = dict(parse_qsl(parts.query))
    found: dict[str, Any] = {
        "host": options.pop("host", parts.hostname or "localhost"),
        "port": parts.port or int(options.pop("port", 5432)),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.lstrip("/")),
    }
    found["ssl"] = _tls(options.pop("sslmode", None), options.pop("sslrootcert", None))
    if options:
        raise DatabaseUnreachable(f"JOBWIRE_DATABASE_URL has options that are not known here: {', '.join(options)}.")
    return found


def _tls(mode: str | None, authorities: str | None) -> str | ssl.SSLContext | None:
    """As libpq has it (https://www.postgresql.org/docs/current/libpq-ssl.html): asyncpg reads the mode, but a file of
    trusted authorities only from a URL of its own."""
    if authorities is None:
        return mode
    if mode not in ("verify-ca", "verify-full"):
        raise DatabaseUnreachable("In JOBWIRE_DATABASE_URL sslrootcert goes with sslmode=verify-ca or verify-full.")
    try:
        context = ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError) as error:
        raise DatabaseUnreachable(f"The sslrootcert of JOBWIRE_DATABASE_URL cannot be read: {error}.") from None
    context.check_hostname = mode == "verify-full"
    return context


def _config(url: str, pool: int, statement_timeout: float, silence: int | None = None) -> dict[str, Any]:
    # Nothing of ours waits longer than that for a row lock or an answer: a stuck statement gives its connection back.
    settings = {
        "statement_timeout": str(int(statement_timeout * 1000)),
        "idle_in_transaction_session_timeout": str(SILENCE if silence is None else silence),
        "application_name": "jobwire",
        "jit": "off",
    }
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": {
                    **credentials(url),
                    "minsize": min(2, pool),
                    "maxsize": pool,
                    "statement_cache_size": _STATEMENTS,
                    "server_settings": settings,
                    "connection_class": _Connection,
                },
            }
        },
        "apps": {
            "models": {
                "models": ["models.rows", *(f"models.{name}" for name in MODULES)],
                "migrations": "models.migrations",
                "default_connection": "default",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def connected(
    url: str, *, pool: int = 10, statement_timeout: float = 15, silence: int | None = None
) -> AsyncIterator[None]:
    """The rows talk to this database inside the block. `pool` is the most connections that this process opens;
    `silence` is in milliseconds, and `SILENCE` where it is None."""
    await _reachable(url)
    # The fallback lets tasks that did not start inside this context (requests, the hub) find the connection.
    await Tortoise.init(config=_config(url, pool, statement_timeout, silence), _enable_global_fallback=True)
    try:
        yield
    finally:
        await Tortoise.close_connections()


async def migrate(url: str) -> None:
    """Bring the schema to the present version. Any number of processes may try at once."""
    lock = await _reachable(url, keep=True)
    assert lock is not None
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        async with TortoiseContext():
            await run_migrations(config=_config(url, 2, 600))
            await Tortoise.close_connections()
    finally:
        await lock.close()


async def ask() -> None:
    """Raise what comes of it where the database does not answer."""
    await get_connection("default").execute_query("SELECT 1")


async def _reachable(url: str, *, keep: bool = False) -> asyncpg.Connection | None:
    wanted = credentials(url)
    try:
        connection = await asyncpg.connect(**wanted, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        where = f"{wanted['host']}:{wanted['port']}"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DatabaseUnreachable(
            f"PostgreSQL at {where} does not answer ({reason}). Check JOBWIRE_DATABASE_URL."
        ) from None
    if keep:
        return connection
    await connection.close()
    return None
