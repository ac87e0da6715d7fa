"""A client of one's own stream: the timer in a header, one's time sheet, and what one may do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from models.ids import Kind, encode
from models.rows import Member
from tests.live.follower import readable
from tests.serving import Api, Socket

_ENTRY = """fragment E on TimeEntry { id version day minutes note billable running startedAt rate { amount }
  member { id } account { id } }"""
SNAPSHOT = (
    """query Own($me: ID!) { revision epoch
  viewer { role rights seesAllAccounts seesAllPipelines member { id version name role } timer { ...E } }
  timeEntries(first: 100, filter: { member: { in: [$me] } }) { nodes { ...E } } }
"""
    + _ENTRY
)
CHANGES = (
    """subscription Own($after: Revision, $epoch: ID) {
  viewerChanges(after: $after, epoch: $epoch) { revision previous resync epoch
    events { __typename revision
      ... on TimeEvent { timeEntryId timeEntry { ...E } }
      ... on MemberEvent { memberId member { id version name role } }
      ... on AccountEvent { accountId } ... on PipelineEvent { pipelineId } } } }
"""
    + _ENTRY
)


@dataclass
class OwnClient:
    """What a member's client knows, from a snapshot and what came since."""

    api: Api
    member: Member
    socket: Socket
    known: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """The types of the events that came, in order."""
        return [event["__typename"] for event in self.events]

    @property
    def timer(self) -> dict[str, Any] | None:
        """The running one."""
        return next((entry for entry in self.entries.values() if entry["running"]), None)

    async def read(self) -> str:
        """Read everything anew: the cursor of what was read."""
        answer = await fresh(self.api, self.member)
        self.known, self.entries = answer["viewer"], {each["id"]: each for each in answer["timeEntries"]["nodes"]}
        assert self.known.pop("timer") == self.timer
        return str(answer["revision"])

    async def subscribe(self, after: str) -> None:
        """Go on from there."""
        await self.socket.subscribe(CHANGES, after=after)
        self.cursor = after
        await self.receive()

    async def receive(self) -> dict[str, Any]:
        """Take over the next message."""
        frame = await self.socket.receive()
        assert frame["type"] == "next", frame
        message: dict[str, Any] = readable(frame["payload"])["viewerChanges"]
        assert message["previous"] == self.cursor
        self.cursor = message["revision"]
        self.messages.append(message)
        if message["resync"]:
            assert message["events"] == []
            # The stream goes on from the message; what was read is newer, and may be repeated.
            await self.read()
        for event in message["events"]:
            self._apply(event)
        return message

    def _apply(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if event.get("timeEntry") is not None:
            self.entries[event["timeEntryId"]] = event["timeEntry"]
        elif "timeEntryId" in event:
            self.entries.pop(event["timeEntryId"], None)
        elif event.get("member") is not None:
            assert event["memberId"] == encode(Kind.MEMBER, self.member.id)
            self.known["member"] = event["member"]

    async def reach(self, revision: int) -> None:
        """Until the cursor is there."""
        while int(self.cursor) < revision:
            await self.receive()

    async def check(self) -> None:
        """What was built from the stream equals a fresh query."""
        answer = await fresh(self.api, self.member)
        assert {each["id"]: each for each in answer["timeEntries"]["nodes"]} == self.entries
        assert answer["viewer"] == {**self.known, "timer": self.timer}


async def fresh(api: Api, member: Member) -> dict[str, Any]:
    """What a query says now. The rate is withheld from who may not see it."""
    return readable(await api.post(member, SNAPSHOT, me=encode(Kind.MEMBER, member.id)))


@contextlib.asynccontextmanager
async def at_home(api: Api, member: Member, *, before: OwnClient | None = None) -> AsyncIterator[OwnClient]:
    """A client with a snapshot and a stream that goes on from it; or what it was before, on another socket."""
    async with api.socket(member) as socket:
        client = before or OwnClient(api, member, socket)
        client.socket = socket
        await client.subscribe(client.cursor if before else await client.read())
        yield client
