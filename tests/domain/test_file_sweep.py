"""What removes the bytes and the rows of files that nobody has, and what a scanner is asked."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

import embedded
from files.scanner import Scanner, ScannerAway
from files.segments import name_of, pieces
from files.store import Place, Store
from models.actor import Actor
from models.database import sql
from models.files.files import FileChecked
from models.files.sweeping import BYTES_KEPT, expire
from models.files.uploads import KEPT_FOR, Received, Whole, add_segments, begin_upload, segments_of
from models.ids import new_id
from models.items.documents import Document
from models.rows.files import File, FileSegment, FileState, FileTotal
from tests.databases import on, own_database
from tests.files import LIMITS, give_up, take
from tests.kinds.documents import make_loose
from tests.specimens import Spot
from tests.world import World
from workers.files import remove_given_up, remove_stray, scan

HOUR = timedelta(hours=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "files"


@pytest.fixture
def store(folder: Path) -> Store:
    """A store of the test's own, in a folder."""
    return Store(Place(folder))


_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def swept_url(servers: embedded.Servers) -> AsyncIterator[str]:
    """A database in which nobody else is: what is swept is swept of all firms."""
    async with own_database(servers, "swept") as url:
        yield url


@pytest.fixture
async def world(swept_url: str) -> AsyncIterator[World]:
    """A firm in it, and no file of another one."""
    async with on(swept_url):
        yield await World.build(f"swept{next(_numbers)}")
        await sql("DELETE FROM file_segment")
        await sql("DELETE FROM file")


async def put(store: Store, firm: UUID, file: UUID, data: bytes, begins: int = 0) -> Received:
    """A segment that is in the store, and in no row."""
    segment = Received(begins, len(data), new_id().hex)

    async def read() -> bytes:
        return data

    await store.put(name_of(firm, file, segment.key), read)
    return segment


async def uploaded(store: Store, actor: Actor, *parts: bytes, to_check: bool = False) -> File:
    """A file of these segments."""
    data = b"".join(parts)
    file = (await begin_upload(actor, name="a.txt", size=len(data), limits=LIMITS)).value
    begins, segments = 0, []
    for part in parts:
        segments.append(await put(store, actor.firm_id, file.id, part, begins))
        begins += len(part)
    whole = Whole(sha256(data).hexdigest(), "text/plain", to_check)
    return (await add_segments(actor, file_id=file.id, segments=segments, whole=whole)).value


def objects(folder: Path) -> list[str]:
    """What is in the store."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def read(store: Store, file: File) -> bytes:
    """The bytes of a file."""
    segments = await segments_of(file.id)
    return b"".join([piece async for piece in pieces(store, file.firm_id, file.id, segments, 0, file.size)])


async def test_what_nothing_takes_in_time_goes_with_its_bytes_and_gives_back_its_room(
    world: World, store: Store, folder: Path
) -> None:
    actor, now = world.acting(world.owner), datetime.now(UTC)
    kept, left = await uploaded(store, actor, b"kept"), await uploaded(store, actor, b"left", b"behind")
    document = await Document.get(id=await make_loose(actor, "Return", Spot(world.account.id)))
    await take(actor, owner=document, file_ids=[kept.id])
    assert await expire(now + KEPT_FOR - HOUR) == 0
    later = now + KEPT_FOR + HOUR
    assert (await expire(later), await expire(later)) == (1, 0)
    assert (await FileTotal.get(firm_id=world.firm.id)).size == 4
    # The bytes stay for a while: of one piece with a backup of the database that was made before.
    assert await remove_given_up(store, later + BYTES_KEPT - HOUR) == 0
    assert await read(store, left) == b"leftbehind"
    assert await remove_given_up(store, later + BYTES_KEPT + HOUR) == 1
    assert await File.filter(firm_id=world.firm.id).count() == await FileSegment.all().count() == 1
    assert await read(store, kept) == b"kept"
    await give_up(actor, owner=document)
    assert (await FileTotal.get(firm_id=world.firm.id)).size == 0
    assert await remove_given_up(store, datetime.now(UTC) + BYTES_KEPT + HOUR) == 1
    await remove_stray(store, datetime.now(UTC) + 2 * BYTES_KEPT)
    assert (objects(folder), await File.all().count()) == ([], 0)


async def test_a_removal_that_was_killed_half_way_is_done_again(world: World, store: Store, folder: Path) -> None:
    actor = world.acting(world.owner)
    for step in ("bytes", "segments"):
        file = await uploaded(store, actor, b"one", b"two")
        gone = "kept_for_id = NULL, expires_at = NULL, given_up_at = now() - interval '2 days'"
        await sql(f"UPDATE file SET {gone} WHERE id = $1", file.id)
        segments = await segments_of(file.id)
        names = [name_of(file.firm_id, file.id, segment.key) for segment in segments]
        await store.remove(names[:1] if step == "bytes" else names)
        if step == "segments":
            await sql("DELETE FROM file_segment WHERE file_id = $1", file.id)
        assert await remove_given_up(store, datetime.now(UTC)) == 1
        await remove_stray(store, datetime.now(UTC))
        assert (objects(folder), await File.all().count()) == ([], 0)


async def test_what_is_in_the_store_and_in_no_row_is_removed_when_it_is_old(
    world: World, store: Store, folder: Path
) -> None:
    actor = world.acting(world.owner)
    file = await uploaded(store, actor, b"mine")
    stray = [await put(store, world.firm.id, file.id, b"stray"), await put(store, world.firm.id, new_id(), b"stray")]
    assert all(stray)
    # What a process that was killed leaves of an object that it was writing, and what is somebody else's.
    half = folder / world.firm.id.hex / file.id.hex / f"{new_id().hex}#1"
    half.write_bytes(b"ha")
    (folder / "notes.txt").write_bytes(b"not ours")
    assert len(objects(folder)) == 5
    assert await remove_stray(store, datetime.now(UTC)) == 0  # It may be about to be in a row.
    assert await remove_stray(store, datetime.now(UTC) + BYTES_KEPT + HOUR) == 3
    (segment,) = await segments_of(file.id)
    left = set(objects(folder))
    assert left == {name_of(file.firm_id, file.id, segment.key), "notes.txt"}
    assert await read(store, file) == b"mine"


async def test_another_firms_segment_of_the_same_name_is_stray_and_another_databases_is_not_ours(
    world: World, store: Store
) -> None:
    file, other = await uploaded(store, world.acting(world.owner), b"mine"), await World.build("swept-other")
    (segment,) = await segments_of(file.id)

    async def data() -> bytes:
        return b"theirs"

    for firm in (other.firm.id, new_id()):
        await store.put(name_of(firm, file.id, segment.key), data)
    assert await remove_stray(store, datetime.now(UTC) + BYTES_KEPT + HOUR) == 1
    assert await read(store, file) == b"mine"


async def test_bytes_that_are_not_what_they_were_are_not_given(world: World, store: Store, folder: Path) -> None:
    file = await uploaded(store, world.acting(world.owner), b"whole")
    (segment,) = await segments_of(file.id)
    (folder / name_of(file.firm_id, file.id, segment.key)).write_bytes(b"ha")
    with pytest.raises(Exception, match=r"shorter|outside|range|Range"):
        await read(store, file)


@asynccontextmanager
async def clamd(answers: Iterator[bytes], *, path: Path | None = None) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that speaks as clamd does on the wire, and what it was shown; None of its answers is clamd's own."""
    shown: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(10) == b"zINSTREAM\0"
        data = b""
        while size := int.from_bytes(await reader.readexactly(4), "big"):
            data += await reader.readexactly(size)
        shown.append(data)
        writer.write(next(answers))
        writer.close()

    if path is not None:
        server = await asyncio.start_unix_server(serve, path)
        url = f"unix://{path}"
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield url, shown


