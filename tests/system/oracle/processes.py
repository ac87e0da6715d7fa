"""The processes of the oracle: Valkey, servers and workers, each of which can be killed, and a mail server."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import embedded
from tests.databases import own_database
from tests.live.valkey import Valkey, own_valkey
from tests.system.mother import Born
from tests.system.oracle.post import Post

ROOT = Path(__file__).parents[3]
LISTENING = re.compile(rb"Listening on (http://127\.0\.0\.1:(\d+)/graphql)")
PATIENCE = 60.0


@dataclass
class Program:
    """A process of ours, with what it printed in a file."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    _said_before: int = 0

    def start(self) -> None:
        """Start it, for the first time or again."""
        with self.log.open("ab") as log:
            self._said_before = log.tell()
            self.process = Born(
                [sys.executable, "-m", *self.arguments],
                env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def said(self) -> bytes:
        """What it has printed since its last start."""
        return self.log.read_bytes()[self._said_before :]

    def faults(self) -> list[str]:
        """What it logged as a fault of its own, since its first start."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if '"level": "error"' in line or line.startswith("Traceback")]

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


@dataclass
class Server(Program):
    """A `serve` process. After the first start it keeps its port."""

    url: str = ""

    async def ready(self) -> None:
        """Wait until it listens."""
        deadline = time.monotonic() + PATIENCE
        while (found := LISTENING.search(self.said())) is None:
            assert self.alive, f"{self.name} ended at its start: {self.said()[-2000:].decode()}"
            assert time.monotonic() < deadline, f"{self.name} does not listen: {self.said()[-2000:].decode()}"
            await asyncio.sleep(0.05)
        self.url = found[1].decode()
        self.environment["JOBWIRE_PORT"] = found[2].decode()

    @property
    def socket_url(self) -> str:
        """For websockets."""
        return self.url.replace("http", "ws", 1)


@dataclass
class House:
    """All of them."""

    valkey: Valkey
    servers: list[Server]
    workers: list[Program]
    post: Post

    def unwell(self) -> list[str]:
        """Who has ended by itself, and what was logged as a fault."""
        programs = [*self.servers, *self.workers]
        ended = [
            f"{program.name} has ended: {program.said()[-2000:].decode()}" for program in programs if not program.alive
        ]
        return ended + [f"{program.name}: {fault}" for program in programs for fault in program.faults()[:3]]

    async def kill_valkey(self) -> None:
        """SIGKILL."""
        await self.valkey.kill()

    async def restart_valkey(self) -> None:
        """Start it again, at the same address."""
        await self.valkey.start()

    async def restart(self, server: Server) -> None:
        """Start a killed server again, on the port that it had."""
        server.start()
        await server.ready()


@asynccontextmanager
async def house(folder: Path, on: embedded.Servers, *, workers: int = 1) -> AsyncIterator[House]:
    """Two servers and some workers on a database and a Valkey of their own. `Server.ready` says when they listen."""
    async with own_database(on, "oracle") as database_url, own_valkey() as valkey:
        post = Post()
        await post.start()
        environment = {
            "JOBWIRE_DATABASE_URL": database_url,
            "JOBWIRE_REDIS_URL": valkey.url,
            "JOBWIRE_DRAIN_WINDOW": "0",
            # Its clients read anew more often than any that somebody looks at.
            "JOBWIRE_POINTS_A_MINUTE": "1000000000",
            "JOBWIRE_AUTOMATIONS_A_MINUTE": "1000000000",
            "JOBWIRE_MAIL_FROM": "office@jobwire.example",
            "JOBWIRE_SMTP_URL": f"smtp+insecure://127.0.0.1:{post.port}",
        }
        servers = [
            Server(f"server {name}", ["cli", "serve"], {**environment, "JOBWIRE_PORT": "0"}, folder / f"{name}.log")
            for name in ("a", "b")
        ]
        working = [
            Program(f"worker {number}", ["cli", "worker"], dict(environment), folder / f"worker {number}.log")
            for number in range(workers)
        ]
        programs = [*servers, *working]
        try:
            for program in programs:
                program.start()
            yield House(valkey, servers, working, post)
        finally:
            for program in programs:
                program.kill()
            await post.stop()
