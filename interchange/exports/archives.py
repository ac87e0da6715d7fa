"""Where an export is written: to a zip file or a folder, part by part, with what is to be known of each part. What is
there under its name is whole: until then it has another one."""

import errno
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol

from interchange.manifest import Part

_THERE = "{} is there already. Name a file or a folder that is not."


class Unwritable(Exception):
    """There is something already, or no room. The message is one line for the person who gave the path."""


class Archive(Protocol):
    """Takes parts."""

    def open(self, name: str, *, packed: bool = True) -> IO[bytes]:
        """To write a part to, which a zip file packs, or has as it is."""


class Counted:
    """A part that is being written: counts its lines, and digests it."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name, self._file = name, file
        self._lines = self._size = 0
        self._digest = sha256()

    async def write(self, data: bytes) -> None:
        """Add to it. The lines of it end with a newline."""
        self._lines += data.count(b"\n")
        self._size += len(data)
        self._digest.update(data)
        self._file.write(data)

    def written(self) -> Part:
        """What it is by now."""
        return Part(name=self._name, lines=self._lines, size=self._size, sha256=self._digest.hexdigest())


@contextmanager
def new_archive(path: Path) -> Iterator[Archive]:
    """A zip file where the path ends with .zip, else a folder. `Unwritable` where something is there. It has its name
    when the block is left; where that fails, nothing is left."""
    made = _zip_file if path.suffix.lower() == ".zip" else _folder
    with _beside(path) as beside, made(beside) as archive:
        yield archive


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """As `new_archive`, of a single file."""
    with _beside(path) as beside, _file(beside) as file:
        yield file


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Where something is made that is to have this path."""
    if path.exists() or path.is_symlink():
        raise Unwritable(_THERE.format(path))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        _give_name(beside, path)
    except (ConnectionError, TimeoutError):
        raise  # Of the database.
    except OSError as error:
        raise Unwritable(f"{path} cannot be written ({error.strerror}).") from None
    finally:
        if beside.is_dir():
            shutil.rmtree(beside, ignore_errors=True)
        else:
            beside.unlink(missing_ok=True)


def _give_name(beside: Path, path: Path) -> None:
    """Call what is whole by its name. `Unwritable` where something has come to have that meanwhile."""
    try:
        if beside.is_dir():
            beside.rename(path)  # Never over what is not empty.
        elif not _linked(beside, path):
            path.open("xb").close()
            beside.rename(path)
    except (FileExistsError, NotADirectoryError):
        raise Unwritable(_THERE.format(path)) from None
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise Unwritable(_THERE.format(path)) from None


def _linked(beside: Path, path: Path) -> bool:
    """Whether it has the name too: some file systems, as those of sticks, have one name for each file."""
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    # Read by whoever writes it alone: it holds what is nobody else's.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _zip_file(path: Path) -> Iterator[Archive]:
    with _file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        yield _ZipFile(archive)


class _ZipFile:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def open(self, name: str, *, packed: bool = True) -> IO[bytes]:
        part = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
        part.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        return self._archive.open(part, "w", force_zip64=True)


@contextmanager
def _folder(path: Path) -> Iterator[Archive]:
    path.mkdir(mode=0o700)
    yield _Folder(path)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str, *, packed: bool = True) -> IO[bytes]:
        path = self._path / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return path.open("xb")
