"""What an archive of a firm says of itself: `manifest.json`."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: Of the format itself. What the tables are follows from the migration.
VERSION = 1
NAME = "manifest.json"
#: So many parts a manifest names at most, and so many of them are months of the log: a hundred years.
MOST_PARTS, MOST_MONTHS = 2_000, 1_200
#: So many files a zip file holds at most, whose directory is in memory when it is read.
MOST_FILES = 100_000
#: In bytes: a part of its own says less than 200.
MOST_BYTES = 256 * MOST_PARTS

_FILE = re.compile(r"files/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MONTH = re.compile(r"log/(\d{4}-(?:0[1-9]|1[0-2]))\.jsonl")


def file_part(file_id: UUID) -> str:
    """What the bytes of a file are called in an archive. The lines of files say their sizes and digests."""
    return f"files/{file_id}"


def is_file_part(name: str) -> bool:
    """Whether something in an archive is called as the bytes of a file are."""
    return _FILE.fullmatch(name) is not None


def month_part(month: datetime) -> str:
    """What the events of a month are called in an archive."""
    return f"log/{month:%Y-%m}.jsonl"


def month_of_part(name: str) -> datetime | None:
    """The month whose events a part has, in UTC; None for another part."""
    found = _MONTH.fullmatch(name)
    return None if found is None else datetime.fromisoformat(f"{found[1]}-01T00:00:00+00:00")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Part(_Said):
    """A part: its name, how many lines it has, its size in bytes and their SHA-256 in hexadecimal digits."""

    name: str = Field(max_length=100)
    lines: int = Field(ge=0)
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(_Said):
    """The firm, up to where its log goes and what that is called; the version of the format and of the tables; and all
    parts in the order in which they were written."""

    format: Literal["jobwire-firm"] = "jobwire-firm"
    version: int
    migration: str
    firm: UUID = Field(strict=False)
    firm_name: str
    revision: int = Field(ge=0)
    epoch: UUID = Field(strict=False)
    written_at: datetime = Field(strict=False)
    parts: tuple[Part, ...] = Field(max_length=MOST_PARTS, strict=False)

    @field_validator("parts")
    @classmethod
    def _each_once(cls, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if len({part.name for part in parts}) < len(parts):
            raise ValueError("a part is named twice")
        if sum(month_of_part(part.name) is not None for part in parts) > MOST_MONTHS:
            raise ValueError("the log has too many months")
        return parts
