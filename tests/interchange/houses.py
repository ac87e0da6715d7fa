"""A database with one firm, to which archives of another one come."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from files.store import Store
from interchange.restoring.firm import restore_firm
from models.database import sql
from models.portable.faults import Unrestorable
from models.portable.tables import portable_tables
from tests.databases import partitions_of_the_log
from tests.interchange.tampering import Parts, Row
from tests.world import World

_numbers = count(1)


@dataclass
class House:
    """A database with one firm, and an export of another one that came from elsewhere."""

    url: str
    here: World
    parts: Parts
    folder: Path
    store: Store
    #: An account of the other firm at which nothing is.
    empty: UUID

    def path(self, name: str = "firm.zip") -> Path:
        """Where nothing is yet."""
        folder = self.folder / str(next(_numbers))
        folder.mkdir()
        return folder / name

    async def rows(self) -> dict[str, int]:
        """How much there is of everything, and how many months have a part of the log."""
        tables = [*(table.name for table in portable_tables()), "event", "search_entry", "follower_cursor"]
        rows = {name: (await sql(f"SELECT count(*) AS number FROM {name}"))[0]["number"] for name in tables}
        return rows | {"months": len(await partitions_of_the_log())}

    def rows_of(self, name: str) -> list[Row]:
        """What the other firm has in a part."""
        return [orjson.loads(line) for line in self.parts[name].splitlines()]

    async def stored(self) -> set[str]:
        """What is in the store."""
        return {each.name async for page in self.store.walk() for each in page}

    async def refuses(self, path: Path, *told: str, copy: str | None = None) -> None:
        """It says so, and nothing is changed."""
        before, stored = await self.rows(), await self.stored()
        with pytest.raises(Unrestorable) as refusal:
            await restore_firm(path, self.store, copy=copy)
        for part in told:
            assert part in str(refusal.value), str(refusal.value)
        assert await self.rows() == before
        assert await self.stored() == stored
