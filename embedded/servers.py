"""Where the servers listen: all that a client of them has to know."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Servers:
    """URLs of a PostgreSQL (libpq style) and a Valkey (as redis-py takes it), both on unix sockets."""

    database_url: str
    redis_url: str
