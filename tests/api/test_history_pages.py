"""Pages of a history are cut from what the reader may see: hidden events leave no gap in them, no trace in cursors."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from models.audiences import Audience
from models.commands.time import log_time
from models.event_kinds import KINDS
from models.events import Event, JobUpdated, TimeLogged
from models.ids import Kind, encode, new_id
from models.log import Logged
from models.rows import Job
from models.scope import Scope
from resolvers.context import Context
from resolvers.paging import HistoryPage
from tests.api.eventful import Eventful, record, told, told_of
from tests.serving import Api
from tests.world import World

#: Those that a job's history holds.
OF_JOBS = [kind for kind in KINDS.values() if "job" in kind.__dataclass_fields__]


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
    return await Eventful.build(request.param, OF_JOBS)


def of_job(eventful: Eventful) -> list[Logged]:
    """What happened to the job, the newest first."""
    return [logged for logged in eventful.log if logged.event.subject_job == eventful.firm.things["job"]]


@pytest.mark.parametrize("seed", range(30))
async def test_the_pages_together_are_all_that_is_shown_and_each_but_the_last_is_full(
    eventful: Eventful, seed: int
) -> None:
    chance = random.Random(seed)
    scope, first = eventful.scope(chance), chance.choice((1, 2, 3, 7, 100))
    found = await pages(scope, eventful.firm.things["job"], first)
    assert [logged for page in found for logged in page.nodes] == told_of(of_job(eventful), scope)
    assert all(len(page.nodes) == first for page in found[:-1])
    assert found[-1].nodes or len(found) == 1
    assert [page.page_info.has_previous_page for page in found] == [False] + [True] * (len(found) - 1)


def test_the_scopes_differ_in_what_they_see(eventful: Eventful) -> None:
    """Or the pages above prove little."""
    seen = {
        sum(told(logged.event, eventful.scope(random.Random(seed))) for logged in of_job(eventful))
        for seed in range(30)
    }
    assert len(seen) > 10
    assert {type(logged.event) for logged in of_job(eventful)} == set(OF_JOBS)


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
