"""A firm that was exported, written again: all of it, or nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from files.store import Store
from interchange.restoring.archives import opened
from interchange.restoring.checking import FirmArchive, checked
from interchange.restoring.files import PutFiles, files_put
from models.partitions import make_past_partitions
from models.portable.faults import Unrestorable
from models.portable.tables import PortableTable
from models.portable.writing import Restored, Rows, names_for, restore

#: What a copy may be called: it becomes a part of addresses.
_WORD = re.compile(r"[a-z0-9]{1,20}")


async def restore_firm(
    path: Path, store: Store, *, copy: str | None = None, months_kept: int | None = None
) -> Restored:
    """Write the firm of an archive, with its ids; or, with a word for the `copy`, beside the firm that has them. The
    bytes of its files come into the store.
    `months_kept` is how long logs are kept here; None for ever. `Unrestorable` where something is not as it has to be,
    and nothing is changed."""
    if copy is not None and not _WORD.fullmatch(copy):
        raise Unrestorable("A word for a copy has small letters and digits, 20 at most.")
    with opened(path) as archive:
        firm = checked(archive)
        names = await names_for(firm.firm_id, copy)
        await make_past_partitions(firm.months.values(), datetime.now(UTC), months_kept)
        async with files_put(firm, store, names.rename) as put:
            return await restore(_WithFiles(firm, put), names)


@dataclass(frozen=True, slots=True)
class _WithFiles:
    """A firm whose files have come into the store."""

    firm: FirmArchive
    put: PutFiles

    @property
    def firm_id(self) -> UUID:
        return self.firm.firm_id

    def rows(self, table: PortableTable) -> Iterator[Rows]:
        return self.firm.rows(table)

    def events(self) -> Iterator[Rows]:
        return self.firm.events()

    def segments(self) -> Iterator[Rows]:
        return self.put.segments()
