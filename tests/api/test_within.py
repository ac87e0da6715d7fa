"""Lists on the things themselves: pages of each thing, of any number of things in as many statements."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from models.commands.jobs import assign_job
from models.commands.moves import archive_job, move_job
from models.commands.tasks import assign_task, create_task
from models.database import sql
from models.ids import Kind, encode
from models.rows import Account, Job, Priority
from tests.api.test_statements import counted
from tests.serving import Api
from tests.world import World

MANY = 7


@pytest.fixture(scope="module")
async def shelf(database: str) -> World:
    """A firm with some jobs everywhere, of which the employee sees those of one account in one pipeline."""
    world = await World.build("within")
    owner = world.acting(world.owner)
    other, line = await world.new_account("Other"), await world.new_pipeline("Payroll")
    for account in (world.account, other):
        for pipeline in (world.pipeline, line):
            for number in range(MANY):
                priority = list(Priority)[number % 4]
                job = await world.job(
                    f"Job {number}", account_id=account.id, pipeline_id=pipeline.id, priority=priority
                )
                await assign_job(owner, job_id=job.id, member_ids=[world.employee.id, world.admin.id][: number % 3])
                task = (await create_task(owner, name=f"Task {number}", job_id=job.id)).value
                await assign_task(owner, task_id=task.id, member_ids=[world.employee.id])
    await archive_job(owner, job_id=job.id)
    return world


#: Each list, with how its thing is asked for, and the condition of SQL for what is in it.
LISTS = {
    "account": ("account", "jobs", "account_id = '{account}'"),
    "pipeline": ("pipeline", "jobs", "pipeline_id = '{pipeline}'"),
    "stage": ("stage", "cards", "stage_id = '{stage}' AND archived_at IS NULL"),
    "member": ("member", "jobs", "id IN (SELECT job_id FROM job_assignee WHERE member_id = '{member}')"),
    "tasks": ("member", "tasks", "id IN (SELECT task_id FROM task_assignee WHERE member_id = '{member}')"),
}


async def ids_of(world: World) -> dict[str, Any]:
    """The ids of the things that have lists."""
    stage = (await world.stages())[0]
    return {
        "account": world.account.id,
        "pipeline": world.pipeline.id,
        "stage": stage.id,
        "member": world.employee.id,
    }


async def walk(api: Api, who: Any, of: str, field: str, id: str, *, backward: bool, arguments: str = "") -> list[str]:
    """The ids of a list from one end to the other, in pages of three."""
    way, cursor, more, on = (
        ("last", "before", "hasPreviousPage", "startCursor")
        if backward
        else ("first", "after", "hasNextPage", "endCursor")
    )
    query = (
        f"query Walk($id: ID!, $c: String) {{ node(id: $id) {{ ... on {of.title()} {{ {field}({way}: 3, {cursor}: $c "
        f"{arguments}) {{ nodes {{ id }} totalCount pageInfo {{ {more} {on} }} }} }} }} }}"
    )
    found: list[str] = []
    at = None
    while True:
        page = (await api.ask(who, query, id=id, c=at))["node"][field]
        ids = [node["id"] for node in page["nodes"]]
        found = [*ids, *found] if backward else [*found, *ids]
        if not page["pageInfo"][more]:
            assert page["totalCount"] == len(found)
            return found
        at = page["pageInfo"][on]


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_walked_from_both_ends(shelf: World, api: Api, name: str) -> None:
    of, field, condition = LISTS[name]
    ids = await ids_of(shelf)
    id = encode(Kind(of), ids[of])
    forward = await walk(api, shelf.owner, of, field, id, backward=False)
    assert forward == await walk(api, shelf.owner, of, field, id, backward=True)
    kind = Kind.TASK if field == "tasks" else Kind.JOB
    order = "position, id" if field == "cards" else "created_at DESC, id"
    rows = await sql(f"SELECT id FROM {kind} WHERE {condition.format(**ids)} ORDER BY {order}")
    assert forward == [encode(kind, row["id"]) for row in rows]
    assert len(forward) >= MANY


@pytest.mark.parametrize("name", LISTS)
async def test_whoever_sees_less_finds_and_counts_less(shelf: World, api: Api, name: str) -> None:
    of, field, _ = LISTS[name]
    id = encode(Kind(of), (await ids_of(shelf))[of])
    seen = await walk(api, shelf.employee, of, field, id, backward=False)
    everything = await walk(api, shelf.owner, of, field, id, backward=False)
    assert seen == [id for id in everything if id in seen]
    assert len(everything) > len(seen) > 0
    jobs = await Job.filter(account_id=shelf.account.id, pipeline_id=shelf.pipeline.id)
    if field != "tasks":
        assert set(seen) <= {encode(Kind.JOB, job.id) for job in jobs}


async def test_filters_and_sorts_are_those_of_the_list(shelf: World, api: Api) -> None:
    query = """query Of($id: ID!) {
      account(id: $id) {
        jobs(filter: { not: { priority: [LOW] }, assignee: { notIn: [] } }, first: 100,
             sort: [{ field: PRIORITY, direction: DESC }]) { nodes { priority account { id } } totalCount }
      }
    }"""
    id = encode(Kind.ACCOUNT, shelf.account.id)
    jobs = (await api.ask(shelf.owner, query, id=id))["account"]["jobs"]
    said = [job["priority"] for job in jobs["nodes"]]
    assert said == sorted(said, key=list(Priority).index, reverse=True)
    assert set(said) == {"MEDIUM", "HIGH", "URGENT"}
    assert jobs["totalCount"] == len(said) > 0
    assert {job["account"]["id"] for job in jobs["nodes"]} == {id}


async def test_a_cursor_is_one_things_and_one_filters(shelf: World, api: Api) -> None:
    ask = """query Of($id: ID!, $c: String, $f: JobFilter) { node(id: $id) {
      ... on Account { jobs(first: 2, after: $c, filter: $f) { pageInfo { endCursor } } }
      ... on Pipeline { jobs(first: 2, after: $c, filter: $f) { pageInfo { endCursor } } } } }"""
    account, pipeline = encode(Kind.ACCOUNT, shelf.account.id), encode(Kind.PIPELINE, shelf.pipeline.id)
    other = await Account.get(firm_id=shelf.firm.id, name="Other")
    cursor = (await api.ask(shelf.owner, ask, id=account))["node"]["jobs"]["pageInfo"]["endCursor"]
    assert "errors" not in await api.post(shelf.owner, ask, id=account, c=cursor)
    for wrong in (
        {"id": pipeline, "c": cursor},
        {"id": encode(Kind.ACCOUNT, other.id), "c": cursor},
        {"id": account, "c": cursor, "f": {"archived": False}},
        {"id": account, "c": "x"},
    ):
        answer = await api.post(shelf.owner, ask, **wrong)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID", wrong


async def test_many_things_take_as_many_statements_as_one(world: World, api: Api) -> None:
    query = """{
      accounts(first: 50) { nodes { jobs(first: 2, filter: { overdue: false }) { totalCount nodes { name } } } }
      pipelines(first: 50) { nodes { jobs(first: 2) { totalCount nodes { name } } stages { jobsCut(limit: 1)
        cards(first: 2) { totalCount nodes { name } } } } }
      members(first: 50) { nodes { jobs(first: 2) { totalCount nodes { name } } tasks(first: 2) { nodes { name } } } }
    }"""

    async def statements() -> Counter[str]:
        with counted() as sent:
            await api.ask(world.owner, query)
        return Counter(sorted(statement.text[:60] for statement in sent))  # type: ignore[attr-defined]

    for job in [await world.job(), await world.job()]:
        await assign_job(world.acting(world.owner), job_id=job.id, member_ids=[world.employee.id])
    await api.ask(world.owner, "{ revision }")
    few = await statements()
    for number in range(4):
        account = await world.new_account(f"More {number}")
        line = await world.new_pipeline(f"Line {number}")
        member = await world.member(f"Member {number}")
        for _ in range(3):
            job = await world.job(account_id=account.id, pipeline_id=line.id)
            await assign_job(world.acting(world.owner), job_id=job.id, member_ids=[member.id])
    assert await statements() == few


async def test_a_stage_says_when_its_cards_are_cut(world: World, api: Api) -> None:
    stage, second = (await world.stages())[:2]
    jobs = [await world.job(f"Job {number}") for number in range(3)]
    await archive_job(world.acting(world.owner), job_id=jobs[0].id)
    query = (
        "query Cut($id: ID!, $n: Int!) { node(id: $id) { ... on Stage { jobsCut(limit: $n) jobs(limit: $n) { id } } } }"
    )
    for limit, cut in ((1, True), (2, False), (3, False)):
        said = (await api.ask(world.owner, query, id=encode(Kind.STAGE, stage.id), n=limit))["node"]
        assert (said["jobsCut"], len(said["jobs"])) == (cut, min(limit, 2))
    await move_job(world.acting(world.owner), job_id=jobs[1].id, stage_id=second.id)
    assert not (await api.ask(world.owner, query, id=encode(Kind.STAGE, stage.id), n=1))["node"]["jobsCut"]
    assert not (await api.ask(world.stranger, query, id=encode(Kind.STAGE, stage.id), n=1))["node"]
