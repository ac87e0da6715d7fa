"""The clients in docs/live.md, run as they are printed: they follow a board, and come back for what they missed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from models.commands.moves import move_job
from models.passwords import hash_password
from models.rows import Job, Member
from tests.docs.pages import blocks
from tests.node import CLIENTS
from tests.serving import Api
from tests.world import World

PASSWORD = "correct horse battery staple"
HOST = "127.0.0.1"


class Wire:
    """A way to the server that can be cut."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.accepted = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what comes, both ways."""
        self.accepted += 1
        there = await asyncio.open_connection(HOST, self._port)
        self._writers |= {writer, there[1]}
        await asyncio.gather(self._copy(reader, there[1]), self._copy(there[0], writer), return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()

    def cut(self) -> None:
        """Lose every connection."""
        for writer in list(self._writers):
            writer.transport.abort()


@asynccontextmanager
async def wire_to(api: Api) -> AsyncIterator[tuple[Wire, str]]:
    """A wire to the API, and the URL at its near end."""
    port = urlsplit(api.url).port
    assert port is not None
    wire = Wire(port)
    listener = await asyncio.start_server(wire, HOST, 0)
    try:
        yield wire, f"http://{HOST}:{listener.sockets[0].getsockname()[1]}/graphql"
    finally:
        listener.close()
        wire.cut()


@asynccontextmanager
async def running(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, ended afterwards."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def says(process: asyncio.subprocess.Process) -> str:
    """The next line of a program."""
    assert process.stdout is not None
    async with asyncio.timeout(30):
        return (await process.stdout.readline()).decode().strip()


def _printed(language: str, name: str) -> str:
    (example,) = [block for block in blocks(language) if block.page == "docs/live.md" and name in block.text]
    return example.text


async def test_the_javascript_client_follows_a_board(world: World, api: Api, node: str, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    (tmp_path / "board.mjs").write_text(_printed("js", "node board.mjs"))
    await _follows_a_board(world, api, node, str(tmp_path / "board.mjs"))


async def test_the_python_client_follows_a_board(world: World, api: Api, tmp_path: Path) -> None:
    (tmp_path / "board.py").write_text(_printed("python", "python board.py"))
    await _follows_a_board(world, api, sys.executable, str(tmp_path / "board.py"))


async def _follows_a_board(world: World, api: Api, *command: str) -> None:
    await Member.filter(id=world.owner.id).update(password_hash=await hash_password(PASSWORD))
    job = await world.job()
    async with wire_to(api) as (wire, url), running(*command, url, world.owner.email, PASSWORD) as client:
        assert await says(client) == f"read Tax returns at revision {await world.revision()}: 1 cards"
        await _moves(world, job, client)
        met = wire.accepted
        wire.cut()
        moved = await _move(world, job, to=2)
        assert await says(client) == f"{moved} JobMoved: 1 cards"
        assert wire.accepted > met
        await world.job("Another")
        assert await says(client) == f"{await world.revision()} JobCreated: 2 cards"


async def _moves(world: World, job: Job, client: asyncio.subprocess.Process) -> None:
    moved = await _move(world, job, to=1)
    assert await says(client) == f"{moved} JobMoved: 1 cards"


async def _move(world: World, job: Job, *, to: int) -> int:
    stages = await world.stages()
    return (await move_job(world.acting(world.admin), job_id=job.id, stage_id=stages[to].id)).revision
