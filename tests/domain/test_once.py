"""A command that is asked to happen once does, and what is kept of it is kept by the statement that appends to the
log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from tortoise.exceptions import IntegrityError

from models.actor import Actor
from models.commands.jobs import delete_job, update_job
from models.commands.members import deactivate_member, reactivate_member
from models.commands.moves import archive_job
from models.commands.tags import create_tag
from models.commands.tasks import create_task
from models.database import sql
from models.errors import RuleBroken
from models.housekeeping import prune_idempotency_keys
from models.ids import Kind
from models.once import Earlier, Kept
from models.rows import IdempotencyKey, Job, Tag, Task
from tests.api.test_statements import counted
from tests.links import items_of
from tests.world import World


def texts(statements: list[str]) -> list[str]:
    """Without their values."""
    return [statement.text for statement in statements]  # type: ignore[attr-defined]


async def test_a_keyed_call_keeps_its_result_with_the_statement_that_appends(world: World) -> None:
    actor = world.acting(world.owner)
    with counted() as bare:
        await create_tag(actor, name="Bare", color="#2f80ed")
    with counted() as keyed:
        await create_tag(actor.calling("k", "createTag", {"name": "Keyed"}), name="Keyed", color="#2f80ed")
    *before, last = texts(keyed)
    # One statement more, and that is the first one.
    assert len(keyed) == len(bare) + 1
    assert all(part in last for part in ("UPDATE firm", "UPDATE idempotency_key", "INSERT INTO event"))
    assert not [one for one in before if "UPDATE firm" in one or "UPDATE idempotency_key" in one]
    (kept,) = await IdempotencyKey.filter(firm_id=world.firm.id)
    assert kept.revision == await world.revision()
    assert kept.result == {"kind": "tag", "id": str((await Tag.get(firm_id=world.firm.id, name="Keyed")).id)}


async def test_a_keyed_call_is_kept_also_when_a_scope_changed_meanwhile(world: World) -> None:
    """Then it appends in a second try, or begins anew."""
    job, owner = await world.job(), world.acting(world.owner)
    done = asyncio.Event()

    async def rescope() -> None:
        while not done.is_set():
            await deactivate_member(owner, member_id=world.stranger.id)
            await reactivate_member(owner, member_id=world.stranger.id)

    rescoping = asyncio.create_task(rescope())
    made = []
    try:
        for turn in range(30):
            keyed = world.acting(world.admin).calling(f"k{turn}", "updateJob", {"turn": turn})
            made.append((await update_job(keyed, job_id=job.id, name=f"n{turn}")).revision)
    finally:
        done.set()
        await rescoping
    kept = await IdempotencyKey.filter(firm_id=world.firm.id).order_by("id")
    assert [key.revision for key in kept] == made
    told = [logged.revision for logged in await world.events() if logged.actor["id"] == str(world.admin.id)]
    assert told == made


async def test_a_keyed_call_that_changes_nothing_is_kept_as_well(world: World) -> None:
    job = await world.job("1040")
    before = await world.revision()
    keyed = world.acting(world.owner).calling("k", "updateJob", {})
    first = await update_job(keyed, job_id=job.id, name="1040")
    await update_job(world.acting(world.admin), job_id=job.id, name="1065")
    again = await update_job(keyed, job_id=job.id, name="1040")
    assert (first.revision, again.revision) == (before, before)
    assert (await Job.get(id=job.id)).name == "1065"


async def test_a_key_belongs_to_its_firm_and_its_asker(world: World) -> None:
    """Equal keys and contents: each asker's is a call of its own, and sent again it is answered as that."""
    other = await World.build(f"{world.tag}x")
    askers = [
        world.acting(world.owner),
        world.acting(world.admin),
        Actor.automation(world.firm.id, "Robot", cause=1),
        other.acting(other.owner),
        Actor.automation(other.firm.id, "Robot", cause=1),
    ]
    jobs = {world.firm.id: await world.job(), other.firm.id: await other.job()}
    made: dict[int, tuple[UUID, int]] = {}
    for turn in range(2):
        for place, asker in enumerate(askers):
            keyed = asker.calling("k", "createTask", {"name": "Look"})
            outcome = await create_task(keyed, job_id=jobs[asker.firm_id].id, name="Look")
            answer = (outcome.value.id, outcome.revision)
            assert made.setdefault(place, answer) == answer, (turn, place)
    assert len({id for id, _ in made.values()}) == len(askers)
    for firm, number in ((world.firm.id, 3), (other.firm.id, 2)):
        assert await Task.filter(firm_id=firm).count() == number
        assert await IdempotencyKey.filter(firm_id=firm, key="k").count() == number
    (kept, *_) = await IdempotencyKey.filter(firm_id=world.firm.id)
    with pytest.raises(IntegrityError, match="firm_id, asker, key"):
        await sql(
            "INSERT INTO idempotency_key (firm_id, asker, key, fingerprint, created_at) "
            "VALUES ($1, $2, $3, 'f', now())",
            *(kept.firm_id, kept.asker, kept.key),
        )


