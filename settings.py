"""Everything that the environment can say, read here and nowhere else."""

from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment variables with the prefix JOBWIRE_, such as JOBWIRE_PORT."""

    model_config = SettingsConfigDict(env_prefix="JOBWIRE_", frozen=True)

    #: Where the embedded PostgreSQL and Valkey keep their data, when no URLs are given.
    data_dir: Path = Path(".jobwire")
    #: A managed PostgreSQL: postgresql://user:password@host:5432/database?sslmode=require
    database_url: str | None = None
    #: A managed Redis or Valkey: redis://host:6379/0, or rediss:// for TLS.
    redis_url: str | None = None
    #: The most connections to PostgreSQL that one process opens.
    database_pool: int = Field(default=10, ge=1, le=200)
    #: In seconds: no statement runs longer.
    statement_timeout: float = Field(default=15, gt=0)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    #: Proxies that are believed when they say for whom they ask (X-Forwarded-For): 10.0.0.2,10.1.0.0/16
    trusted_proxies: str = ""
    #: Origins of browser pages, besides the API's own, that may call it: https://board.example,https://other.example
    allowed_origins: str = ""
    #: Introspection without signing in, and nothing else.
    development: bool = False
    #: In seconds: how long sockets are sent away for before a server stops.
    drain_window: float = Field(default=10, ge=0)
    #: In seconds: the longest silence of a subscription. Clients are promised 25.
    heartbeat: float = Field(default=20, gt=0, le=24)
    #: In seconds: a server that could not ask the database for so long holds back what it hears.
    hold_after: float = Field(default=5, gt=0)
    #: In months: workers drop what is older from the log. Unset: it is kept for ever.
    log_kept: int | None = Field(default=None, ge=1, le=1200)
    log_level: str = "INFO"

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for network in _listed(value):
            try:
                ip_network(network)
            except ValueError:
                raise ValueError("must be addresses and networks, such as 10.0.0.2,10.1.0.0/16") from None
        return value

    @property
    def proxies(self) -> tuple[str, ...]:
        """The trusted proxies."""
        return _listed(self.trusted_proxies)

    @property
    def origins(self) -> frozenset[str]:
        """The allowed origins."""
        return frozenset(_listed(self.allowed_origins))


def _listed(text: str) -> tuple[str, ...]:
    """What is written with commas between."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