async def bytes_of(*data: bytes) -> AsyncIterator[bytes]:
    """These, one after the other."""
    for each in data:
        yield each


async def test_what_a_scanner_says(tmp_path: Path) -> None:
    told = iter(
        [
            b"stream: OK\0",
            b"stream: Eicar-Test-Signature FOUND\0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"",
            b"a" * 100_000,
        ]
    )
    async with clamd(told, path=tmp_path / "clamd.sock") as (url, shown):
        scanner = Scanner(url)
        assert await scanner.is_clean(bytes_of(b"a" * 300_000, b"b")) is True
        assert await scanner.is_clean(bytes_of()) is False
        for _ in range(3):
            with pytest.raises(ScannerAway):
                await scanner.is_clean(bytes_of(b"a"))
    assert shown == [b"a" * 300_000 + b"b", b"", b"a", b"a", b"a"]
    os.unlink(tmp_path / "clamd.sock")
    for away in (url, "tcp://127.0.0.1:1"):
        with pytest.raises(ScannerAway):
            await Scanner(away).is_clean(bytes_of(b"a"))


async def test_files_are_read_when_a_scanner_has_answered(world: World, store: Store) -> None:
    actor = world.acting(world.owner)
    files = [await uploaded(store, actor, word, to_check=True) for word in (b"good", b"bad", b"unknown")]
    document = await Document.get(id=await make_loose(actor, "Return", Spot(world.account.id)))
    await take(actor, owner=document, file_ids=[files[1].id])
    before = await world.revision()
    assert await scan(store, Scanner("tcp://127.0.0.1:1")) == 0  # It is away: they wait.
    assert {file.state for file in await File.all()} == {FileState.CHECKING}

    class Answers:
        def __iter__(self) -> Answers:
            return self

        def __next__(self) -> bytes:
            return {b"good": b"stream: OK\0", b"bad": b"stream: X FOUND\0"}.get(shown[-1], b"stream: odd ERROR\0")

    async with clamd(iter(Answers())) as (url, shown):
        assert await scan(store, Scanner(url)) == 2
        assert sorted(shown) == [b"bad", b"good", b"unknown"]
    states = [(await File.get(id=file.id)).state for file in files]
    assert states == [FileState.READY, FileState.REFUSED, FileState.CHECKING]
    # What nobody has taken is told to nobody.
    (told,) = await world.events(before)
    assert told.event == FileChecked(file=files[1].id, account=world.account.id, file_state=FileState.REFUSED)
    assert (told.actor["kind"], told.actor["label"]) == ("AUTOMATION", "scanner")
