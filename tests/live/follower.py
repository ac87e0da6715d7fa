"""A client that keeps a replica up to date from its stream."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from models.rows import Member
from tests.live.replica import CHANGES, SNAPSHOTS, Replica, difference
from tests.serving import Api, Socket


@dataclass
class Follower:
    """A member's client: a snapshot, a socket, and every event that came."""

    api: Api
    member: Member
    replica: Replica
    socket: Socket
    pipelines: list[str] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    resyncs: int = 0

    @property
    def kinds(self) -> list[str]:
        """The types of the events that came, in order."""
        return [event["__typename"] for event in self.events]

    async def receive(self) -> dict[str, Any]:
        """Take over the next message. Told to, read everything anew."""
        frame = await self.socket.receive()
        assert frame["type"] == "next", frame
        message: dict[str, Any] = readable(frame["payload"])["boardChanges"]
        self.messages.append(message)
        if message["resync"]:
            assert message["events"] == []
            assert message["previous"] == self.replica.cursor
            self.resyncs += 1
            self.replica = await fresh(self.api, self.member)
            # What the stream goes on from is the message. The snapshot is newer: what it has may be repeated.
            self.replica.cursor = message["revision"]
        else:
            self.replica.apply(message)
            self.events += message["events"]
        return message

    async def reach(self, revision: int) -> None:
        """Take over messages until the cursor is there."""
        while int(self.replica.cursor) < revision:
            await self.receive()

    async def check(self) -> None:
        """What was built from the stream equals a fresh query."""
        differs = difference(self.replica, await fresh(self.api, self.member))
        assert not differs, differs


async def fresh(api: Api, member: Member) -> Replica:
    """What queries say now."""
    answers = [readable(await api.post(member, query)) for query in SNAPSHOTS]
    return Replica({name: value for answer in answers for name, value in answer.items()})


def readable(answer: dict[str, Any]) -> dict[str, Any]:
    """The data of an answer. What the member may not read of it is null, with an error that says so; no other error."""
    for error in answer.get("errors", ()):
        assert error["extensions"]["code"] == "FORBIDDEN", error
    data: dict[str, Any] = answer["data"]
    return data


@contextlib.asynccontextmanager
async def following(
    api: Api, member: Member, *, replica: Replica | None = None, pipelines: list[str] | None = None
) -> AsyncIterator[Follower]:
    """A client with a snapshot (a given one, or one of now) and a stream that goes on from it."""
    replica = replica or await fresh(api, member)
    async with api.socket(member) as socket:
        follower = Follower(api, member, replica, socket, pipelines)
        await socket.subscribe(CHANGES, after=replica.cursor, epoch=replica.epoch, pipelines=pipelines)
        await follower.receive()
        yield follower
