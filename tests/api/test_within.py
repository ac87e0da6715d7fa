"""Lists on the things themselves: pages of each thing, of any number of things in as many statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from models.commands.jobs import assign_job
from models.commands.moves import archive_job, move_job
from models.commands.pipelines import update_pipeline
from models.commands.tasks import assign_task, create_task
from models.database import sql
from models.ids import Kind, encode
from models.reading_order import order_key
from models.rows import Account, Job, JobOrder, Pipeline, Priority
from tests.api.test_statements import SPLIT, counted
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
    # A document that has not been read before takes a statement more.
    await api.ask(world.employee, query)
    few = await statements()
    for number in range(4):
        account = await world.new_account(f"More {number}")
        line = await world.new_pipeline(f"Line {number}")
        member = await world.member(f"Member {number}")
        for _ in range(3):
            job = await world.job(account_id=account.id, pipeline_id=line.id)
            await assign_job(world.acting(world.owner), job_id=job.id, member_ids=[member.id])
    assert await statements() == few


#: What a board sorts its cards by, in Python.
SORTED_BY: dict[JobOrder, Callable[[Job], Any]] = {
    JobOrder.MANUAL: lambda job: (),
    JobOrder.DUE_DATE: lambda job: (job.due_date is None, job.due_date or date.min),
    JobOrder.PRIORITY: lambda job: -list(Priority).index(job.priority),
    JobOrder.NAME: lambda job: job.name.casefold(),
    JobOrder.CREATED: lambda job: job.created_at,
    JobOrder.STAGE_ENTERED: lambda job: job.stage_entered_at,
}


@pytest.mark.parametrize("order", JobOrder)
async def test_a_board_has_its_cards_in_its_own_order(shelf: World, api: Api, order: JobOrder) -> None:
    owner, stage = shelf.acting(shelf.owner), (await shelf.stages())[0]
    await update_pipeline(owner, pipeline_id=shelf.pipeline.id, job_order=order)
    cards = await Job.filter(stage_id=stage.id, archived_at=None).order_by("position", "id")
    for number, card in enumerate(cards):
        moment = datetime(2026, 4, 1 + number * 5 % 7, tzinfo=UTC)
        due = None if number % 4 == 1 else date(2026, 4, 9 - number % 3)
        names = {"name": f"{'zA'[number % 2]}{number % 5}", "name_order": order_key(f"{'zA'[number % 2]}{number % 5}")}
        await Job.filter(id=card.id).update(due_date=due, created_at=moment, stage_entered_at=moment, **names)
    cards = await Job.filter(stage_id=stage.id, archived_at=None).order_by("position", "id")
    # Equal ones stay as they were dragged.
    right = [encode(Kind.JOB, card.id) for card in sorted(cards, key=SORTED_BY[order])]
    id = encode(Kind.STAGE, stage.id)
    for backward in (False, True):
        walked = await walk(api, shelf.owner, "stage", "cards", id, backward=backward, arguments="order: BOARD")
        assert walked == right
    seen = await walk(api, shelf.employee, "stage", "cards", id, backward=False, arguments="order: BOARD")
    assert seen == [id for id in right if id in seen]
    assert len(right) > len(seen) > 0
    dragged = await walk(api, shelf.owner, "stage", "cards", id, backward=False, arguments="order: POSITION")
    assert dragged == [encode(Kind.JOB, card.id) for card in cards]
    assert (dragged == right) is (order is JobOrder.MANUAL)


async def test_boards_of_all_orders_take_no_more_statements_for_more_cards(world: World, api: Api) -> None:
    owner = world.acting(world.owner)
    for order in JobOrder:
        pipeline = await world.new_pipeline(order.value)
        await update_pipeline(owner, pipeline_id=pipeline.id, job_order=order)
    stages = [
        stage for pipeline in await Pipeline.filter(firm_id=world.firm.id) for stage in await world.stages(pipeline)
    ]

    async def add_a_card_to_each() -> None:
        for stage in stages:
            await world.job(pipeline_id=stage.pipeline_id, stage_id=stage.id, assignee_ids=[world.admin.id])

    # All that a card can show.
    query = """query Boards { pipelines(first: 7) { nodes { jobOrder cardFields stages { cards(order: BOARD, first: 5) {
      nodes { id name description priority startDate dueDate deadline position stageEnteredAt openTaskCount budget
        tracked period { text } clientStatus { visible name color } status { name } account { name tags { name } }
        assignees { name } } } } } } }"""

    async def count() -> int:
        with counted() as found:
            await api.ask(world.owner, query)
        return len(found)

    await api.token(world.owner)
    await add_a_card_to_each()
    few = await count()
    for _ in range(2):
        await add_a_card_to_each()
    # Cards of each order may come at another moment. A statement for each card would be forty more at least.
    assert await count() <= few + SPLIT * len(JobOrder)


async def test_a_cursor_is_of_the_order_that_the_board_had(world: World, api: Api) -> None:
    for number in range(3):
        await world.job(f"Job {number}")
    id, ask = (
        encode(Kind.STAGE, (await world.stages())[0].id),
        """query Of($id: ID!, $c: String) { node(id: $id) {
      ... on Stage { cards(first: 2, after: $c, order: BOARD) { pageInfo { endCursor } } } } }""",
    )
    cursor = (await api.ask(world.owner, ask, id=id))["node"]["cards"]["pageInfo"]["endCursor"]
    assert "errors" not in await api.post(world.owner, ask, id=id, c=cursor)
    await update_pipeline(world.acting(world.owner), pipeline_id=world.pipeline.id, job_order=JobOrder.NAME)
    answer = await api.post(world.owner, ask, id=id, c=cursor)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID"


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
