"""Who watches and works, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from uuid import UUID

import aiohttp
import orjson

import embedded
from tests.databases import on as on_database
from tests.system.mother import Born
from tests.system.oracle import automatic
from tests.system.oracle.api import Api
from tests.system.oracle.atlas import FIRMS, SECRET, Atlas, Person
from tests.system.oracle.client import Client, Forbidden
from tests.system.oracle.processes import ROOT, House, house
from tests.system.oracle.traffic import Traffic, Worker

SOCKETS = 50
OF_SECOND_FIRM = 5
#: How many cards are made while the control is away.
WHILE_AWAY = 3
#: So many days an outage lasts.
DAYS = 3
#: For how many seconds a paused server stands still.
PAUSE = 8.0
CREATE = """
mutation M($input: CreateJobInput!) { createJob(input: $input) { job { id } revision errors { code message } } }
"""


@dataclass
class Scenario:
    """Everything that a run of the oracle needs."""

    house: House
    api: Api
    firms: list[Atlas]
    clients: list[Client]
    control: Client
    traffic: Traffic
    chance: random.Random
    made_while_away: list[str] = field(default_factory=list)
    #: The first day that each recurrence was to make jobs of.
    missed: dict[UUID, date] = field(default_factory=dict)
    outages: int = 0

    @property
    def twin(self) -> Client:
        """Stays away together with the control, and resumes."""
        return self.clients[0]

    def told(self) -> str:
        """What the clients went through."""
        frames, snapshots, resumed = (
            sum(getattr(client, count) for client in self.clients) for count in ("frames", "snapshots", "resumptions")
        )
        return (
            f"{len(self.clients)} clients: {frames:,} frames, {snapshots} snapshots, {resumed} times subscribed again"
        )

    async def valkey_killed(self) -> None:
        """SIGKILL of Valkey."""
        await self.house.kill_valkey()

    async def valkey_restarted(self) -> None:
        """Valkey is back, empty."""
        await self.house.restart_valkey()

    async def server_killed(self) -> None:
        """SIGKILL of one server: its clients go to the other."""
        self.house.servers[1].kill()

    async def server_restarted(self) -> None:
        """It is back on its port, and some clients with it."""
        await self.house.restart(self.house.servers[1])
        for client in self.chance.sample(self.clients, len(self.clients) // 2):
            client.at = 1
            client.drop()

    async def server_paused(self) -> None:
        """One server stands still for a while, with its sockets open."""
        process = self.house.servers[0].process
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(PAUSE)
        finally:
            process.send_signal(signal.SIGCONT)

    async def worker_killed(self) -> None:
        """SIGKILL of one worker, in the middle of whatever it does. Another one begins."""
        worker = self.chance.choice(self.house.workers)
        worker.kill()
        worker.start()

    async def worker_paused(self) -> None:
        """One worker stands still for a while, whatever it holds."""
        process = self.chance.choice(self.house.workers).process
        process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(PAUSE)
        finally:
            process.send_signal(signal.SIGCONT)

    async def mail_server_gone(self) -> None:
        """The mail server is away."""
        await self.house.post.stop()

    async def mail_server_back(self) -> None:
        """It answers again, at the same address."""
        await self.house.post.start()

    async def mail_cut(self) -> None:
        """Of some mails the connection is cut when the mail server has them, before it says so."""
        self.house.post.cuts += self.chance.randint(1, 3)

    async def days_missed(self) -> None:
        """For three days nobody has worked: what recurrences have to make since is due."""
        self.outages += 1
        async with self.traffic.writing:
            for recurrence, first in (await automatic.days_are_missed(DAYS * self.outages)).items():
                self.missed[recurrence] = min(first, self.missed.get(recurrence, first))

    async def reminded(self) -> None:
        """The day has come to remind clients."""
        async with self.traffic.writing:
            await automatic.clients_are_to_be_reminded()

    async def valkey_flushed(self) -> None:
        """FLUSHALL."""
        await self.house.valkey.flush()

    async def sockets_dropped(self) -> None:
        """Some clients' TCP connections break."""
        for client in self.chance.sample(self.clients, 10):
            client.drop()

    async def storm(self) -> None:
        """For a while, rights change ten times as often."""
        self.traffic.storm_until = self.traffic.number + 150

    async def away(self) -> None:
        """The control and its twin are away while cards are made that nobody touches afterwards."""
        both = (self.control, self.twin)
        async with self.traffic.writing:
            for client in both:
                client.held_away = True
            # Again and again: one that was just connecting has nothing to drop yet.
            while any(client.visiting for client in both):
                for client in both:
                    client.drop()
                await asyncio.sleep(0.05)
            await self._create_quietly()
        for client in both:
            client.held_away = False

    async def _create_quietly(self) -> None:
        firm = self.firms[0]
        for number in range(WHILE_AWAY):
            made = {
                "pipelineId": firm.quiet["pipeline"],
                "accountId": firm.quiet["account"],
                "name": f"while away {number}",
                "idempotencyKey": f"away {self.traffic.number} {number}",
            }
            answer = await self.api.anywhere(firm.owner.email, CREATE, {"input": made})
            self.made_while_away.append(answer["data"]["createJob"]["job"]["id"])


