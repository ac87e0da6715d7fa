"""A firm whole, as of one moment: a part for each of its tables and for each month of its log, and the manifest."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from files.store import Store
from interchange.exports.archives import Archive, Counted, Unwritable, new_archive
from interchange.exports.files import write_files
from interchange.manifest import MOST_FILES, NAME, VERSION, Manifest, Part, month_part
from models.portable.files import number_of_files, read_places
from models.portable.reading import (
    FirmAsOf,
    Output,
    firms_called,
    months_of_log,
    one_moment,
    read_log_of_month,
    read_rows,
)
from models.portable.tables import portable_tables


class NoSuchFirm(Exception):
    """No firm is called so, or several are. The message is one line for the person who named it."""


async def export_firm(wanted: str, path: Path, store: Store) -> Manifest:
    """Write the firm with this id, or else of this name, to a zip file or a folder; the bytes of its files are in the
    store. `NoSuchFirm`, `Unwritable`."""
    with new_archive(path) as archive, TemporaryFile() as places:
        async with one_moment():
            firm = await _firm(wanted)
            if path.suffix.lower() == ".zip" and await number_of_files(firm.id) > MOST_FILES:
                raise Unwritable(f"The firm has more than {MOST_FILES:,} files: export it to a folder.")
            parts = [
                await _write(archive, table.part, partial(read_rows, table, firm.id)) for table in portable_tables()
            ]
            parts += [
                await _write(archive, month_part(month), partial(read_log_of_month, firm.id, month))
                for month in await months_of_log(firm.id)
            ]
            await read_places(firm.id, Counted("", places).write)
        # What is in a file never changes, and takes longer to read than a moment may last.
        places.seek(0)
        await write_files(archive, store, firm.id, places)
        manifest = _manifest(firm, parts)
        with archive.open(NAME) as file:
            file.write(manifest.model_dump_json(indent=1).encode())
    return manifest


async def _firm(wanted: str) -> FirmAsOf:
    found = await firms_called(wanted)
    if not found:
        raise NoSuchFirm(f"No firm has the id or the name {wanted}.")
    if len(found) > 1:
        ids = ", ".join(firm.spoken_id for firm in found)
        raise NoSuchFirm(f"Several firms are called {wanted}. Name one by its id: {ids}.")
    return found[0]


async def _write(archive: Archive, name: str, read: Callable[[Output], Awaitable[None]]) -> Part:
    with archive.open(name) as file:
        counted = Counted(name, file)
        await read(counted.write)
    return counted.written()


def _manifest(firm: FirmAsOf, parts: list[Part]) -> Manifest:
    return Manifest(
        version=VERSION,
        migration=firm.migration,
        firm=firm.id,
        firm_name=firm.name,
        revision=firm.revision,
        epoch=firm.epoch,
        written_at=datetime.now(UTC),
        parts=tuple(parts),
    )
