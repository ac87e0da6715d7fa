"""Two at once, and the same call twice."""

import asyncio
from typing import Any

import pytest

from models.ids import Kind, encode, new_id
from models.rows import Job, Member
from tests.api.untouched import untouched
from tests.serving import Api
from tests.world import World

MOVE = """
mutation Move($input: MoveJobInput!) { moveJob(input: $input) {
  job { id version name stage { id name } } revision errors { code message path } } }"""
CREATE = """
mutation Create($input: CreateJobInput!) { createJob(input: $input) {
  job { id version name } revision errors { code message path } } }"""
DELETE = """
mutation Delete($input: JobInput!) { deleteJob(input: $input) { job { id } revision errors { code message path } } }"""
ARCHIVE = """
mutation Archive($input: JobsInput!) { archiveJobs(input: $input) {
  jobs { id } revision errors { code message path } } }"""


async def dragged(api: Api, member: Member, **input: Any) -> dict[str, Any]:
    """The payload of a move."""
    return (await api.ask(member, MOVE, input=input))["moveJob"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("time", range(3))
async def test_of_two_who_drag_the_same_card_one_wins(world: World, api: Api, time: int) -> None:
    job, before = await world.job(), await world.revision()
    _first, doing, done = await world.stages()
    card = {"jobId": encode(Kind.JOB, job.id), "expectedVersion": 1}
    answers = await asyncio.gather(
        dragged(api, world.admin, stageId=encode(Kind.STAGE, doing.id), **card),
        dragged(api, world.employee, stageId=encode(Kind.STAGE, done.id), **card),
    )
    lost, won = sorted(answers, key=lambda answer: not answer["errors"])
    assert won["errors"] == []
    assert won["revision"] == str(before + 1) == str(await world.revision())
    assert lost == {
        "job": won["job"],  # As it is instead, so that the client can show what differs.
        "revision": None,
        "errors": [
            {
                "code": "CONFLICT",
                "message": "This job is at version 2, not 1: somebody changed it meanwhile. "
                "Look at the present one and decide again.",
                "path": ["input", "expectedVersion"],
            }
        ],
    }


async def test_many_drag_at_once_and_each_version_is_given_once(world: World, api: Api) -> None:
    job, before = await world.job(), await world.revision()
    stages = await world.stages()
    card = {"jobId": encode(Kind.JOB, job.id)}
    answers = await asyncio.gather(
        *(dragged(api, world.admin, stageId=encode(Kind.STAGE, stages[n % 3].id), **card) for n in range(8))
    )
    assert sorted(int(answer["revision"]) for answer in answers) == list(range(before + 1, before + 9))
    assert sorted(answer["job"]["version"] for answer in answers) == list(range(2, 10))


async def test_a_bulk_call_names_the_card_that_was_changed(world: World, api: Api) -> None:
    jobs = [await world.job() for _ in range(3)]
    await Job.filter(id=jobs[1].id).update(version=2)
    targets = [{"jobId": encode(Kind.JOB, job.id), "expectedVersion": 1} for job in jobs]
    async with untouched():
        answer = (await api.ask(world.admin, ARCHIVE, input={"jobs": targets}))["archiveJobs"]
        assert answer["jobs"] == []
        (error,) = answer["errors"]
        assert (error["code"], error["path"]) == ("CONFLICT", ["input", "jobs", "1", "expectedVersion"])


async def key_call(api: Api, world: World, member: Member | None = None, **other: Any) -> dict[str, Any]:
    """A creation under the key `once`."""
    fields = {
        "accountId": encode(Kind.ACCOUNT, world.account.id),
        "pipelineId": encode(Kind.PIPELINE, world.pipeline.id),
        "name": "1040",
        "idempotencyKey": "once",
        **other,
    }
    return (await api.ask(member or world.admin, CREATE, input=fields))["createJob"]  # type: ignore[no-any-return]


async def test_the_same_key_twice_makes_one_revision(world: World, api: Api) -> None:
    before = await world.revision()
    first = await key_call(api, world)
    await world.job("another")
    assert await key_call(api, world) == first
    assert first["revision"] == str(before + 1)
    assert await world.revision() == before + 2


async def test_the_same_key_at_once_makes_one_revision(world: World, api: Api) -> None:
    before = await world.revision()
    answers = await asyncio.gather(*(key_call(api, world) for _ in range(5)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["errors"] == []
    assert await world.revision() == before + 1
    assert await Job.filter(firm_id=world.firm.id).count() == 1


@pytest.mark.parametrize("other", [{"name": "1041"}, {"priority": "HIGH"}, {"description": ""}])
async def test_a_key_with_other_content_is_refused(world: World, api: Api, other: dict[str, Any]) -> None:
    await key_call(api, world)
    async with untouched():
        answer = await key_call(api, world, **other)
        assert answer["job"] is None
        (error,) = answer["errors"]
        assert error == {
            "code": "RULE",
            "message": "This idempotency key was used for another call. Take a new key for each call.",
            "path": ["input", "idempotencyKey"],
        }


async def test_a_key_is_its_callers_and_its_calls(world: World, api: Api) -> None:
    first = await key_call(api, world)
    theirs = await key_call(api, world, world.owner)
    assert theirs["errors"] == []
    assert theirs["job"]["id"] != first["job"]["id"]
    input = {"jobId": first["job"]["id"], "idempotencyKey": "once"}
    assert (await api.ask(world.admin, DELETE, input=input))["deleteJob"]["errors"][0]["code"] == "RULE"


async def test_another_firms_key_is_another_key(world: World, api: Api) -> None:
    other = await World.build(f"{world.tag}other")
    first, second = await key_call(api, world), await key_call(api, other)
    assert first["errors"] == second["errors"] == []
    assert first["job"]["id"] != second["job"]["id"]


async def test_a_call_that_was_refused_may_be_sent_again(world: World, api: Api) -> None:
    async with untouched():
        assert (await key_call(api, world, name=" "))["errors"][0]["code"] == "INVALID"
    assert (await key_call(api, world))["errors"] == []


async def test_a_deletion_sent_again_is_still_done(world: World, api: Api) -> None:
    job = await world.job()
    input = {"jobId": encode(Kind.JOB, job.id), "idempotencyKey": "gone"}
    first, second = [(await api.ask(world.admin, DELETE, input=input))["deleteJob"] for _ in range(2)]
    assert first["job"] == {"id": input["jobId"]}
    assert second == {"job": None, "revision": first["revision"], "errors": []}


async def test_a_bulk_call_sent_again_tells_the_same(world: World, api: Api) -> None:
    job = encode(Kind.JOB, (await world.job()).id)
    input = {"jobs": [{"jobId": job}, {"jobId": encode(Kind.JOB, new_id())}], "atomic": False, "idempotencyKey": "bulk"}
    first, second = [(await api.ask(world.admin, ARCHIVE, input=input))["archiveJobs"] for _ in range(2)]
    assert first == second
    assert first["jobs"] == [{"id": job}]
    assert first["errors"][0]["path"] == ["input", "jobs", "1"]


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_id_of_the_clients_own_sent_twice(world: World, api: Api, at_once: bool) -> None:
    before, id = await world.revision(), encode(Kind.JOB, new_id())
    calls = [key_call(api, world, id=id, idempotencyKey=None) for _ in range(3)]
    answers = await asyncio.gather(*calls) if at_once else [await call for call in calls]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0] == {"job": {"id": id, "version": 1, "name": "1040"}, "revision": str(before + 1), "errors": []}
    assert await world.revision() == before + 1


@pytest.mark.parametrize("key", ["", "x" * 201, "nul\0"])
async def test_a_key_that_is_none(world: World, api: Api, key: str) -> None:
    async with untouched():
        (error,) = (await key_call(api, world, idempotencyKey=key))["errors"]
        assert (error["code"], error["path"]) == ("INVALID", ["input", "idempotencyKey"])
