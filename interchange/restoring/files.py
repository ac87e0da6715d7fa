"""The bytes of files, out of an archive and into the store: before the rows are there that say so. What is put and
comes to no rows is removed again."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID, uuid4

import orjson

from files.segments import name_of
from files.spool import SEGMENT
from files.store import STORE_ERRORS, Store
from interchange.manifest import file_part
from interchange.restoring.checking import FirmArchive
from models.portable.faults import Unrestorable
from models.portable.renaming import Rename
from models.portable.writing import Rows

#: So many segments are told of, or removed, at a time.
_AT_A_TIME = 1_000


@asynccontextmanager
async def files_put(firm: FirmArchive, store: Store, rename: Rename) -> AsyncIterator["PutFiles"]:
    """The bytes of all files of an archive are in the store, and stay there unless the block fails."""
    with TemporaryFile() as places:
        put = PutFiles(store, rename(firm.firm_id), places)
        try:
            for row in firm.files():
                await put.add(firm, row, rename(UUID(row["id"])))
            yield put
        except BaseException:
            with suppress(*STORE_ERRORS):
                await put.remove()
            raise


class PutFiles:
    """Where bytes were put."""

    def __init__(self, store: Store, firm_id: UUID, places: IO[bytes]) -> None:
        self._store, self._firm_id, self._places = store, firm_id, places

    async def add(self, firm: FirmArchive, row: dict[str, Any], file_id: UUID) -> None:
        """Put the bytes of a file."""
        digest, begins = sha256(), 0
        with firm.archive.open(file_part(UUID(row["id"]))) as part:
            while data := part.read(SEGMENT):
                digest.update(data)
                await self._put(file_id, begins, data)
                begins += len(data)
        if digest.hexdigest() != row["sha256"]:
            raise Unrestorable(f"{file_part(UUID(row['id']))} was changed meanwhile.")

    async def _put(self, file_id: UUID, begins: int, data: bytes) -> None:
        key = uuid4().hex
        segment = {"file_id": str(file_id), "begins": begins, "size": len(data), "key": key}
        # Before it is there: what is only said to be there is removed without a fault.
        self._places.write(orjson.dumps(segment) + b"\n")

        async def read() -> bytes:
            return data

        try:
            await self._store.put(name_of(self._firm_id, file_id, key), read)
        except STORE_ERRORS as error:
            raise Unrestorable(f"The bytes of a file cannot be written to the store ({error}).") from None

    def segments(self) -> Iterator[Rows]:
        """Each segment, some at a time."""
        self._places.seek(0)
        rows = Rows()
        for line in self._places:
            rows.append(orjson.loads(line))
            if len(rows) == _AT_A_TIME:
                yield rows
                rows = Rows()
        if rows:
            yield rows

    async def remove(self) -> None:
        """Take all of it out again."""
        for rows in self.segments():
            await self._store.remove([name_of(self._firm_id, UUID(row["file_id"]), row["key"]) for row in rows])
