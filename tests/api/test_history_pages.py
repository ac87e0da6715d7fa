"""Pages of a history are cut from what the reader may see: hidden events leave no gap in them, no trace in cursors."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from models.audiences import Audience
from models.commands.time import log_time
from models.event_kinds import KINDS
from models.events import Event, JobUpdated, TimeLogged
from models.ids import Kind, encode, new_id
from models.log import Logged, append
from models.rights import Right
from models.rows import Job
from models.scope import Scope
from models.visibility import shown
from resolvers.context import Context
from resolvers.paging import HistoryPage
from tests.api.furnished import Furnished
from tests.api.peers import sample
from tests.serving import Api
from tests.world import World

#: Those that a job's history holds.
OF_JOBS = [kind for kind in KINDS.values() if "job" in kind.__dataclass_fields__]


@dataclass
class Eventful:
    """A job to which everything happened, at many places."""

    world: World
    job: UUID
    accounts: list[UUID]
    pipelines: list[UUID]
    log: list[Logged]

    @classmethod
    async def build(cls, seed: int) -> Eventful:
        """A fresh firm."""
        chance, firm = random.Random(seed), await Furnished.build()
        world, job = firm.world, firm.things["job"]
        accounts = [world.account.id, new_id(), new_id()]
        pipelines = [world.pipeline.id, new_id(), new_id()]
        for _ in range(60):
            await record(world, [_happening(chance, firm, accounts, pipelines) for _ in range(chance.randint(1, 5))])
        log = [logged for logged in await world.events() if logged.event.subject_job == job]
        return cls(world, job, accounts, pipelines, log[::-1])

    def scope(self, chance: random.Random) -> Scope:
        """Somebody's."""
        rights = frozenset(right for right in Right if chance.random() < 0.3)
        return Scope(
            self.world.firm.id, Audience.TEAM, rights, _some(chance, self.accounts), _some(chance, self.pipelines)
        )


def _some(chance: random.Random, ids: Sequence[UUID]) -> frozenset[UUID] | None:
    return None if chance.random() < 0.2 else frozenset(id for id in ids if chance.random() < 0.5)


def _happening(chance: random.Random, firm: Furnished, accounts: Sequence[UUID], pipelines: Sequence[UUID]) -> Event:
    places = {"account": chance.choice(accounts), "pipeline": chance.choice(pipelines)}
    event = sample(chance.choice(OF_JOBS), firm.things | places)
    if "from_pipeline" in event.__dataclass_fields__:
        event = replace(event, from_pipeline=chance.choice(pipelines))  # type: ignore[call-arg]
    return event


async def record(world: World, events: list[Event]) -> None:
    """Write events to the log, as if this had happened in one revision."""
    async with in_transaction():
        await append(world.acting(world.owner), events, datetime.now(UTC))


async def pages(scope: Scope, job: UUID, first: int) -> list[HistoryPage]:
    """The whole history, in pages of this size."""
    found: list[HistoryPage] = []
    after: str | None = None
    while not found or found[-1].page_info.has_next_page:
        found.append(await Context(known_scope=scope).load.history(job, first, after))
        after = found[-1].page_info.end_cursor
    return found


@pytest.fixture(scope="module", params=range(2))
async def eventful(database: str, request: pytest.FixtureRequest) -> Eventful:
    """Nothing happens to it any more."""
    return await Eventful.build(request.param)


def told(event: Event, scope: Scope) -> bool:
    """Whether it is shown, and not only that something left sight."""
    return type(shown(event, scope)) is type(event)


@pytest.mark.parametrize("seed", range(30))
async def test_the_pages_together_are_all_that_is_shown_and_each_but_the_last_is_full(
    eventful: Eventful, seed: int
) -> None:
    chance = random.Random(seed)
    scope, first = eventful.scope(chance), chance.choice((1, 2, 3, 7, 100))
    visible = [logged for logged in eventful.log if told(logged.event, scope)]
    found = await pages(scope, eventful.job, first)
    told_to = [(logged, shown(logged.event, scope)) for logged in visible]
    assert [logged for page in found for logged in page.nodes] == [
        replace(logged, event=event) for logged, event in told_to if event is not None
    ]
    assert all(len(page.nodes) == first for page in found[:-1])
    assert found[-1].nodes or len(found) == 1
    assert [page.page_info.has_previous_page for page in found] == [False] + [True] * (len(found) - 1)


def test_the_scopes_differ_in_what_they_see(eventful: Eventful) -> None:
    """Or the pages above prove little."""
    seen = {
        sum(told(logged.event, eventful.scope(random.Random(seed))) for logged in eventful.log) for seed in range(30)
    }
    assert len(seen) > 10
    assert {type(logged.event) for logged in eventful.log} == set(OF_JOBS)


@pytest.mark.parametrize("first", [1, 2, 3])
async def test_hidden_events_change_neither_pages_nor_cursors(world: World, first: int) -> None:
    other = await World.build(f"{world.tag}twin")
    told = []
    for twin, hidden in ((world, 0), (other, 7)):
        job = await twin.job()
        for number in range(6):
            visible: list[Event] = [_renamed(twin, job, f"{number}.{each}") for each in range(1 + number % 2)]
            secret: list[Event] = [_time(twin, job) for _ in range(hidden)]
            # Before, between and after what is seen.
            await record(twin, [*secret[:3], *visible[:1], *secret[3:5], *visible[1:], *secret[5:]])
        scope = Scope(twin.firm.id, Audience.TEAM, frozenset(), None, None)
        told.append(
            [
                (
                    [(n.revision, type(n.event).__name__, getattr(n.event, "changes", None)) for n in p.nodes],
                    p.page_info,
                )
                for p in await pages(scope, job.id, first)
            ]
        )
    assert told[0] == told[1]
    assert sum(len(nodes) for nodes, _ in told[0]) == 10


def _renamed(world: World, job: Job, name: str) -> Event:
    return JobUpdated(job=job.id, account=job.account_id, pipeline=job.pipeline_id, changes={"name": ("", name)})


def _time(world: World, job: Job) -> Event:
    places = {"account": job.account_id, "job": job.id, "pipeline": job.pipeline_id}
    return TimeLogged(entry=new_id(), member=world.owner.id, minutes=5, **places)


HISTORY = """
query History($id: ID!, $after: String) { job(id: $id) { history(first: 1, after: $after) {
  nodes { __typename } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def test_whoever_has_no_rights_reads_full_pages(world: World, api: Api) -> None:
    job = await world.job()
    for _ in range(5):
        await log_time(world.acting(world.owner), minutes=5, job_id=job.id)
    found = (await api.ask(world.employee, HISTORY, id=encode(Kind.JOB, job.id)))["job"]["history"]
    assert found["nodes"] == [{"__typename": "JobCreated"}]
    assert not found["pageInfo"]["hasNextPage"]
    after = found["pageInfo"]["endCursor"]
    found = (await api.ask(world.employee, HISTORY, id=encode(Kind.JOB, job.id), after=after))["job"]["history"]
    assert found["nodes"] == []
    assert found["pageInfo"] == {
        "hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None
    }  # fmt: skip
