"""Files with real processes: one of a gigabyte, servers that are killed, and the store in a folder and in S3."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

import embedded
from files.segments import name_of, pieces
from files.spool import SEGMENT
from files.store import Place, Store
from models.files.sweeping import BYTES_KEPT, expire
from models.files.uploads import KEPT_FOR, segments_of
from models.ids import Kind, encode
from models.rows.files import File, FileSegment, FileState
from models.sign_in import issue_for
from models.signing_keys import KEYS
from tests.databases import on, own_database
from tests.system.jobwire import Jobwire, jobwire
from tests.system.jobwire_that_dies import STEPS
from tests.system.s3 import s3_server, weed
from tests.tus import FILE, OCTETS, named
from tests.world import World
from workers.files import remove_given_up, remove_stray

GIGABYTE = 2**30
PIECE = 2**20
#: In bytes: so much more memory than before its first request a server may have taken, whatever the size of a file.
MEMORY = 160 * 2**20


class Data:
    """Bytes that cannot be compressed, made as they are asked for: each piece is random, and has its number."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._random = os.urandom(PIECE)

    def piece(self, number: int) -> bytes:
        """One of the pieces."""
        return number.to_bytes(8, "big") + self._random[8 : min(PIECE, self.size - number * PIECE)]

    async def from_(self, start: int) -> AsyncIterator[bytes]:
        """All that comes from there on."""
        number, skipped = divmod(start, PIECE)
        while number * PIECE < self.size:
            yield self.piece(number)[skipped:]
            number, skipped = number + 1, 0

    def digest(self) -> str:
        """The SHA-256 of all of it."""
        made = hashlib.sha256()
        for number in range(-(-self.size // PIECE)):
            made.update(self.piece(number))
        return made.hexdigest()


class Server:
    """A server process, and a member's way to it."""

    def __init__(self, process: Jobwire, http: aiohttp.ClientSession, token: str) -> None:
        self.process = process
        self.url = process.says("Listening on").removeprefix("Listening on ").removesuffix("/graphql")
        self.http = http
        self._token = {"authorization": f"Bearer {token}"}

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.process.pid

    def memory(self, what: str = "VmHWM") -> int:
        """In bytes: the most that it has taken so far."""
        (line,) = [each for each in Path(f"/proc/{self.pid}/status").read_text().splitlines() if each.startswith(what)]
        return int(line.split()[1]) * 1024

    async def begin(self, size: int) -> str:
        """Where an upload is."""
        said = {"upload-length": str(size), "upload-metadata": named("Books.bin"), "tus-resumable": "1.0.0"}
        async with self.http.post(f"{self.url}/files", headers=self._token | said) as answer:
            assert answer.status == 201, await answer.text()
            return answer.headers["location"]

    async def reached(self, path: str) -> int:
        """How many bytes are there."""
        async with self.http.head(self.url + path, headers=self._token | {"tus-resumable": "1.0.0"}) as answer:
            assert answer.status == 200
            return int(answer.headers["upload-offset"])

    async def send(self, path: str, data: AsyncIterator[bytes], offset: int) -> int:
        """How many bytes are there afterwards."""
        said = {"content-type": OCTETS, "upload-offset": str(offset), "tus-resumable": "1.0.0"}
        async with self.http.patch(self.url + path, data=data, headers=self._token | said) as answer:
            assert answer.status == 204, await answer.text()
            return int(answer.headers["upload-offset"])

    async def file(self, path: str) -> Any:
        """What GraphQL says of a file."""
        question = {"query": FILE, "variables": {"id": path.rpartition("/")[2]}}
        async with self.http.post(f"{self.url}/graphql", json=question, headers=self._token) as answer:
            return (await answer.json())["data"]["file"]

    async def digest(self, path: str) -> tuple[str, int]:
        """The SHA-256 of what is read at a file's link, and how much that is."""
        made, size = hashlib.sha256(), 0
        async with self.http.get(self.url + (await self.file(path))["url"]) as answer:
            assert answer.status == 200
            async for data in answer.content.iter_chunked(PIECE):
                made.update(data)
                size += len(data)
        return made.hexdigest(), size


def on_the_way() -> int:
    """How many bytes the kernel takes of a sender, at most, that nobody has read."""
    buffers = (Path(f"/proc/sys/net/ipv4/{name}").read_text().split()[-1] for name in ("tcp_rmem", "tcp_wmem"))
    return sum(map(int, buffers))


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections, as many as it takes, for as long as it takes."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(None)) as session:
        yield session


@pytest.mark.timeout(300)
@pytest.mark.parametrize("where", ["folder", "s3"])
async def test_a_gigabyte_comes_back_identical_though_its_server_was_killed(
    where: str, servers: embedded.Servers, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    if where == "s3" and weed() is None:
        pytest.skip("SeaweedFS is not installed.")
    data = Data(GIGABYTE)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(own_database(servers, f"gigabyte_{where}"))
        settings: dict[str, Any] = {"database_url": url, "redis_url": servers.redis_url, "port": 0}
        settings["data_dir"] = tmp_path / "data"
        if where == "s3":
            (tmp_path / "s3").mkdir()
            settings |= await stack.enter_async_context(s3_server(tmp_path / "s3"))
        async with on(url):
            world = await World.build("gigabyte")
            token = await _token_of(world)
        with jobwire("serve", **settings) as first:
            server = Server(first, http, token)
            path = await server.begin(data.size)

            async def until_killed() -> AsyncIterator[bytes]:
                sent = 0
                async for piece in data.from_(0):
                    yield piece
                    sent += len(piece)
                    if sent == data.size // 2:
                        first.process.kill()

            with pytest.raises(aiohttp.ClientError):
                await server.send(path, until_killed(), 0)
        with jobwire("serve", **settings) as second:
            server = Server(second, http, token)
            at_first, reached = server.memory(), await server.reached(path)
            # Of what was sent, the segment that was being filled is lost, and the one that was being written; and what
            # the server had not read yet.
            assert data.size // 2 - 4 * SEGMENT - on_the_way() <= reached <= data.size // 2
            assert await server.send(path, data.from_(reached), reached) == data.size
            digest = data.digest()
            file = await server.file(path)
            assert (file["state"], file["size"], file["sha256"]) == ("READY", data.size, digest)
            assert await server.digest(path) == (digest, data.size)
            most = server.memory()
        print(f"\n{where}: {(most - at_first) / 2**20:.0f} MB more than {at_first / 2**20:.0f} MB, of {reached:,} kept")
        assert most - at_first < MEMORY


async def test_a_kill_at_any_step_leaves_nothing_that_is_not_swept_and_no_file_without_its_bytes(
    servers: embedded.Servers, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    data, folder = Data(SEGMENT + PIECE), tmp_path / "data"
    store = Store(Place(folder / "files"))
    expected = b"".join([piece async for piece in data.from_(0)])
    async with own_database(servers, "killed") as url:
        settings: dict[str, Any] = {"database_url": url, "redis_url": servers.redis_url, "data_dir": folder, "port": 0}
        async with on(url):
            world = await World.build("killed")
            token = await _token_of(world)
            for step in STEPS:
                with jobwire("serve", program="tests.system.jobwire_that_dies", dies_at=step, **settings) as dying:
                    with pytest.raises(aiohttp.ClientError):
                        await _upload(Server(dying, http, token), data)
                    assert dying.ends() == -9, step
                await _expect_whole(store, expected, step)
            # All but those that were never begun go on where they are.
            with jobwire("serve", **settings) as living:
                server = Server(living, http, token)
                states = []
                for file in await File.all():
                    path = f"/files/{encode(Kind.FILE, file.id)}"
                    reached = await server.reached(path)
                    states.append(reached)
                    if reached < data.size:
                        assert await server.send(path, data.from_(reached), reached) == data.size
                    assert await server.digest(path) == (data.digest(), data.size)
            # Of the one that was killed before it was begun nothing is known; of the last all was there.
            assert len(states) == len(STEPS) - 1
            assert {0, data.size} <= set(states) <= {0, SEGMENT, data.size}
            assert {file.state for file in await File.all()} == {FileState.READY}
            await _expect_nothing_but(store, folder / "files")
            assert await expire(datetime.now(UTC) + KEPT_FOR + timedelta(hours=1)) == len(states)
            later = datetime.now(UTC) + KEPT_FOR + BYTES_KEPT + timedelta(hours=2)
            assert await remove_given_up(store, later) == len(states)
            assert _files_in(folder / "files") == set()


async def _token_of(world: World) -> str:
    """A token of the owner's, by a key of the present database."""
    KEYS.forget()
    try:
        return await issue_for(world.owner.id, 1)
    finally:
        KEYS.forget()


async def _upload(server: Server, data: Data) -> None:
    await server.send(await server.begin(data.size), data.from_(0), 0)


def _files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


async def _expect_whole(store: Store, expected: bytes, step: str) -> None:
    """What rows say that is there is there, and is what it was."""
    for file in await File.all():
        segments = await segments_of(file.id)
        reached = sum(segment.size for segment in segments)
        found = b"".join([piece async for piece in pieces(store, file.firm_id, file.id, segments, 0, max(1, reached))])
        assert found == expected[:reached], step
        assert (file.state is FileState.READY) == (reached == file.size), step


async def _expect_nothing_but(store: Store, folder: Path) -> None:
    """What is old and in no row is removed, and nothing else."""
    await remove_stray(store, datetime.now(UTC) + BYTES_KEPT + timedelta(hours=1))
    known = {
        name_of(file.firm_id, file.id, segment.key)
        for file in await File.all()
        for segment in await FileSegment.filter(file_id=file.id)
    }
    assert _files_in(folder) == known
