"""What the tests of `jobwire watch` share: the command as a process, a relay to break, a follower in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from models.commands.members import create_member
from models.ids import Kind, encode
from models.rows import Member
from tests.serving import Api
from tests.system.jobwire import HOUSE
from tests.system.mother import Born
from tests.world import World
from watch.client import Client, Happening, Link
from watch.documents import BOARD
from watch.session import Session

PASSWORD = "correct horse battery staple"
PATIENCE = 20.0


async def until(fact: Callable[[], Any], what: str = "it happens") -> Any:
    """Wait for a fact, with a deadline."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := fact()):
                await asyncio.sleep(0.01)
            return found
    except TimeoutError:
        raise AssertionError(f"Waited in vain until {what}") from None


async def with_password(world: World, name: str, **fields: Any) -> Member:
    """Another member, who can sign in."""
    email = f"{name.split()[0].lower()}@{world.tag}.example"
    return (await create_member(world.acting(world.owner), email=email, name=name, password=PASSWORD, **fields)).value


@dataclass
class Command:
    """The command as a process of its own. `lines` is what it has said so far."""

    process: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        """All that it says, until it ends."""
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self.lines.append(line.decode().rstrip())

    async def says(self, text: str, after: int = 0) -> int:
        """Wait for a line with this text; returns how many lines there are up to it."""

        def found() -> int:
            return next((n for n, line in enumerate(self.lines, 1) if n > after and text in line), 0)

        try:
            return await until(found)  # type: ignore[no-any-return]
        except AssertionError:
            raise AssertionError(f"It never said {text!r}, but:\n" + "\n".join(self.lines)) from None


def arguments(url: str, member: Member, **more: Any) -> dict[str, Any]:
    """What the command is called with."""
    return {"url": url, "email": member.email, "password": PASSWORD, "pipeline": None, "token": None, **more}


def start(given: dict[str, Any], **options: Any) -> subprocess.Popen[bytes]:
    """Run the command."""
    return Born([sys.executable, "-m", "tests.system.watch_command", json.dumps(given)], cwd=HOUSE, **options)


@contextlib.asynccontextmanager
async def watching(url: str, member: Member, **more: Any) -> AsyncIterator[Command]:
    """The command, its lines being read; ended with Ctrl-C, which must be code 0."""
    process = start(arguments(url, member, **more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    command = Command(process)
    reading = asyncio.create_task(asyncio.to_thread(command.read))
    try:
        yield command
        process.send_signal(signal.SIGINT)
        code = await asyncio.to_thread(process.wait, PATIENCE)
        await reading
        assert code == 0, command.lines
        assert not any("Traceback" in line for line in command.lines), command.lines
    finally:
        process.kill()
        process.wait()
        await reading


async def outcome(given: dict[str, Any]) -> tuple[int, str]:
    """The code and the last words of a command that ends by itself."""
    process = start(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        _, said = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said.decode().strip()


class Relay:
    """An address that leads to a server, until it is cut."""

    def __init__(self, url: str = "") -> None:
        self.target = url
        self.port = 0
        self._leads = True
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    async def __aenter__(self) -> Relay:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        assert self._server is not None
        self._server.close()

    def mend(self) -> None:
        """Lead there again."""
        self._leads = True

    async def cut(self) -> None:
        """Break every connection, those to come too."""
        self._leads = False
        await until(self._broken, "the connections are broken")

    def _broken(self) -> bool:
        # Again and again: one that was being accepted comes later.
        for writer in self._writers:
            writer.transport.abort()
        return not self._writers

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = urlsplit(self.target)
        try:
            if not self._leads:
                raise ConnectionRefusedError
            up_reader, up_writer = await asyncio.open_connection(there.hostname, there.port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


@dataclass
class Seen:
    """A view that remembers."""

    links: list[Link] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def linked(self, link: Link, why: str = "") -> None:
        self.links.append(link)

    def changed(self, happenings: list[Happening]) -> None:
        self.words += [happening.words for happening in happenings]


@contextlib.asynccontextmanager
async def following(url: str, api: Api, member: Member, pipeline: Any) -> AsyncIterator[tuple[Client, Seen]]:
    """A client in this process with a token of the member's, once it is live."""
    async with follow(Session(url, member.email, None, access=await api.token(member)), pipeline) as followed:
        yield followed


@contextlib.asynccontextmanager
async def follow(session: Session, pipeline: Any) -> AsyncIterator[tuple[Client, Seen]]:
    """A client in this process, once it is live."""
    seen = Seen()
    client = Client(session, encode(Kind.PIPELINE, pipeline.id), seen)
    task = asyncio.create_task(client.follow())
    try:
        await until(lambda: task.done() or Link.LIVE in seen.links, "it is live")
        yield client, seen
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def fresh(api: Api, member: Member, pipeline: Any, *, budgets: bool) -> Any:
    """The board as a query gives it now."""
    id = encode(Kind.PIPELINE, pipeline.id)
    return (await api.ask(member, BOARD, id=id, budgets=budgets))["pipeline"]
