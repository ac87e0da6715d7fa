"""The one store: objects of at most some megabytes, each written whole, by name.

A folder or S3 (or what speaks as S3 does), by one library. An object that is there is whole: a put writes it elsewhere
first, and gives it its name when all of it is there."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

#: So many objects are written at once by a process: each is in memory while it is.
PUTS_AT_ONCE = 4
#: Of what is listed, removed and asked about at once.
MANY = 1_000
#: In a folder, an object that is being written: what the library calls it until it has its name.
_STAGED = re.compile(r"#\d+$")
_CONNECT, _REQUEST = timedelta(seconds=5), timedelta(seconds=30)

#: An object that is not there. The library has two words for it, one of them Python's own.
Missing: tuple[type[Exception], ...] = (NotFoundError, FileNotFoundError)
#: What the store answers with when it does not do what it is asked to.
STORE_ERRORS: tuple[type[Exception], ...] = (BaseError, OSError)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is: a folder; or a bucket, and what stands before the names in it, at this endpoint (that of AWS
    when there is none). Without a key the library finds one where AWS has it: in the environment, or at the machine."""

    folder: Path
    url: str | None = None
    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether there may be something in it: nobody has made the folder before the first file."""
        return self.url is not None or self.folder.is_dir()

    def open(self) -> ObjectStore:
        """The store that is there, with the folder, in which files are also kept while they come."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.url is None:
            return LocalStore(self.folder, automatic_cleanup=True)
        parts = urlsplit(self.url)
        said = {
            "endpoint": self.endpoint,
            "region": self.region or "us-east-1",
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
        }
        config: Any = {name: value for name, value in said.items() if value is not None}
        plain = self.endpoint is not None and self.endpoint.startswith("http://")
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            client_options={"allow_http": plain, "connect_timeout": _CONNECT, "timeout": _REQUEST},
            retry_config={"max_retries": 4, "retry_timeout": _REQUEST},
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is there, and when it was written."""

    name: str
    written_at: datetime


class Store:
    """The objects. Make one per process."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._puts = asyncio.Semaphore(PUTS_AT_ONCE)

    @cached_property
    def _objects(self) -> ObjectStore:
        # When it is first needed: most processes of tests, and many that serve, never see a file.
        return self._place.open()

    @property
    def _folder(self) -> Path | None:
        """Where the objects are; None where they are in no folder."""
        return self._place.folder if self._place.url is None else None

    @property
    def spools(self) -> Path:
        """A folder for what is on its way here."""
        assert self._objects
        return self._place.folder

    async def put(self, name: str, read: Callable[[], Awaitable[bytes]]) -> None:
        """Write an object: what `read` gives, when it is its turn. It is there, whole, when this returns; when this
        fails it may be, and may not."""
        async with self._puts:
            await obstore.put_async(self._objects, name, await read(), use_multipart=False)

    async def read(self, name: str, start: int, size: int) -> bytes:
        """A piece of an object. Nothing is held between two pieces: a slow reader costs the store nothing."""
        return bytes(await obstore.get_range_async(self._objects, name, start=start, length=size))

    async def remove(self, names: Sequence[str]) -> None:
        """Remove objects. What is not there is no mistake."""
        for first in range(0, len(names), MANY):
            few = list(names[first : first + MANY])
            try:
                await obstore.delete_async(self._objects, few)
            except Missing:
                # It may have stopped at that one.
                for name in few:
                    await self._remove_one(name)

    async def _remove_one(self, name: str) -> None:
        try:
            await obstore.delete_async(self._objects, name)
        except Missing:
            return

    async def walk(self) -> AsyncIterator[list[Stored]]:
        """All objects there are, some at a time; of those that are written or removed meanwhile some. In a folder also
        what a process that was killed left of an object that it was writing."""
        async for page in obstore.list(self._objects, chunk_size=MANY):
            yield [Stored(each["path"], each["last_modified"]) for each in page]
        for staged in await asyncio.to_thread(lambda: list(self._staged())):
            yield [staged]

    def _staged(self) -> Iterator[Stored]:
        if (root := self._folder) is None:
            return
        for folder, _, names in os.walk(root):
            for path in (Path(folder, name) for name in names if _STAGED.search(name)):
                try:
                    written = path.stat().st_mtime
                except FileNotFoundError:
                    continue  # It has its name by now.
                yield Stored(path.relative_to(root).as_posix(), datetime.fromtimestamp(written, UTC))

    async def remove_stray(self, names: Sequence[str]) -> None:
        """Remove what `walk` found, of which nobody knows."""
        await self.remove([name for name in names if not _STAGED.search(name)])
        for name in filter(_STAGED.search, names):
            (self._place.folder / name).unlink(missing_ok=True)