@contextlib.asynccontextmanager
async def prepared(folder: Path, on: embedded.Servers, seed: str) -> AsyncIterator[Scenario]:
    """The processes run, the firms exist, and every client is on its way to its server."""
    async with (
        house(folder, on, workers=2) as running,
        on_database(running.workers[0].environment["JOBWIRE_DATABASE_URL"]),
    ):
        for server in running.servers:
            await server.ready()
        # What happened before they are known is nothing to them.
        await automatic.followed_from_now_on()
        firms = [Atlas.of(founded) for founded in await asyncio.to_thread(_found, running, seed)]
        connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=3)
        timeout = aiohttp.ClientTimeout(sock_connect=30, sock_read=30)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            api = Api(running.servers, http)
            chance = random.Random(seed)
            clients = _clients(api, firms)
            control = Client("the control", firms[0].owner, api, 0, Forbidden((), ()), resumes=False)
            traffic = Traffic(api, _workers(firms, seed))
            scenario = Scenario(running, api, firms, clients, control, traffic, chance)
            tasks = [asyncio.create_task(client.run(), name=client.name) for client in (*clients, control)]
            try:
                yield scenario
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
            assert not [end for end in ended if not isinstance(end, asyncio.CancelledError)], ended


def _found(running: House, seed: str) -> list[dict[str, object]]:
    words = [sys.executable, "-m", "tests.system.oracle.founding", seed]
    environment = {**os.environ, **running.workers[0].environment}
    with Born(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE) as founding:
        said, _ = founding.communicate()
    assert founding.returncode == 0
    founded: list[dict[str, object]] = orjson.loads(said)
    return founded


def _clients(api: Api, firms: list[Atlas]) -> list[Client]:
    clients = [_client(api, firms, 0, number) for number in range(SOCKETS - OF_SECOND_FIRM)]
    clients += [_client(api, firms, 1, number) for number in range(OF_SECOND_FIRM)]
    return clients


def _client(api: Api, firms: list[Atlas], firm: int, number: int) -> Client:
    mine, others = firms[firm], firms[1 - firm]
    person = mine.people[number % len(mine.people)]
    words, ids = [FIRMS[1 - firm]], [others.every_id]
    if person.sealed:
        words.append(SECRET)
        ids.append(mine.secret_ids)
    # A leader's second socket is on one board only.
    one_board = number in (len(mine.people), len(mine.people) + 1)
    return Client(
        f"client {number} of {mine.tag}",
        person,
        api,
        number % 2,
        Forbidden(tuple(words), tuple(ids)),
        pipelines=[mine.boards[0].id] if one_board else None,
    )


def _workers(firms: list[Atlas], seed: str) -> list[Worker]:
    first, second = firms
    # The owner at two desks, both admins, and employees of whom some may build, some only work.
    chosen: list[tuple[Atlas, Person]] = [(first, first.people[n]) for n in (0, 0, 1, 2, 4, 5, 6, 8)]
    chosen.append((second, second.owner))
    return [
        Worker(atlas, person, random.Random(f"{seed} {number}"), person.role != "EMPLOYEE")
        for number, (atlas, person) in enumerate(chosen)
    ]
