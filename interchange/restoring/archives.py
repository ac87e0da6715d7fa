"""Archives that somebody brings: read with bounds, so that none costs more than it is large, and by the names of their
parts alone, so that none reaches a file that is not its own."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

from interchange.manifest import MOST_FILES, MOST_PARTS
from models.portable.faults import Unrestorable

#: How archives are packed, and how many times its size nothing that is packed so unpacks to, whatever a firm has
#: written (https://zlib.net/zlib_tech.html). Other ways have no such bound.
PACKED, MOST_UNPACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED), 1_032
#: In bytes: what a zip file says of a part in its directory, at most.
_ENTRY = 46 + 100 + 100

# https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3.14 to 4.3.16.
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END_64 = b"PK\x06\x06"

_CUT_OFF = "It is no whole archive: it was cut off, or is something else."


class Archive(Protocol):
    """Parts by their names."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes in bytes that the parts have, or say that they have."""

    def open(self, name: str) -> IO[bytes]:
        """To read one of these parts."""


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """A zip file or a folder. `Unrestorable` where it is neither, or holds what no archive has."""
    try:
        if path.is_dir():
            yield _Folder(path)
        else:
            with path.open("rb") as file, _zip_file(file) as archive:
                yield _ZipFile(archive, os.fstat(file.fileno()).st_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, struct.error):
        raise Unrestorable(_CUT_OFF) from None
    except (ConnectionError, TimeoutError):
        raise  # Of the database.
    except OSError as error:
        raise Unrestorable(f"It cannot be read ({error.strerror}).") from None


@contextmanager
def _zip_file(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    # Python reads the whole directory, whatever its size: so that is looked at first.
    if _directory_size(file) > (MOST_FILES + MOST_PARTS) * _ENTRY:
        raise Unrestorable(f"It has too many files: no archive in a zip file has more than {MOST_FILES:,}.")
    with zipfile.ZipFile(file) as archive:
        yield archive


def _directory_size(file: IO[bytes]) -> int:
    """How large the directory of a zip file is by what its end says."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0:
        raise Unrestorable(_CUT_OFF)
    (directory,) = struct.unpack_from("<L", tail, end + 12)
    if end >= _LOCATOR_SIZE and tail.startswith(_LOCATOR, end - _LOCATOR_SIZE):
        (at,) = struct.unpack_from("<Q", tail, end - _LOCATOR_SIZE + 8)
        file.seek(min(at, size))
        if (end_64 := file.read(56)).startswith(_END_64):
            (directory,) = struct.unpack_from("<Q", end_64, 40)
    return int(directory)


class _ZipFile:
    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        entries = archive.infolist()
        if len({entry.filename for entry in entries}) < len(entries):
            raise Unrestorable("It has a file twice.")
        # Where files lie over each other, they are more than there is.
        if sum(entry.compress_size for entry in entries) > size:
            raise Unrestorable(_CUT_OFF)
        for entry in entries:
            if entry.flag_bits & 1:
                raise Unrestorable("It is encrypted. Bring it as it was written.")
            if entry.compress_type not in PACKED:
                raise Unrestorable(f"{entry.filename[:100]} is packed otherwise than archives are: by deflate.")
            if entry.file_size > MOST_UNPACKED * entry.compress_size:
                told = f"{entry.filename[:100]} would unpack to more than {MOST_UNPACKED:,} times its size."
                raise Unrestorable(told)
        self._sizes = {entry.filename: entry.file_size for entry in entries}

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def open(self, name: str) -> IO[bytes]:
        # Python's own way to read lines of a part is slow.
        return io.BufferedReader(cast(io.RawIOBase, self._archive.open(name)), 1 << 16)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._sizes: dict[str, int] = {}
        # Links are not followed: each would be a way out of the folder.
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                found = Path(folder, name)
                if found.is_symlink() or not (found.is_dir() or found.is_file()):
                    raise Unrestorable(f"{found.relative_to(path)} is neither a file nor a folder.")
            for name in files:
                found = Path(folder, name)
                self._sizes[found.relative_to(path).as_posix()] = found.stat().st_size

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")
