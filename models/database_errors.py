"""What a database that is away, or too slow, looks like to the rooms above."""

import asyncpg
from tortoise.exceptions import BaseORMException, DBConnectionError

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

#: It is away, or too busy. Anything else that it says is an answer.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    # What a process finds that was paused, of a connection that PostgreSQL has ended meanwhile.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    DBConnectionError,
)
