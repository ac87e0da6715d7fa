"""What makes a command happen once: whether it was done before, and what is kept when it is done.

See docs/decisions/0039-followers.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from models.database import sql


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a command made when it was done before, as it was kept. `revision` is None where it changed nothing because
    of what was refused."""

    revision: int | None
    result: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept, and the statement that does it. That becomes a part of the statement that appends to the log:
    in it `$1` is the firm, `$2` has `values` as JSON, and `raised` is one row with the `revision`."""

    statement: str
    values: Mapping[str, Any]


class Once(Protocol):
    """Two steps of a command that happens once, both in its transaction: the first one, and the last one."""

    @property
    def key(self) -> str | None:
        """Under what its caller asked for it, as the log has it; None for what has no such name."""

    async def earlier(self, firm_id: UUID, now: datetime) -> Earlier | None:
        """What it made when it was done before; None when it is still to be done. It is then claimed: whoever asks for
        the same at the same time learns how this ends before they do anything."""

    def kept(self, result: Any) -> Kept:
        """What is to be kept of it, with this result, as JSON has it."""


#: For what may happen as often as it likes.
NOTHING = Kept("SELECT $2::jsonb", {})


def kept_json(kept: Kept) -> str:
    """The values, as `$2` of the statement."""
    return orjson.dumps(kept.values).decode()


async def keep(firm_id: UUID, kept: Kept, revision: int | None) -> None:
    """Keep it of a command that changed nothing, so that there is nothing to append."""
    statement = f"WITH raised AS (SELECT $3::bigint AS revision) {kept.statement}"
    await sql(statement, firm_id, kept_json(kept), revision)