@dataclass(frozen=True)
class OncePerStay:
    """An automation's run: one for each stay of a job on a stage. It is kept for as long as the job is there."""

    job: UUID
    stay: int
    key: str | None = None

    async def earlier(self, firm_id: UUID, now: datetime) -> Earlier | None:
        claimed = "INSERT INTO stay_run (job, stay) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING job"
        if await sql(claimed, self.job, self.stay):
            return None
        (row,) = await sql("SELECT revision, result FROM stay_run WHERE job = $1 AND stay = $2", self.job, self.stay)
        return Earlier(row["revision"], orjson.loads(row["result"]))

    def kept(self, result: Any) -> Kept:
        statement = """
            UPDATE stay_run r SET revision = raised.revision, result = $2::jsonb -> 'result' FROM raised, job
            WHERE job.firm_id = $1 AND r.job = job.id AND job.id = ($2::jsonb ->> 'job')::uuid
              AND r.stay = ($2::jsonb ->> 'stay')::int
        """
        return Kept(statement, {"job": str(self.job), "stay": self.stay, "result": result})


@pytest.fixture
async def runs(database: str) -> AsyncIterator[None]:
    """Where they are kept."""
    await sql(
        "CREATE TABLE stay_run (job uuid REFERENCES job (id) ON DELETE CASCADE, stay int, revision bigint, "
        "result jsonb, PRIMARY KEY (job, stay))"
    )
    yield
    await sql("DROP TABLE stay_run")


@pytest.mark.usefixtures("runs")
async def test_an_automations_run_happens_once_for_as_long_as_what_it_guards_is_there(world: World) -> None:
    job = await world.job()
    before = await world.revision()

    def run(stay: int) -> Any:
        robot = Actor.automation(world.firm.id, "Robot", cause=before)
        return create_task(replace(robot, once=OncePerStay(job.id, stay)), job_id=job.id, name=f"On stay {stay}")

    # Several workers at once, and one that comes back when all keys of calls have been forgotten.
    outcomes = await asyncio.gather(*(run(1) for _ in range(5)))
    await prune_idempotency_keys(datetime.now(UTC) + timedelta(days=400))
    outcomes.append(await run(1))
    assert {(outcome.revision, outcome.value.id) for outcome in outcomes} == {(before + 1, outcomes[0].value.id)}
    (logged,) = await world.events(before)
    assert (logged.actor["label"], logged.cause) == ("Robot", before)
    # The next stay is another run.
    assert (await run(2)).revision == before + 2
    assert len(await items_of(job, Kind.TASK)) == 2
    await delete_job(world.acting(world.owner), job_id=job.id)
    assert await sql("SELECT FROM stay_run WHERE job = $1", job.id) == []


@pytest.mark.usefixtures("runs")
async def test_a_run_that_is_refused_is_still_to_be_done(world: World) -> None:
    job = await world.job()
    await archive_job(world.acting(world.owner), job_id=job.id)
    before = await world.revision()
    robot = replace(Actor.automation(world.firm.id, "Robot", cause=before), once=OncePerStay(job.id, 1))
    with pytest.raises(RuleBroken):
        await create_task(robot, job_id=job.id, name="Too late")
    assert await world.revision() == before
    assert await sql("SELECT FROM stay_run WHERE job = $1", job.id) == []
