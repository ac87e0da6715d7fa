"""A walk with a linked item through its life: one member acts at one server, another is told of it at the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from graphql import get_named_type
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from models.ids import Kind
from models.items.kinds import item_kinds
from resolvers.root import graphql_schema
from tests.api.samples import camel
from tests.lives import Before, Cast, Life, Object, Step, given
from tests.serving import Socket
from tests.system.oracle.api import Api
from tests.world import World

#: Who acts is at the first server, who looks on at the second.
ACTS, LOOKS_ON = 0, 1
#: What only the client can do.
OF_CLIENT = {"SUBMISSION", "APPROVAL", "SIGNATURE", "PAYMENT", "CHECKING_OFF"}

CARD = """
fragment Card on Job { id openItemCount outstanding { itemId kind title awaited party }
  items(first: 100) { nodes { id title open awaited } } }
"""
CHANGES = (
    """
subscription Changes {
  boardChanges { revision resync events {
    __typename revision
    ... on ItemEvent { itemId linkedJobId linkedJob { ...Card } }
    ... on ClientAction { actingContactId }
    ... on JobMoved { dismissedItems job { ...Card } }
  } }
}
"""
    + CARD
)
JOBS = "query Jobs($one: ID!, $other: ID!) { one: job(id: $one) { ...Card } other: job(id: $other) { ...Card } }" + CARD


def mutations() -> dict[str, Any]:
    """Those of the API, by name."""
    type_ = graphql_schema().mutation_type
    assert type_ is not None
    return dict(type_.fields)


def pascal(kind: Kind) -> str:
    """The word for a kind in the names of its mutations and events."""
    return "".join(word.capitalize() for word in kind.split("_"))


@dataclass
class Onlooker:
    """The second member, and what they are told."""

    api: Api
    email: str
    socket: Socket

    async def reach(self, revision: int) -> None:
        """Take no notice of what comes up to this revision."""
        while int((await self.socket.next())["boardChanges"]["revision"]) < revision:
            pass

    async def told(self, revision: int) -> list[Object]:
        """The events of this revision, which is the next one of which they are told anything."""
        while True:
            message = (await self.socket.next())["boardChanges"]
            assert not message["resync"]
            assert {int(event["revision"]) for event in message["events"]} <= {revision}
            if int(message["revision"]) >= revision:
                return list(message["events"])

    async def sees(self, jobs: tuple[str, str]) -> dict[str, Object]:
        """The jobs as a query answers them."""
        answer = await self.api.post(self.email, JOBS, dict(zip(("one", "other"), jobs, strict=True)), LOOKS_ON)
        return {job["id"]: job for job in answer["data"].values()}


@asynccontextmanager
async def looking_on(api: Api, email: str) -> AsyncIterator[Onlooker]:
    """A member's websocket, with every board that they see."""
    token, protocol = await api.token(email, LOOKS_ON), Subprotocol("graphql-transport-ws")
    url = api.servers[LOOKS_ON].socket_url
    async with connect(url, subprotocols=[protocol], max_size=None) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": f"Bearer {token}"})
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.subscribe(CHANGES)
        # The first message says where the stream stands: from here on they are told.
        await socket.next()
        yield Onlooker(api, email, socket)


