"""What is linked to a job, of all kinds in one list, and what holds the job."""

from operator import attrgetter
from typing import Any
from uuid import UUID

import pytest

from models.commands.tasks import create_task, link_task, set_task_state, unlink_task
from models.commands.time import log_time
from models.ids import Kind, encode
from models.rights import Right, Role
from models.rows import AccountMember, Job, Member, PipelineMember, Task, TaskState, TimeEntry
from tests.serving import Api
from tests.world import World

ITEMS = """
query Items($job: ID!, $filter: LinkedItemFilter, $first: Int! = 20, $after: String) { job(id: $job) {
  openItemCount
  outstanding { kind itemId title awaited party members { name } contacts { name } since item { id title } }
  items(filter: $filter, first: $first, after: $after) { totalCount
    nodes { __typename id kind title open awaited account { name } createdBy { id } createdAt
      ... on Task { name state } ... on TimeEntry { minutes job { id } } }
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def items(api: Api, member: Member, job: Job, **variables: Any) -> Any:
    return (await api.ask(member, ITEMS, job=encode(Kind.JOB, job.id), **variables))["job"]


async def new_task(world: World, job: Job, name: str, *assignees: UUID) -> Task:
    making = create_task(world.acting(world.owner), name=name, job_id=job.id, assignee_ids=assignees)
    return (await making).value


async def new_entry(world: World, job: Job, member: Member, note: str = "") -> TimeEntry:
    logging = log_time(world.acting(world.owner), minutes=5, job_id=job.id, member_id=member.id, note=note)
    return (await logging).value


async def test_a_job_has_its_items_of_all_kinds(world: World, api: Api) -> None:
    job = await world.job()
    team = (world.owner.id, world.employee.id)
    call, file = await new_task(world, job, "Call", *team), await new_task(world, job, "File")
    noted = await new_entry(world, job, world.employee, "Read the letter\nand answered it")
    plain = await new_entry(world, job, world.owner)
    await set_task_state(world.acting(world.owner), task_id=call.id, state=TaskState.IN_PROGRESS)
    await set_task_state(world.acting(world.owner), task_id=file.id, state=TaskState.CANCELED)
    answer = await items(api, world.owner, job)
    by, at = {"id": encode(Kind.MEMBER, world.owner.id)}, {"name": "Acme"}
    shared = {"account": at, "createdBy": by}
    nodes = answer["items"]["nodes"]
    assert all(node.pop("createdAt") for node in nodes)
    ids = [encode(item.kind, item.id) for item in (call, file, noted, plain)]
    assert nodes == [
        {"__typename": "Task", "id": ids[0], "kind": "TASK", "title": "Call", "open": True, "awaited": "COMPLETION"}
        | {"name": "Call", "state": "IN_PROGRESS"}
        | shared,
        {"__typename": "Task", "id": ids[1], "kind": "TASK", "title": "File", "open": False, "awaited": None}
        | {"name": "File", "state": "CANCELED"}
        | shared,
        *(
            {"__typename": "TimeEntry", "id": id, "kind": "TIME_ENTRY", "title": title, "open": False, "awaited": None}
            | {"minutes": 5, "job": {"id": encode(Kind.JOB, job.id)}}
            | shared
            for id, title in [(ids[2], "Read the letter"), (ids[3], "Time")]
        ),
    ]
    assert (answer["items"]["totalCount"], answer["openItemCount"]) == (4, 1)
    (held,) = answer["outstanding"]
    assert held.pop("since")
    assert held == {
        "kind": "TASK",
        "itemId": ids[0],
        "title": "Call",
        "awaited": "COMPLETION",
        "party": "TEAM",
        "contacts": [],
        "members": [{"name": member.name} for member in sorted((world.owner, world.employee), key=attrgetter("name"))],
        "item": {"id": ids[0], "title": "Call"},
    }


async def test_pages_by_kind_and_by_whether_they_are_open(world: World, api: Api) -> None:
    job = await world.job()
    tasks = [await new_task(world, job, f"Step {number}") for number in range(5)]
    await new_entry(world, job, world.owner)
    await set_task_state(world.acting(world.owner), task_id=tasks[1].id, state=TaskState.COMPLETED)
    ids = [encode(Kind.TASK, task.id) for task in tasks]
    filter = {"kind": ["TASK"], "open": True}
    read: list[str] = []
    after = None
    while True:
        page = (await items(api, world.owner, job, filter=filter, first=3, after=after))["items"]
        assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
        assert page["totalCount"] == 4
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        read += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert read == [ids[0], ids[2], ids[3], ids[4]]
    empty: tuple[dict[str, Any], ...] = ({"kind": []}, {"kind": ["TIME_ENTRY"], "open": True})
    for nothing in empty:
        page = (await items(api, world.owner, job, filter=nothing))["items"]
        assert (page["nodes"], page["totalCount"]) == ([], 0)
        assert page["pageInfo"] == {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        }
    everything = (await items(api, world.owner, job, filter={"kind": None, "open": None}))["items"]
    assert everything["totalCount"] == 6


async def test_what_is_no_page(world: World, api: Api) -> None:
    job, other = await world.job(), await world.job()
    for each in (job, other):
        await new_task(world, each, "One")
        await new_task(world, each, "Two")
    cursor = (await items(api, world.owner, job, first=1))["items"]["pageInfo"]["endCursor"]
    made_up = "WyJ4IiwxLDJd"
    for wrong in (
        {"first": 0},
        {"first": 101},
        {"after": made_up},
        {"after": cursor, "filter": {"open": True}},
        {"filter": {"kind": ["TASK"] * 101}},
    ):
        answer = await api.post(world.owner, ITEMS, job=encode(Kind.JOB, job.id), **wrong)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"], wrong
    answer = await api.post(world.owner, ITEMS, job=encode(Kind.JOB, other.id), after=cursor)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INVALID"]
    assert len((await items(api, world.owner, job, after=cursor))["items"]["nodes"]) == 1


async def seeing(world: World, *rights: Right) -> Member:
    """An employee who sees the job, with these rights."""
    member = await world.member("Nina Narrow", Role.EMPLOYEE, *rights)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    await PipelineMember.create(pipeline_id=world.pipeline.id, member_id=member.id)
    return member


@pytest.mark.parametrize("alone", [True, False])
async def test_time_is_in_the_list_with_the_right_to_it_alone(world: World, api: Api, alone: bool) -> None:
    job = await world.job()
    task = await new_task(world, job, "Call")
    without, entitled = await seeing(world), await seeing(world, Right.MANAGE_TIME_ENTRIES)
    own = await new_entry(world, job, without)
    # Asked with one's own beside it, the document is answered for each viewer.
    query = ITEMS if alone else ITEMS.replace("{ job(id", "{ viewer { member { id } } job(id", 1)
    answers = []
    for member in (without, entitled):
        answers.append((await api.ask(member, query, job=encode(Kind.JOB, job.id)))["job"])
        entries = (await api.ask(member, "{ timeEntries { nodes { id } } }"))["timeEntries"]["nodes"]
        assert [entry["id"] for entry in entries] == [encode(Kind.TIME_ENTRY, own.id)]
    told = [[node["id"] for node in answer["items"]["nodes"]] for answer in answers]
    assert told == [[encode(Kind.TASK, task.id)], [encode(Kind.TASK, task.id), encode(Kind.TIME_ENTRY, own.id)]]
    assert [answer["items"]["totalCount"] for answer in answers] == [1, 2]
    # What holds the job is the job's.
    assert answers[0]["outstanding"] == answers[1]["outstanding"] != []
    assert answers[0]["openItemCount"] == answers[1]["openItemCount"] == 1


LINKS = """
subscription Links { boardChanges { revision events { __typename
  ... on ItemLinked { itemId linkedJobId item { kind title } linkedJob { openItemCount } }
  ... on ItemUnlinked { itemId linkedJobId item { kind title } linkedJob { openItemCount } } } } }"""


async def test_links_of_all_kinds_are_told_in_one_shape(world: World, api: Api) -> None:
    job, owner = await world.job(), world.acting(world.owner)
    task = (await create_task(owner, name="Call", account_id=world.account.id)).value
    async with api.socket(world.employee) as socket:
        await socket.subscribe(LINKS)
        await socket.next()
        told = []
        for change in (link_task(owner, task_id=task.id, job_id=job.id), unlink_task(owner, task_id=task.id)):
            await change
            told += (await socket.next())["boardChanges"]["events"]
    shared = {
        "itemId": encode(Kind.TASK, task.id),
        "linkedJobId": encode(Kind.JOB, job.id),
        "item": {"kind": "TASK", "title": "Call"},
    }
    assert told == [
        {"__typename": "TaskLinked", "linkedJob": {"openItemCount": 1}} | shared,
        {"__typename": "TaskUnlinked", "linkedJob": {"openItemCount": 0}} | shared,
    ]
