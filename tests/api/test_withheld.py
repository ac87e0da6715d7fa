"""What is withheld stays so on every way to it: through events, on an old socket, inside a very large answer."""

from typing import Any

import pytest

from models.commands.accounts import set_account_team
from models.commands.members import set_member_rights
from models.commands.time import log_time
from models.database import sql
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import Job, PipelineMember
from resolvers import context
from tests.api.test_statements import counted
from tests.serving import Api
from tests.world import World

HISTORY = """
query History($job: ID!) { job(id: $job) { history { nodes {
  __typename actor { kind member { id } } ... on TimeLogged { spentById }
} } } }
"""


async def test_a_socket_is_old_by_the_time_of_its_first_operation(world: World, api: Api) -> None:
    job = encode(Kind.JOB, (await world.job()).id)
    async with api.socket(world.employee) as socket:
        await set_account_team(world.acting(world.owner), account_id=world.account.id, member_ids=[])
        await socket.subscribe("query Job($job: ID!) { job(id: $job) { name } }", job=job)
        assert await socket.next() == {"job": None}


async def test_which_rights_changed_is_withheld_as_the_rights_are(world: World, api: Api) -> None:
    other = await world.member("Otto Other")
    manager = await world.member("Mia Manager", Role.EMPLOYEE, Right.MANAGE_TEAM)
    document = "subscription { boardChanges { events { ... on MemberRightsChanged { addedRights removedRights } } } }"
    seen: dict[Any, Any] = {}
    for member in (world.employee, manager):
        async with api.socket(member) as socket:
            await socket.subscribe(document)
            await socket.receive()
            right = Right.MANAGE_TAGS if member is manager else Right.MANAGE_RATES
            await set_member_rights(world.acting(world.owner), member_id=other.id, rights=[right])
            while not (frame := await socket.receive())["payload"]["data"]["boardChanges"]["events"]:
                pass
            seen[member.id] = frame["payload"]
    assert seen[world.employee.id]["data"]["boardChanges"]["events"] == [{"addedRights": None, "removedRights": None}]
    assert {error["extensions"]["right"] for error in seen[world.employee.id]["errors"]} == {"MANAGE_TEAM"}
    told = {"addedRights": ["MANAGE_TAGS"], "removedRights": ["MANAGE_RATES"]}
    assert seen[manager.id]["data"]["boardChanges"]["events"] == [told]


@pytest.mark.parametrize("right", [Right.MANAGE_TIME_BUDGETS, Right.MANAGE_TIME_ENTRIES])
async def test_who_logged_time_is_withheld_as_whose_time_it_is(right: Right, world: World, api: Api) -> None:
    watcher = await world.member("Wim Watcher", Role.EMPLOYEE, right, Right.VIEW_ALL_ACCOUNTS)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=watcher.id)
    job = await world.job()
    await log_time(world.acting(world.employee), minutes=5, job_id=job.id)
    answer = await api.post(watcher, HISTORY, job=encode(Kind.JOB, job.id))
    logged, created = answer["data"]["job"]["history"]["nodes"]
    worker = {"id": encode(Kind.MEMBER, world.employee.id)} if right is Right.MANAGE_TIME_ENTRIES else None
    assert logged["actor"] == {"kind": "MEMBER", "member": worker}
    assert created["actor"] == {"kind": "MEMBER", "member": {"id": encode(Kind.MEMBER, world.owner.id)}}


async def _task(world: World, job: Job, times: int) -> None:
    await sql(
        "WITH made AS (INSERT INTO task (id, version, firm_id, account_id, name, description, state, priority, "
        "created_at) SELECT gen_random_uuid(), 1, $1, $2, n::text, '', 'PLANNED', 'MEDIUM', "
        "now() + n * interval '1 second' FROM generate_series(1, $4::int) AS n RETURNING id) "
        "INSERT INTO job_item (firm_id, job_id, kind, item, open, open_since, open_since_stay, linked_at) "
        "SELECT $1, $3, 'task', id, true, now(), 1, now() FROM made",
        world.firm.id,
        job.account_id,
        job.id,
        times,
    )


async def test_lists_within_each_other_end(world: World, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MOST_THINGS", 1_000)
    job = await world.job()
    await _task(world, job, 20)
    flat = "query Flat($job: ID!) { job(id: $job) { tasks { job { tasks { id } } } } }"
    deep = "query Deep($job: ID!) { job(id: $job) { tasks { job { tasks { job { tasks { id } } } } } } }"
    id = encode(Kind.JOB, job.id)
    assert len((await api.ask(world.employee, flat, job=id))["job"]["tasks"]) == 20
    answer = await api.post(world.employee, deep, job=id)
    assert answer["data"] is None
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "LIMIT", "limit": "things"}]


async def test_histories_count_also_when_nothing_of_them_is_asked_for(
    world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "MOST_THINGS", 150)
    job = encode(Kind.JOB, (await world.job()).id)
    page = "history(first: 100) { pageInfo { hasNextPage } }"
    await api.ask(world.owner, f"query One($job: ID!) {{ job(id: $job) {{ {page} }} }}", job=job)
    with counted() as statements:
        answer = await api.post(
            world.owner, f"query Two($job: ID!) {{ job(id: $job) {{ {page} again: {page} }} }}", job=job
        )
    assert answer["errors"][0]["extensions"]["code"] == "LIMIT"
    assert sum("unnest" in statement and "event" in statement for statement in statements) == 1


async def test_a_card_and_a_task_over_the_limit_are_not_even_read(world: World, api: Api) -> None:
    jobs = [await world.job(str(number)) for number in range(4)]
    await _task(world, jobs[0], 205)
    stage = encode(Kind.STAGE, jobs[0].stage_id)
    document = "query Top($stage: ID!) { node(id: $stage) { ... on Stage { jobs(limit: 2) { name tasks { name } } } } }"
    with counted() as statements:
        cards = (await api.ask(world.employee, document, stage=stage))["node"]["jobs"]
    assert [card["name"] for card in cards] == ["0", "1"]
    assert [task["name"] for task in cards[0]["tasks"]] == [str(number) for number in range(1, 201)]
    read = [statement for statement in statements if "FROM job" in statement or "FROM task" in statement]
    assert read and all("LIMIT" in statement or "place <= $2" in statement for statement in read)
