"""Many sockets on one server, and what the server says that they cost it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from models.rows import Member
from tests.serving import METRICS_TOKEN, Api, Socket

#: Different documents: none shares anything with another.
DOCUMENTS = {
    "names": """subscription Names($after: Revision) { boardChanges(after: $after) { revision previous resync
      events { __typename ... on JobEvent { jobId job { name } } } } }""",
    "boards": """subscription Boards($after: Revision, $epoch: ID) { boardChanges(epoch: $epoch, after: $after) {
      before: previous revision resync events { __typename revision ... on JobEvent { jobId job { id version name } }
      ... on AccountEvent { accountId account { name } } } } }""",
    "cursors": "subscription { boardChanges { revision previous resync events { revision __typename } } }",
}


async def metrics(api: Api) -> dict[str, float]:
    """The numbers of the server, by their names without `jobwire_` and `_total`."""
    signed = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    async with api.http.get(api.url.replace("/graphql", "/metrics"), headers=signed) as answer:
        text = await answer.text()
    return {
        sample.name.removeprefix("jobwire_").removesuffix("_total"): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@dataclass
class Line:
    """One subscription of a socket, and the frames that it got, as they came."""

    member: Member
    socket: Socket
    id: str
    document: str
    frames: list[str] = field(default_factory=list)

    @property
    def told(self) -> list[dict[str, Any]]:
        """The messages, read."""
        return [json.loads(frame)["payload"]["data"]["boardChanges"] for frame in self.frames]

    @property
    def kinds(self) -> list[str]:
        """The types of all events, in order."""
        return [event["__typename"] for message in self.told for event in message["events"]]

    def body(self, number: int) -> str:
        """A message as it came, without what is this subscription's own."""
        start = f'{{"id":{json.dumps(self.id, ensure_ascii=False)},"type":"next","payload":'
        frame = self.frames[number]
        assert frame.startswith(start), frame
        assert frame.endswith("}")
        return frame[len(start) : -1]

    async def subscribe(self, **variables: Any) -> None:
        """Begin, and take the first message."""
        await self.socket.subscribe(DOCUMENTS[self.document], self.id, **variables)
        await self.next()

    async def next(self) -> None:
        """Take the next message. Nothing else may come on the socket."""
        self.frames.append(await next_frame(self.socket))

    async def reach(self, revision: int) -> None:
        """Take messages until this revision has been told."""
        while int(self.told[-1]["revision"]) < revision:
            await self.next()


async def next_frame(socket: Socket) -> str:
    """The next frame that is not a ping, as it came: a message of a subscription."""
    while True:
        frame = str(await asyncio.wait_for(socket.connection.recv(), 20))
        kind = json.loads(frame)["type"]
        if kind not in ("ping", "pong"):
            assert kind == "next", frame
            return frame


async def reach(lines: Iterable[Line], revision: int) -> None:
    """Until all have been told this revision."""
    await asyncio.gather(*(line.reach(revision) for line in lines))


@contextlib.asynccontextmanager
async def lines(api: Api, members: Iterable[Member], each: int, **variables: Any) -> AsyncIterator[list[Line]]:
    """So many sockets of each member, the documents in turn, all subscribed."""
    async with contextlib.AsyncExitStack() as stack:
        opened: list[Line] = []
        for member in members:
            for number in range(each):
                socket = await stack.enter_async_context(api.socket(member))
                document = list(DOCUMENTS)[number % len(DOCUMENTS)]
                opened.append(Line(member, socket, f"{member.name} {len(opened)} ☃", document))
        await asyncio.gather(*(line.subscribe(**variables) for line in opened))
        yield opened
