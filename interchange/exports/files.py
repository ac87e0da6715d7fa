"""The bytes of files, as parts of an archive: each as it was uploaded, under its id."""

from collections.abc import Sequence
from hashlib import sha256
from typing import IO, NamedTuple
from uuid import UUID

import orjson

from files.segments import pieces
from files.store import STORE_ERRORS, Store
from interchange.exports.archives import Archive, Unwritable
from interchange.manifest import file_part


class _Segment(NamedTuple):
    begins: int
    size: int
    key: str


async def write_files(archive: Archive, store: Store, firm_id: UUID, places: IO[bytes]) -> None:
    """Write each file that a line names. `Unwritable` where the store does not have what it had."""
    for line in places:
        file = orjson.loads(line)
        segments = [_Segment(**segment) for segment in file["segments"]]
        try:
            whole = await _write(archive, store, firm_id, UUID(file["id"]), file["size"], segments)
        except STORE_ERRORS as error:
            raise Unwritable(f"The bytes of the file {file['id']} cannot be read ({error}).") from None
        if whole != file["sha256"]:
            raise Unwritable(f"The bytes of the file {file['id']} are not those that were uploaded.")


async def _write(
    archive: Archive, store: Store, firm_id: UUID, file_id: UUID, size: int, segments: Sequence[_Segment]
) -> str:
    """The digest of what was written."""
    digest = sha256()
    with archive.open(file_part(file_id), packed=False) as part:
        async for piece in pieces(store, firm_id, file_id, segments, 0, size):
            digest.update(piece)
            part.write(piece)
    return digest.hexdigest()
