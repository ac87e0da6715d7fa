"""What a database that is away, or too slow, looks like to the rooms above."""

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

#: A statement took too long, and was given up.
STATEMENT_TIMEOUT = asyncpg.QueryCanceledError
