"""Where recurrences start their jobs, when that stage is deleted."""

import asyncio
from typing import Any

from models.actor import Actor
from models.commands.stages import delete_stage
from models.errors import RuleBroken
from models.events import RecurrenceUpdated
from models.reasons import Parameter, Reason
from models.recurrences.occurrences import make_occurrence
from models.recurrences.recurrences import end_recurrence
from models.rows import Recurrence
from tests.domain.recurring import at, in_days, jobs_of, new_recurrence, work_at
from tests.domain.refusal import refused
from tests.locks import held, rows_held, until_waiting
from tests.world import World


async def test_they_start_on_the_stage_that_replaces_it(world: World) -> None:
    todo, doing, _ = await world.stages()
    owner = world.acting(world.owner)
    recurrence = await new_recurrence(world, stage_id=doing.id)
    over = await new_recurrence(world, stage_id=doing.id, name="Over")
    await end_recurrence(owner, recurrence_id=over.id)
    async with refused(world, RuleBroken, "replacement_stage_id") as error:
        await delete_stage(owner, stage_id=doing.id)
    assert (error.value.reason, error.value.parameters[Parameter.ACTUAL]) == (Reason.NOT_EMPTY, "1")
    before = await world.revision()
    await delete_stage(owner, stage_id=doing.id, replacement_stage_id=todo.id)
    moved = await world.row(Recurrence, recurrence.id)
    assert (moved.stage_id, moved.version) == (todo.id, recurrence.version + 1)
    told = [each.event for each in await world.events(before) if isinstance(each.event, RecurrenceUpdated)]
    assert {each.recurrence for each in told} == {recurrence.id, over.id}
    assert {tuple(each.changes["stage_id"]) for each in told} == {(str(doing.id), str(todo.id))}
    await work_at(world, at(in_days(1)))
    assert [job.stage_id for job in await jobs_of(recurrence)] == [todo.id]


async def test_one_that_has_ended_needs_no_replacement(world: World) -> None:
    _, doing, _ = await world.stages()
    owner = world.acting(world.owner)
    over = await new_recurrence(world, stage_id=doing.id)
    await end_recurrence(owner, recurrence_id=over.id)
    await delete_stage(owner, stage_id=doing.id)
    assert (await world.row(Recurrence, over.id)).stage_id is None


async def test_whoever_deletes_the_stage_waits_for_its_recurrences_before_the_stage(
    world: World, database: str
) -> None:
    todo, doing, _ = await world.stages()
    recurrence = await new_recurrence(world, stage_id=doing.id)
    what: dict[str, Any] = {"recurrence_id": recurrence.id, "account_id": world.account.id, "day": in_days(1)}
    async with held(database, "recurrence", recurrence.id):
        deleting = asyncio.create_task(
            delete_stage(world.acting(world.owner), stage_id=doing.id, replacement_stage_id=todo.id)
        )
        making = asyncio.create_task(make_occurrence(Actor.schedule(world.firm.id, "Books"), **what, by=at(in_days(1))))
        await until_waiting(deleting, making)
        assert not deleting.done()
        assert not making.done()
        assert await rows_held(database, world.firm.id, "stage", "account") == set()
    await asyncio.gather(deleting, making)
    # Whichever came first, the job is on the stage that there is.
    assert [job.stage_id for job in await jobs_of(recurrence)] == [todo.id]
