"""What is ours to mend: told by a reference, found by it in the log, and nothing internal said."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import structlog

from models.commands.tasks import create_task
from models.connection import credentials
from models.database import sql
from models.ids import Kind, encode
from models.rows import Job
from tests.api.untouched import untouched
from tests.serving import Api
from tests.world import World

TIME = """query Time($id: ID!) { job(id: $id) { name tracked blocked } }"""
RENAME = """
mutation Rename($first: UpdateJobInput!, $second: UpdateJobInput!) {
  first: updateJob(input: $first) { job { name } revision errors { code } }
  second: updateJob(input: $second) { job { name } revision errors { code } }
}"""


@pytest.fixture
async def broken_time(world: World) -> AsyncIterator[None]:
    """Time cannot be summed: the column has another name."""
    await sql("ALTER TABLE job_item RENAME COLUMN minutes TO minuets")
    try:
        yield
    finally:
        await sql("ALTER TABLE job_item RENAME COLUMN minuets TO minutes")


@pytest.mark.usefixtures("broken_time")
async def test_a_fault_is_told_by_a_reference_that_the_log_has(world: World, api: Api) -> None:
    job = await world.job("Secret name")
    with structlog.testing.capture_logs() as logged:
        answer = await api.post(world.owner, TIME, id=encode(Kind.JOB, job.id))
    # The field alone is missing: what could be read was.
    assert answer["data"]["job"] == {"name": "Secret name", "tracked": None, "blocked": False}
    (error,) = answer["errors"]
    reference = error["extensions"]["reference"]
    assert error["extensions"] == {"code": "INTERNAL", "reference": reference}
    assert error["message"] == f"Something went wrong on our side. Quote the reference {reference} when you report it."
    assert error["path"] == ["job", "tracked"]
    (told,) = [entry for entry in logged if entry.get("reference") == reference]
    assert told["log_level"] == "error"
    assert told["kind"] == "UndefinedColumnError"
    assert any("sums.py" in where for where in told["where"])
    for internal in ("minutes", "job_item", "time_entry", "column", "SELECT", "asyncpg", "Undefined", ".py"):
        assert internal not in json.dumps([error["message"], error["extensions"]])
    # Neither literals nor the database's own words, which may quote them.
    assert "Secret name" not in str(logged)
    assert str(job.id) not in str(logged)


@pytest.fixture
async def poisoned(world: World) -> AsyncIterator[Job]:
    """A job that the database refuses to change."""
    job = await world.job("Poisoned")
    await sql(
        f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.id = '{job.id}' THEN RAISE EXCEPTION 'the internal secret %', NEW.name; END IF; RETURN NEW; END $$"""
    )
    await sql("CREATE TRIGGER refuse BEFORE UPDATE ON job FOR EACH ROW EXECUTE FUNCTION refuse()")
    try:
        yield job
    finally:
        await sql("DROP TRIGGER refuse ON job")
        await sql("DROP FUNCTION refuse()")


async def test_a_command_that_fails_changes_nothing_and_tells_nothing(world: World, poisoned: Job, api: Api) -> None:
    good = await world.job()
    archive = "mutation Archive($input: JobsInput!) { archiveJobs(input: $input) { revision errors { code } } }"
    targets = [{"jobId": encode(Kind.JOB, job.id)} for job in (good, poisoned)]
    await api.token(world.owner)
    async with untouched():
        answer = await api.post(world.owner, archive, input={"jobs": targets, "idempotencyKey": "again"})
    assert answer["data"] == {"archiveJobs": None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in json.dumps(answer)


async def test_each_root_field_of_a_mutation_is_a_transaction_of_its_own(world: World, poisoned: Job, api: Api) -> None:
    good, before = await world.job(), await world.revision()
    answer = await api.post(
        world.owner,
        RENAME,
        first={"jobId": encode(Kind.JOB, good.id), "name": "Renamed"},
        second={"jobId": encode(Kind.JOB, poisoned.id), "name": "Renamed too"},
    )
    assert answer["data"] == {
        "first": {"job": {"name": "Renamed"}, "revision": str(before + 1), "errors": []},
        "second": None,
    }
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["second"], "INTERNAL")]
    assert await world.revision() == before + 1
    assert (await world.row(Job, good.id)).name == "Renamed"


async def test_the_fields_of_a_mutation_come_one_after_the_other(world: World, api: Api) -> None:
    job, before = await world.job(), await world.revision()
    id = encode(Kind.JOB, job.id)
    answer = await api.ask(
        world.owner,
        RENAME,
        first={"jobId": id, "name": "One", "expectedVersion": 1},
        second={"jobId": id, "name": "Two", "expectedVersion": 2},
    )
    assert [answer[name]["revision"] for name in ("first", "second")] == [str(before + 1), str(before + 2)]
    assert answer["first"]["job"] == {"name": "One"}
    assert answer["second"]["job"] == {"name": "Two"}


async def test_a_statement_that_takes_too_long_is_ended(world: World, database: str, api: Api) -> None:
    """By the limit of the connection, which is 15 s: here the same cancellation comes from outside, at once."""
    job = await world.job()
    task = (await create_task(world.acting(world.owner), name="T", job_id=job.id)).value
    holder = await asyncpg.connect(**credentials(database))
    try:
        async with holder.transaction():
            await holder.execute("SELECT 1 FROM job WHERE id = $1 FOR UPDATE", job.id)
            waiting = asyncio.create_task(_finish(api, world, encode(Kind.TASK, task.id)))
            await _cancelled(holder)
            answer: dict[str, Any] = await waiting
    finally:
        await holder.close()
    assert answer["data"] == {"setTaskState": None}
    (error,) = answer["errors"]
    assert (error["extensions"], error["message"]) == (
        {"code": "TIMEOUT"},
        "The database took too long. Ask for less at a time.",
    )
    assert (await _finish(api, world, encode(Kind.TASK, task.id)))["data"]["setTaskState"]["errors"] == []


async def _finish(api: Api, world: World, task: str) -> dict[str, Any]:
    done = "mutation Done($input: SetTaskStateInput!) { setTaskState(input: $input) { errors { code } } }"
    return await api.post(world.owner, done, input={"taskId": task, "state": "COMPLETED"})


async def _cancelled(holder: Any) -> None:
    """Cancel whoever waits for this connection, as the statement timeout does."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    async with asyncio.timeout(10):
        while not (rows := await holder.fetch(waiting)):
            await asyncio.sleep(0.01)
    for row in rows:
        await holder.execute("SELECT pg_cancel_backend($1)", row["pid"])
