"""The firm's activity: what happened in all of it, as far as one may see it, and nothing that tells of the rest."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.activity import ActivityFilter, read_activity
from models.audiences import Audience
from models.commands.jobs import delete_job
from models.commands.time import log_time
from models.event_kinds import KINDS, EventKind
from models.events import JobUpdated, TaskUnlinked
from models.filtering import Between
from models.ids import Kind, encode, new_id
from models.log import Logged
from models.rights import Right, Role
from models.rows import PipelineMember
from models.scope import Scope
from resolvers.paging import HistoryPage, HistoryPaging
from tests.api.eventful import Eventful, record, told_of
from tests.serving import Api
from tests.world import World

ACTIVITY = """query Activity($filter: ActivityFilter, $first: Int! = 50, $after: String) {
  activity(filter: $filter, first: $first, after: $after) {
    since
    edges { cursor node { __typename revision actor { member { id } } } }
    nodes { __typename ... on JobDeleted { name jobId job { id } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


async def pages(scope: Scope, wanted: ActivityFilter, first: int) -> list[HistoryPage]:
    """All of it, in pages of this size."""
    found: list[HistoryPage] = []
    after: str | None = None
    while not found or found[-1].page_info.has_next_page:
        paging = HistoryPaging.by(first, after, "activity")
        found.append(paging.page(await read_activity(scope, wanted, reached=paging.reached, limit=first + 1)))
        after = found[-1].page_info.end_cursor
    return found


@pytest.fixture(scope="module")
async def eventful(database: str) -> Eventful:
    """Nothing happens to it any more."""
    return await Eventful.build(7, list(KINDS.values()))


def chosen(chance: random.Random, eventful: Eventful) -> ActivityFilter:
    """Some filter, mostly of one or two parts."""

    def perhaps(make: Any) -> Any:
        return make() if chance.random() < 0.3 else None

    def moment() -> datetime | None:
        return chance.choice(eventful.log).at if chance.random() < 0.7 else None

    world = eventful.world
    people = [world.owner.id, world.admin.id, world.employee.id, new_id()]
    return ActivityFilter(
        account=perhaps(lambda: chance.sample(eventful.accounts, chance.randint(0, 2))),
        pipeline=perhaps(lambda: chance.sample(eventful.pipelines, chance.randint(0, 2))),
        member=perhaps(lambda: chance.sample(people, chance.randint(0, 2))),
        kind=perhaps(lambda: chance.sample(list(EventKind), chance.randint(0, 40))),
        at=perhaps(lambda: Between(moment(), moment(), is_set=chance.choice((None, None, True, False)))),
    )


def is_found(logged: Logged, wanted: ActivityFilter, scope: Scope) -> bool:
    """Whether an event, as it is shown, is what was asked for."""
    event = logged.event
    by = logged.actor["id"] if event.tells_actor(scope) else None
    between = wanted.at or Between()
    return (
        (wanted.account is None or getattr(event, "account", None) in wanted.account)
        and (wanted.pipeline is None or getattr(event, "pipeline", None) in wanted.pipeline)
        and (wanted.member is None or by in [str(id) for id in wanted.member])
        and (wanted.kind is None or type(event).__name__ in wanted.kind)
        and (between.before is None or logged.at < between.before)
        and (between.after is None or logged.at > between.after)
        and between.is_set is not False
    )


@pytest.mark.parametrize("seed", range(60))
async def test_the_pages_together_are_all_that_is_shown_and_asked_for(eventful: Eventful, seed: int) -> None:
    chance = random.Random(seed)
    scope, wanted, first = eventful.scope(chance), chosen(chance, eventful), chance.choice((2, 7, 100))
    found = await pages(scope, wanted, first)
    shown = [logged for logged in told_of(eventful.log, scope) if is_found(logged, wanted, scope)]
    assert [logged for page in found for logged in page.nodes] == shown
    # Full, whatever was left out.
    assert all(len(page.nodes) == first for page in found[:-1])
    assert len({edge.cursor for page in found for edge in page.edges}) == len(shown)


def test_they_differ_in_what_they_find(eventful: Eventful) -> None:
    """Or the pages above prove little."""
    sizes = set()
    for seed in range(60):
        chance = random.Random(seed)
        scope, wanted = eventful.scope(chance), chosen(chance, eventful)
        sizes.add(sum(is_found(logged, wanted, scope) for logged in told_of(eventful.log, scope)))
    assert len(sizes) > 15
    assert {type(logged.event) for logged in eventful.log} == set(KINDS.values())


async def test_one_reads_on_from_any_edge_and_with_the_same_filter_alone(world: World, api: Api) -> None:
    job = await world.job()
    for name in ("a", "b"):
        told = {"job": job.id, "account": job.account_id, "pipeline": job.pipeline_id}
        # What is hidden stands before, between and after what is seen.
        hidden = JobUpdated(**{**told, "account": new_id()}, changes={})
        seen = JobUpdated(**told, changes={"name": ("", name)})
        await record(world, [hidden, seen, hidden, seen, hidden], world.admin)
    whole = (await api.ask(world.employee, ACTIVITY))["activity"]
    kinds = [edge["node"]["__typename"] for edge in whole["edges"]]
    assert kinds[:5] == ["JobUpdated"] * 4 + ["JobCreated"]
    assert [node["__typename"] for node in whole["nodes"]] == kinds
    assert whole["since"] is None
    for place, edge in enumerate(whole["edges"][:5]):
        rest = (await api.ask(world.employee, ACTIVITY, first=2, after=edge["cursor"]))["activity"]
        assert rest["edges"] == whole["edges"][place + 1 : place + 3]
    mine = {"member": {"in": [encode(Kind.MEMBER, world.admin.id)]}, "kind": ["JOB_UPDATED"]}
    page = (await api.ask(world.employee, ACTIVITY, filter=mine, first=3))["activity"]
    assert [edge["node"] for edge in page["edges"]] == [edge["node"] for edge in whole["edges"][:3]]
    other = await api.post(world.employee, ACTIVITY, after=page["pageInfo"]["endCursor"])
    assert other["errors"][0]["extensions"]["code"] == "INVALID"


@pytest.mark.parametrize(
    ("filter", "first", "reason"),
    [
        ({}, 0, "A page has from 1 to 100 things, not 0."),
        ({}, 101, "A page has from 1 to 100 things, not 101."),
        ({"account": {"notIn": []}}, 5, "This filter takes `in` alone: leave `notIn` out of it."),
        ({"account": {"in": [encode(Kind.JOB, new_id())]}}, 5, "an account is needed"),
    ],
)
async def test_what_is_refused(world: World, api: Api, filter: dict[str, Any], first: int, reason: str) -> None:
    answer = await api.post(world.owner, ACTIVITY, filter=filter, first=first)
    assert reason.removeprefix("an ") in answer["errors"][0]["message"]
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"


async def test_what_was_deleted_is_still_there(world: World, api: Api) -> None:
    job = await world.job("Gone by now")
    await delete_job(world.acting(world.owner), job_id=job.id)
    here = {"pipeline": {"in": [encode(Kind.PIPELINE, world.pipeline.id)]}}
    told = (await api.ask(world.employee, ACTIVITY, filter=here))["activity"]["nodes"]
    assert told[0] == {
        "__typename": "JobDeleted",
        "name": "Gone by now",
        "jobId": encode(Kind.JOB, job.id),
        "job": None,
    }
    assert told[1] == {"__typename": "JobCreated"}


@pytest.mark.parametrize("right", [Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES])
async def test_a_filter_tells_nobody_who_logged_time(right: Right, world: World, api: Api) -> None:
    watcher = await world.member("Wim Watcher", Role.EMPLOYEE, right, Right.VIEW_ALL_ACCOUNTS)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=watcher.id)
    job = await world.job()
    await log_time(world.acting(world.employee), minutes=5, job_id=job.id)
    everything = (await api.ask(watcher, ACTIVITY))["activity"]["edges"]
    assert everything[0]["node"]["__typename"] == "TimeLogged"
    hers = {"member": {"in": [encode(Kind.MEMBER, world.employee.id)]}}
    found = [edge["node"] for edge in (await api.ask(watcher, ACTIVITY, filter=hers))["activity"]["edges"]]
    assert [node["__typename"] for node in found] == ["TimeLogged"] * (right is Right.MANAGE_TIME_ENTRIES)


async def test_a_hidden_pipeline_finds_nothing_that_left_it(world: World) -> None:
    """A task that is unlinked from a hidden job is told with its account, and the job is not."""
    hidden = new_id()
    unlinking = TaskUnlinked(task=new_id(), account=world.account.id, job=new_id(), pipeline=hidden)
    await record(world, [unlinking])
    scope = Scope(world.firm.id, Audience.TEAM, frozenset(), None, frozenset({world.pipeline.id}))
    (unlinked,) = (await pages(scope, ActivityFilter(), 1))[0].nodes
    assert (type(unlinked.event).__name__, unlinked.event.subject_job) == ("TaskUnlinked", None)
    assert (await pages(scope, ActivityFilter(pipeline=[hidden]), 1))[0].nodes == []
    assert len((await pages(Scope.whole(world.firm.id), ActivityFilter(pipeline=[hidden]), 1))[0].nodes) == 1


async def test_an_event_of_a_moment_is_not_before_it(world: World) -> None:
    await world.job()
    (last,) = (await pages(Scope.whole(world.firm.id), ActivityFilter(), 1))[0].nodes
    scope = Scope.whole(world.firm.id)
    near = timedelta(microseconds=1)
    for between, there in (
        (Between(before=last.at), False),
        (Between(after=last.at), False),
        (Between(before=last.at + near, after=last.at - near), True),
    ):
        found = await pages(scope, ActivityFilter(at=between, kind=[EventKind.JOB_CREATED]), 5)  # type: ignore[attr-defined]
        assert (last in found[0].nodes) is there
