"""What a fuzzed server must not do, whatever it is sent."""

from __future__ import annotations

import asyncio
import gc
import json
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

import websockets
from websockets.asyncio.client import connect

from engine.admission import Admission
from engine.answers import MOST_BYTES, Answers
from engine.budgets import MOST_CALLERS, Budgets
from models.commands.moves import archive_job
from models.ids import Kind, encode, new_id
from models.rights import Role
from models.rows import Category, Member
from tests.fuzz.making import Maker
from tests.serving import Api
from tests.world import World
from transport.codes import Close

#: That no document is refused for want of a budget, the requests come from so many.
MEMBERS = 12


@dataclass
class Fuzzed:
    """A firm on a server, whose members send anything."""

    api: Api
    world: World
    ids: list[str]
    members: list[Member]
    answered: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def build(cls, api: Api, tag: str) -> Fuzzed:
        """A firm with some of each thing."""
        world = await World.build(tag)
        job, archived = await world.job("Fuzzed"), await world.job("Archived")
        await archive_job(world.acting(world.owner), job_id=archived.id)
        stage, status = (await world.stages())[0], await world.status(Category.COMPLETED)
        things = {
            Kind.JOB: [job.id, archived.id, new_id()], Kind.STAGE: [stage.id], Kind.STATUS: [status.id],
            Kind.ACCOUNT: [world.account.id], Kind.PIPELINE: [world.pipeline.id], Kind.MEMBER: [world.employee.id],
            Kind.FIRM: [world.firm.id], Kind.TAG: [new_id()], Kind.TASK: [new_id()], Kind.TIME_ENTRY: [new_id()],
        }  # fmt: skip
        ids = [encode(kind, id) for kind, several in things.items() for id in several]
        members = [await world.member(f"Fuzz{number}", Role.ADMIN) for number in range(MEMBERS)]
        return cls(api, world, ids, members)

    def __post_init__(self) -> None:
        self._turns = cycle(self.members)

    async def post(self, body: bytes) -> Any:
        """The answer to a request's body, as a member sends it."""
        member = next(self._turns)
        answer = await self.api.send(body, authorization=f"Bearer {await self.api.token(member)}")
        assert answer.status < 500, (answer.status, answer.text[:300])
        if answer.status == 401:
            # It has signed itself out, or was deactivated by another.
            self.api.tokens.pop(member.id, None)
        self.judge(read := answer.json())
        return read

    def judge(self, answer: Any) -> None:
        """A response of the specification's form, without a fault of ours."""
        assert isinstance(answer, dict)
        assert answer.keys() <= {"data", "errors", "extensions"}
        assert answer.keys() & {"data", "errors"}
        for error in answer.get("errors", []):
            code = error["extensions"]["code"]
            assert code != "INTERNAL", error
            assert isinstance(error["message"], str)
            self.answered[code] = self.answered.get(code, 0) + 1
        if "errors" not in answer:
            self.answered["data"] = self.answered.get("data", 0) + 1

    async def talk(self, frames: list[str | bytes]) -> None:
        """Frames of text on a socket that was acknowledged; bytes as they are, whatever they would be as text."""
        member = next(self._turns)
        url = self.api.url.replace("http", "ws", 1)
        token = await self.api.token(member)
        async with connect(url, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item]
            hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
            try:
                await socket.send(json.dumps(hello))
                await socket.recv()
                for frame in frames:
                    await socket.send(frame, text=True)
                await socket.send(json.dumps({"type": "ping", "payload": {"last": True}}))
                await self._listen(socket)
            except websockets.ConnectionClosed:
                pass
        assert socket.close_code != Close.FAULT, socket.close_reason
        if socket.close_code == Close.FORBIDDEN:
            self.api.tokens.pop(member.id, None)

    async def _listen(self, socket: Any) -> None:
        async with asyncio.timeout(20):
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "pong" and frame.get("payload") == {"last": True}:
                    return
                if frame["type"] == "next":
                    self.judge(frame["payload"])
                elif frame["type"] == "error":
                    self.judge({"errors": frame["payload"]})

    async def knock(self, data: bytes) -> None:
        """Bytes on a connection; what comes back must not be a fault of ours."""
        host, port = self.api.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(data)
            writer.write_eof()
            async with asyncio.timeout(20):
                line = await reader.readline()
                await reader.read(100_000)
        except (ConnectionError, TimeoutError):
            line = b""
        finally:
            writer.close()
        assert not line.startswith(b"HTTP/1.1 5"), (line, data)

    async def anything(self, random: Random) -> None:
        """One exchange, of whichever kind."""
        maker = Maker(random, self.ids)
        chance = random.random()
        if chance < 0.7:
            await self.post(maker.body())
        elif chance < 0.85:
            await self.talk([maker.frame() for _ in range(random.randint(1, 8))])
        else:
            await self.knock(maker.head())


def check_what_is_kept() -> None:
    """Whatever was sent, nothing that is kept has outgrown its bound."""
    # A server hides what it is made of from the collector, which tells only of what it looks through.
    gc.unfreeze()
    gc.collect()
    found = [kept for kept in gc.get_objects() if isinstance(kept, Admission | Budgets | Answers)]
    gc.freeze()
    assert {type(kept) for kept in found} == {Admission, Budgets, Answers}
    for kept in found:
        if isinstance(kept, Admission):
            assert len(kept.documents) <= kept.documents.max_documents
            assert kept.documents.bytes <= kept.documents.max_bytes
        elif isinstance(kept, Budgets):
            assert len(kept) <= MOST_CALLERS
        elif isinstance(kept, Answers):
            assert kept.bytes <= MOST_BYTES
