"""The processes of a tax season, and those who open jobs through its servers."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

import embedded
from models.database import sql
from models.followers.standing import followers
from models.ids import Kind, encode, new_id
from models.sign_in import issue_for
from tests.databases import on, own_database
from tests.live.valkey import Valkey, own_valkey
from tests.mail_server import CUT, MailServer, Taken, mail_server
from tests.system.oracle.processes import Program, Server
from tests.system.season.worker import STAGES, TABLE
from tests.world import World

WORKERS, SERVERS = 3, 2
_CREATE = """mutation Create($input: CreateJobInput!) {
  createJob(input: $input) { job { id } errors { code message } } }"""


@dataclass
class Post:
    """The mail server. It may be away, or cut the connection when it has a mail."""

    port: int
    chance: random.Random
    accepted: Counter[str] = field(default_factory=Counter)
    #: Of so many mails the connection is cut before the answer.
    cuts: int = 0
    _server: MailServer | None = None
    _open: Any = None

    async def start(self) -> None:
        """Answer, from now on."""
        self._open = mail_server(port=self.port)
        self._server = await self._open.__aenter__()
        self.port = self._server.port
        self._server.before_answer = self._note

    async def stop(self) -> None:
        """Be away."""
        if self._open is not None:
            await self._open.__aexit__(None, None, None)
            self._open = None

    async def _note(self, mail: Taken) -> None:
        self.accepted[str(mail.message["Message-ID"]).strip("<>").partition("@")[0]] += 1
        assert self._server is not None
        # The next one to this recipient.
        self._server.to_mail.pop(mail.recipient, None)
        if self.cuts:
            self.cuts -= 1
            self._server.to_mail[mail.recipient] = CUT


@dataclass
class Office:
    """A firm, and what works for it."""

    world: World
    account: UUID
    servers: list[Server]
    workers: list[Program]
    valkey: Valkey
    post: Post
    jobs: list[UUID] = field(default_factory=list)

    async def open_jobs(self, number: int, chance: random.Random) -> None:
        """Whoever opens them asks again, anybody, until it is said that the job is there."""
        stage, *_ = await self.world.stages(self.world.pipeline)
        token = await issue_for(self.world.owner.id, 1)
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
            for _ in range(number):
                self.jobs.append(id := new_id())
                given = {
                    "id": encode(Kind.JOB, id),
                    "name": "1040",
                    "accountId": encode(Kind.ACCOUNT, self.account),
                    "pipelineId": encode(Kind.PIPELINE, self.world.pipeline.id),
                    "stageId": encode(Kind.STAGE, stage.id),
                }
                while not await self._opened(session, chance.choice(self.servers).url, given):
                    await asyncio.sleep(0.05)

    async def _opened(self, session: aiohttp.ClientSession, url: str, given: dict[str, str]) -> bool:
        try:
            sent = {"query": _CREATE, "variables": {"input": given}}
            async with session.post(url, json=sent, timeout=aiohttp.ClientTimeout(5)) as answer:
                told = json.loads(await answer.read())
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False
        if "errors" in told:  # A server that ends, or whose database did not answer in time.
            return False
        assert not told["data"]["createJob"]["errors"], told
        return True

    async def revision(self) -> int:
        """How much has happened."""
        return await self.world.revision()

    async def is_over(self) -> bool:
        """Whether everything is done that there is to do."""
        if any((one.behind, one.pending) != (0, 0) for one in await followers()):
            return False
        (row,) = await sql("SELECT count(*) AS number FROM mail WHERE state IN ('WAITING', 'SENDING')")
        return bool(row["number"] == 0)


@asynccontextmanager
async def office(folder: Path, on_servers: embedded.Servers, chance: random.Random) -> AsyncIterator[Office]:
    """Three workers, two servers, a Valkey and a mail server. They run."""
    async with own_database(on_servers, "season") as url, on(url), own_valkey() as valkey:
        await sql(TABLE)
        world = await World.build("season")
        await sql("UPDATE firm SET undo_window = 0")
        post = Post(0, chance)
        await post.start()
        environment = {
            "JOBWIRE_DATABASE_URL": url,
            "JOBWIRE_REDIS_URL": valkey.url,
            "JOBWIRE_DRAIN_WINDOW": "0",
            "JOBWIRE_MAIL_FROM": "office@firm.example",
            "JOBWIRE_SMTP_URL": f"smtp+insecure://127.0.0.1:{post.port}",
            "JOBWIRE_POINTS_A_MINUTE": "1000000000",
        }
        servers = [
            Server(f"server {n}", ["cli", "serve"], {**environment, "JOBWIRE_PORT": "0"}, folder / f"server{n}.log")
            for n in range(SERVERS)
        ]
        program = ["tests.system.season.worker", "worker"]
        workers = [Program(f"worker {n}", program, environment, folder / f"worker{n}.log") for n in range(WORKERS)]
        pipeline = await world.new_pipeline("Season", stages=tuple(f"Stage {n}" for n in range(len(STAGES))))
        world.pipeline = pipeline
        account = await world.new_account("Client")
        try:
            for each in (*servers, *workers):
                each.start()
            for server in servers:
                await server.ready()
            yield Office(world, account.id, servers, workers, valkey, post)
        finally:
            for each in (*servers, *workers):
                each.kill()
            await post.stop()