@dataclass
class Walk:
    """An item on its way, and how it has to look by now."""

    kind: Kind
    life: Life
    world: World
    api: Api
    onlooker: Onlooker
    cast: Cast
    id: str = ""
    linked: list[str] = field(default_factory=list)
    #: Of these the jobs that it holds no longer, although it is open.
    dismissed: set[str] = field(default_factory=set)
    awaits: str | None = None
    was_dismissed: bool = False

    async def prepare(self, before: Before) -> None:
        """Make what has to be there first. What is told of it is no matter of this walk."""
        made, revision = await self._ask(before.mutation, before.given(self.cast), before.thing, before.reads)
        self.cast.made[before.mutation] = made
        await self.onlooker.reach(revision)

    async def make(self) -> None:
        """The item begins on the account alone."""
        step = self.life.made
        revision = await self._do(step, accountId=self.cast.account)
        self.id, self.awaits = self.cast.item["id"], step.awaits
        await self._check(step, self._places, revision)

    async def link(self, job: str) -> None:
        """Link it to a job."""
        step = self.life.link(job) if self.life.link else self._linking("link", "Linked", job)
        revision = await self._do(step)
        self.linked.append(job)
        await self._check(step, [job], revision)

    async def take(self, step: Step) -> None:
        """One of the steps of its life."""
        revision = await self._do(step)
        self.awaits = step.awaits
        await self._check(step, self._places, revision)

    async def unlink(self, job: str) -> None:
        """Take it off a job."""
        step = self.life.unlink(job) if self.life.unlink else self._linking("unlink", "Unlinked", job)
        revision = await self._do(step)
        self.linked.remove(job)
        self.dismissed.discard(job)
        await self._check(step, [job], revision)

    async def dismiss_once(self) -> None:
        """When it first holds jobs: it is dismissed from one of them, and holds it again when it is linked anew."""
        if self.awaits is None or self.was_dismissed:
            return
        job, self.was_dismissed = self.linked[-1], True
        await self.dismiss(job)
        await self.unlink(job)
        await self.link(job)

    async def dismiss(self, job: str) -> None:
        """Move a job on, dismissing what holds it: that is told of the job, and of nothing else."""
        _, revision = await self._ask(
            "moveJob", {"jobId": job, "stageId": self.cast.stage, "openItems": "DISMISS"}, "job"
        )
        self.dismissed.add(job)
        (event,) = await self.onlooker.told(revision)
        fresh = await self._check_jobs()
        assert event == event | {"__typename": "JobMoved", "dismissedItems": 1, "job": fresh[job]}

    def _linking(self, verb: str, what: str, job: str) -> Step:
        word = pascal(self.kind)
        return Step(mutation=f"{verb}{word}", given=given(jobId=job), event=f"{word}{what}")

    @property
    def _reads(self) -> str:
        return f"id {self.life.reads}"

    @property
    def _places(self) -> list[str | None]:
        """With which jobs something that happens to it is told: where it is seen with its account alone, also without
        one."""
        with_jobs = item_kinds()[self.kind].model.policy.with_jobs
        return [*self.linked] if self.linked and with_jobs else [*self.linked, None]

    async def _do(self, step: Step, **first: str) -> int:
        thing = camel(self.kind)
        takes = get_named_type(mutations()[step.mutation].args["input"].type).fields
        which = {f"{thing}Id": self.id} if self.id and f"{thing}Id" in takes else {}
        on_behalf = {"contactId": self.cast.contact} if step.for_client else {}
        input = first | which | on_behalf | step.given(self.cast)
        if step.answers is None:
            self.cast.item, revision = await self._ask(step.mutation, input, thing, self._reads)
        else:
            self.cast.made[step.mutation], revision = await self._ask(step.mutation, input, step.answers)
        return revision

    async def _ask(self, mutation: str, input: Object, thing: str, reads: str = "id") -> tuple[Object, int]:
        """What a mutation that makes one revision answers, and that revision."""
        takes = get_named_type(mutations()[mutation].args["input"].type)
        asked = f"revision errors {{ code message path }} {thing} {{ {reads} }}"
        query = f"mutation M($input: {takes}!) {{ {mutation}(input: $input) {{ {asked} }} }}"
        before = await self.world.revision()
        payload = (await self.api.post(self.world.owner.email, query, {"input": input}, ACTS))["data"][mutation]
        assert not payload["errors"], f"{mutation} with {input}: {payload['errors']}"
        assert int(payload["revision"]) == before + 1, f"{mutation} with {input} changed nothing."
        return payload[thing], before + 1

    async def _check(self, step: Step, places: Sequence[str | None], revision: int) -> None:
        """Whether just that is told of a step, and is what a query answers."""
        events = await self.onlooker.told(revision)
        own = [event for event in events if event.get("itemId") == self.id]
        apart = [None] if step.apart else []
        told = Counter((event["__typename"], event["linkedJobId"]) for event in own)
        assert told == Counter((step.event, job) for job in [*places, *apart]), step
        acting = self.cast.contact if step.for_client else None
        assert {event.get("actingContactId") for event in own} == {acting}, step
        assert {event["__typename"] for event in events if event not in own} == step.also, step
        fresh = await self._check_jobs()
        for event in own:
            assert event["linkedJob"] == fresh.get(event["linkedJobId"]), step

    async def _check_jobs(self) -> dict[str, Object]:
        """The jobs. They have the item if it is linked to them, and wait for it if it is open and was not dismissed."""
        fresh = await self.onlooker.sees(self.cast.jobs)
        for id, job in fresh.items():
            self._check_job(job, linked=id in self.linked, holds=id in self.linked and id not in self.dismissed)
        return fresh

    def _check_job(self, job: Object, *, linked: bool, holds: bool) -> None:
        items = [item for item in job["items"]["nodes"] if item["id"] == self.id]
        outstanding = [entry for entry in job["outstanding"] if entry["itemId"] == self.id]
        assert job["openItemCount"] == len(job["outstanding"])
        assert [(item["awaited"], item["open"]) for item in items] == [(self.awaits, self.awaits is not None)] * linked
        party = "CLIENT" if self.awaits in OF_CLIENT else "TEAM"
        waits = [
            {
                "itemId": self.id,
                "kind": self.kind.upper(),
                "awaited": self.awaits,
                "party": party,
                "title": each["title"],
            }
            for each in items
            if holds and self.awaits is not None
        ]
        assert outstanding == waits
