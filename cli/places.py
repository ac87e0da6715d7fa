"""Where the database and Redis are: at the URLs of the settings, or on the embedded servers of the data folder."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.exceptions import RedisError

import embedded
from cli.mistakes import Mistake
from common.settings import Settings
from models.connection import credentials, migrate
from models.migrating import missing_migrations

PATIENCE = 3.0

log = structlog.get_logger("jobwire")


@dataclass(frozen=True, slots=True)
class Place:
    """Both URLs, and the embedded servers if it is this process that runs them."""

    database_url: str
    redis_url: str
    running: embedded.Running | None = None


@contextmanager
def place(settings: Settings, *, alone: bool = False) -> Iterator[Place]:
    """The servers to use. Embedded ones are joined when another process runs them, and else run for as long as the
    block takes, with the present migrations. `alone` does not join: the data folder in use is then a mistake."""
    if given := _given(settings):
        yield given
    elif not alone and (found := embedded.attach(settings.data_dir)):
        yield Place(found.database_url, found.redis_url)
    else:
        with embedded.run(settings.data_dir) as running:
            asyncio.run(migrate(running.database_url))
            yield Place(running.database_url, running.redis_url, running)


async def require_migrated() -> None:
    """Inside `connected`: a Mistake when the database is older than this program."""
    if missing := await missing_migrations():
        raise Mistake(
            f"The database lacks {len(missing)} migrations, from {missing[0]} on: run `jobwire migrate` first."
        )


async def redis_answers(url: str) -> bool:
    """Whether Redis answers just now."""
    client = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
    try:
        return bool(await client.ping())
    except (RedisError, OSError, TimeoutError):
        return False
    finally:
        await client.aclose()


async def warn_without_redis(url: str) -> None:
    """Redis down means that changes arrive late, by the sweep, and nothing else: so no reason to stop."""
    if not await redis_answers(url):
        log.warning("redis.unreachable", meaning="live changes arrive late until it answers; check JOBWIRE_REDIS_URL")


def _given(settings: Settings) -> Place | None:
    if settings.database_url is None and settings.redis_url is None:
        return None
    if settings.database_url is None or settings.redis_url is None:
        there, lacking = ("REDIS", "DATABASE") if settings.database_url is None else ("DATABASE", "REDIS")
        raise Mistake(f"JOBWIRE_{there}_URL is set and JOBWIRE_{lacking}_URL is not: set both, or neither.")
    try:
        credentials(settings.database_url)
    except ValueError as error:
        raise Mistake(f"JOBWIRE_DATABASE_URL is not a URL of a PostgreSQL: {error}.") from None
    try:
        parse_url(settings.redis_url)
    except ValueError:
        raise Mistake("JOBWIRE_REDIS_URL must look like redis://host:6379/0, rediss://… or unix://….") from None
    return Place(settings.database_url, settings.redis_url)
