"""What a database that is away, or too slow, looks like from here."""

import asyncpg
from tortoise.exceptions import BaseORMException

#: To be waited out, and tried again.
DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    BaseORMException,
    OSError,
    TimeoutError,
)
