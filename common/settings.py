"""Everything that the environment can say, read here and nowhere else."""

import re
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s,]+", re.IGNORECASE)
_HOST_NAME = re.compile(r"\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.IGNORECASE | re.ASCII)
_DEFAULT_PORT = re.compile(r"^(http://[^/]+):80$|^(https://[^/]+):443$")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


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
    #: Names that the server answers under, besides those of this machine and addresses: api.example,*.board.example
    allowed_hosts: str = ""
    #: Proxies that are believed when they say for whom they ask (X-Forwarded-For): 10.0.0.2,10.1.0.0/16
    trusted_proxies: str = ""
    #: Origins of browser pages, besides the API's own, that may call it: https://board.example,https://other.example.
    #: "loopback" is any page that is served on the browser's own machine.
    allowed_origins: str = ""
    #: Headers that such a page may send, besides those of the published clients: x-tenant,x-version
    allowed_headers: str = ""
    #: Whoever sends this as a bearer token reads /metrics.
    metrics_token: str | None = Field(default=None, min_length=16, pattern=r"^[A-Za-z0-9._~+/=-]+$")
    #: Where /metrics is, beside the API: an address of its own.
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    #: Introspection without signing in, and nothing else.
    development: bool = False
    #: A JSON file with the text of each trusted document under its name.
    trusted_documents: Path | None = None
    #: The same, of those that clients of the portal send.
    portal_trusted_documents: Path | None = None
    #: Nothing else is answered.
    trusted_documents_only: bool = False
    #: What a member may spend in a minute. Unset: 300,000.
    points_a_minute: int | None = Field(default=None, ge=10_000, le=1_000_000_000)
    #: How much a firm may have happen by itself in a minute; the rest waits for the next one.
    automations_a_minute: int = Field(default=600, ge=1, le=1_000_000_000)
    #: In seconds: how long sockets are sent away for before a server stops.
    drain_window: float = Field(default=10, ge=0)
    #: In seconds: the longest silence of a subscription. Clients are promised 25.
    heartbeat: float = Field(default=20, gt=0, le=24)
    #: In seconds: a server that could not ask the database for so long holds back what it hears.
    hold_after: float = Field(default=5, gt=0)
    #: In months: workers drop what is older from the log. Unset: it is kept for ever.
    log_kept: int | None = Field(default=None, ge=1, le=1200)
    #: Where the bytes of files are: s3://bucket/before-their-names. Unset: in the folder `files` of the data.
    files_url: str | None = Field(default=None, pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?$")
    #: What speaks as S3 does, when it is not that of AWS: https://storage.example:9000
    files_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#@\s]+/?$")
    files_region: str | None = None
    #: A key for it. Unset: that of the machine's role, or of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    files_key_id: str | None = None
    files_secret: str | None = Field(default=None, repr=False)
    #: In bytes: the largest file, and all files of a firm together.
    file_limit: int = Field(default=2_000_000_000, ge=1, le=2_147_483_647)
    files_of_firm: int = Field(default=100_000_000_000, ge=1)
    #: The uploads of a member that have not come to their end.
    uploads_of_member: int = Field(default=200, ge=1, le=10_000)
    #: In minutes: how long a link to a file is good.
    file_links_good: float = Field(default=15, gt=0, le=1_440)
    #: A scanner that speaks as clamd does: tcp://127.0.0.1:3310, or unix:///run/clamav/clamd.ctl. Nobody reads a file
    #: before it has answered. Unset: files are not scanned.
    scanner_url: str | None = Field(default=None, pattern=r"^(tcp://[^/?#@\s]+:\d{1,5}|unix:///\S+)$")
    #: In days: workers delete documents that have been in the trash for longer.
    trash_kept: int = Field(default=30, ge=1, le=3650)
    #: Where people find the pages that links in mail lead to: https://office.example. Unset: such mail waits.
    public_url: str | None = Field(default=None, pattern=r"^https?://[^/?#@\s]+(/[^?#\s]*)?$", max_length=500)
    #: The address that mail is sent from.
    mail_from: str | None = Field(default=None, pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$", max_length=254)
    #: What sends it: smtp://user:password@mail.example:587, which goes over to TLS; smtps://mail.example:465, which
    #: begins with it; smtp+insecure://127.0.0.1:25 does without. Unset: mail waits.
    smtp_url: str | None = Field(default=None, repr=False, pattern=r"^smtp(s|\+insecure)?://[^/?#\s]+/?$")
    #: Certificates of authorities that its own is to be of, besides nobody else's: a file.
    smtp_ca: Path | None = None
    #: Where mail is written to as files, when there is no server: it goes no further.
    mail_folder: Path | None = None
    log_level: str = "INFO"

    @field_validator("smtp_url")
    @classmethod
    def _from_somebody(cls, value: str | None, known: ValidationInfo) -> str | None:
        if value is not None and known.data.get("mail_from") is None:
            raise ValueError("needs JOBWIRE_MAIL_FROM: the address that mail is sent from")
        return value

    @field_validator("trusted_documents_only")
    @classmethod
    def _of_a_list(cls, value: bool, known: ValidationInfo) -> bool:
        if value and known.data.get("trusted_documents") is None:
            raise ValueError("needs JOBWIRE_TRUSTED_DOCUMENTS: there is no list")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("allowed_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        if not all(_HOST_NAME.fullmatch(name) for name in _listed(value)):
            raise ValueError("must be names without a port, such as api.example,*.board.example; or *")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in _listed(value):
            if origin not in ("*", "loopback") and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    "must be origins, such as https://board.example:8443 without a path; or loopback, or *"
                )
        return value

    @field_validator("allowed_headers")
    @classmethod
    def _header_names(cls, value: str) -> str:
        if not all(_TOKEN.fullmatch(name) for name in _listed(value)):
            raise ValueError("must be names of headers, such as x-tenant,x-version")
        return value

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
        """The allowed origins, as browsers write them: in small letters, and without the port of their scheme."""
        return frozenset(_DEFAULT_PORT.sub(r"\1\2", origin.lower()) for origin in _listed(self.allowed_origins))

    @property
    def hosts(self) -> frozenset[str]:
        """The allowed hosts."""
        return frozenset(name.lower() for name in _listed(self.allowed_hosts))

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that pages may send, besides those that all may."""
        return _listed(self.allowed_headers)


def _listed(text: str) -> tuple[str, ...]:
    """What is written with commas between."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
