"""What jobs are to each other: who may say it, what never waits for itself, and who hears that a job is blocked."""

import asyncio
from uuid import UUID

import pytest

from models import relations as reading
from models.bounds import Bounds
from models.commands import relations
from models.commands.jobs import delete_job, delete_jobs
from models.commands.moves import archive_job, complete_job, complete_jobs, move_job, restore_job, set_job_status
from models.commands.relations import relate_job, unrelate_job
from models.commands.statuses import create_status, delete_status
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.events import Event, JobBlockedChanged, JobRelationChanged
from models.log import Reached, read_histories
from models.reasons import Reason
from models.relations import blocked_jobs, related_jobs
from models.rights import Role
from models.rows import Category, Job, JobRelation, Member, Relation
from models.scope import Scope
from models.targets import Target
from models.viewers import viewers
from models.visibility import shown
from tests.domain.refusal import refused, told
from tests.world import World

BLOCKS, BLOCKED_BY, RELATES = Relation.BLOCKS, Relation.BLOCKED_BY, Relation.RELATES


async def relate(world: World, job: Job, relation: Relation, other: Job) -> None:
    await relate_job(world.acting(world.owner), job_id=job.id, other_job_id=other.id, relation=relation)


async def hidden_job(world: World) -> Job:
    """A job that the employee does not see."""
    return await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)


async def named(world: World, job: Job, scope: Scope | None = None) -> list[tuple[Relation, str]]:
    """What a job is to others, by their names."""
    found = await related_jobs(scope or Scope.whole(world.firm.id), [job.id])
    return [(related.relation, related.job.name) for related in found.get(job.id, [])]


async def is_blocked(job: Job) -> bool:
    return job.id in await blocked_jobs([job.id])


async def heard(world: World, after: int) -> list[tuple[UUID, bool]]:
    """The jobs that are said to be blocked since, or no longer."""
    events = [logged.event for logged in await world.events(after)]
    return [(event.job, event.blocked) for event in events if isinstance(event, JobBlockedChanged)]


async def test_a_relation_is_the_one_seen_from_either_job(world: World) -> None:
    one, two = await world.job("one"), await world.job("two")
    for relation in (RELATES, BLOCKS, BLOCKED_BY, RELATES):
        before = await world.revision()
        await relate(world, one, relation, two)
        assert (await named(world, one), await named(world, two)) == ([(relation, "two")], [(relation.inverse, "one")])
        assert (await is_blocked(one), await is_blocked(two)) == (relation is BLOCKED_BY, relation is BLOCKS)
        # Said again, from either side, it is no change.
        after = await world.revision()
        await relate(world, one, relation, two)
        await relate(world, two, relation.inverse, one)
        assert (await world.revision(), after) == (before + 1, before + 1)
    assert await JobRelation.filter(firm_id=world.firm.id).count() == 1
    await unrelate_job(world.acting(world.owner), job_id=two.id, other_job_id=one.id)
    assert (await named(world, one), await named(world, two)) == ([], [])
    before = await world.revision()
    await unrelate_job(world.acting(world.owner), job_id=two.id, other_job_id=one.id)
    assert await world.revision() == before


async def test_a_relation_is_no_change_of_the_jobs_themselves(world: World) -> None:
    one, two = await world.job("one"), await world.job("two")
    before = await world.revision()
    await relate(world, one, BLOCKS, two)
    assert await told(world, before) == ["JobRelationChanged", "JobRelationChanged", "JobBlockedChanged"]
    assert [(await Job.get(id=job.id)).version for job in (one, two)] == [1, 1]
    async with refused(world, Conflict, "expected_version"):
        await unrelate_job(world.acting(world.owner), job_id=one.id, other_job_id=two.id, expected_version=2)


async def test_whoever_sees_both_says_what_they_are_and_is_told(world: World) -> None:
    seen, hidden = await world.job("seen"), await hidden_job(world)
    employee = world.acting(world.employee)
    for job, other, path in ((seen, hidden, "other_job_id"), (hidden, seen, "job_id")):
        async with refused(world, NotFound, path):
            await relate_job(employee, job_id=job.id, other_job_id=other.id, relation=RELATES)
    before = await world.revision()
    await relate(world, hidden, BLOCKS, seen)
    scope = (await viewers([world.employee.id]))[world.employee.id].scope
    assert await named(world, seen, scope) == []
    # That it is blocked is the job's: the same for everyone. By which one is told to whoever sees both.
    assert await is_blocked(seen)
    shown_to = [type(event).__name__ for event in await _shown(world, before, scope)]
    assert shown_to == ["JobBlockedChanged"]
    assert len(await _shown(world, before, Scope.whole(world.firm.id))) == 3
    for of, kinds in ((scope, {"JobBlockedChanged", "JobCreated"}), (Scope.whole(world.firm.id), None)):
        history = (await read_histories(of, [seen.id], reached=Reached(), limit=50))[seen.id]
        found = {type(logged.event).__name__ for logged in history}
        assert found == (kinds or {"JobBlockedChanged", "JobCreated", "JobRelationChanged"})
    async with refused(world, NotFound, "other_job_id"):
        await unrelate_job(employee, job_id=seen.id, other_job_id=hidden.id)


async def _shown(world: World, after: int, scope: Scope) -> list[Event]:
    found = [shown(logged.event, scope) for logged in await world.events(after)]
    return [event for event in found if event is not None]


async def test_jobs_of_different_accounts_are_related_too(world: World) -> None:
    parent = await world.job("parent", account_id=(await world.new_account("Parent")).id)
    child = await world.job("child")
    await relate(world, child, BLOCKED_BY, parent)
    assert await named(world, parent) == [(BLOCKS, "child")]


async def test_no_job_waits_for_itself(world: World) -> None:
    owner = world.acting(world.owner)
    one, two, three = [await world.job(name) for name in ("one", "two", "three")]
    async with refused(world, Invalid, "other_job_id", match="itself"):
        await relate_job(owner, job_id=one.id, other_job_id=one.id, relation=RELATES)
    await relate(world, one, BLOCKS, two)
    await relate(world, two, BLOCKS, three)
    for job, relation, other in ((three, BLOCKS, one), (one, BLOCKED_BY, three)):
        async with refused(world, RuleBroken, "other_job_id", match="for ever") as found:
            await relate_job(owner, job_id=job.id, other_job_id=other.id, relation=relation)
        assert found.value.reason is Reason.CIRCLE
    await relate(world, three, RELATES, one)
    # The other way round it takes the place of what there was.
    await relate(world, two, BLOCKS, one)
    await relate(world, three, BLOCKS, one)
    assert await named(world, one) == [(BLOCKED_BY, "two"), (BLOCKED_BY, "three")]


async def test_of_two_halves_of_a_circle_that_come_at_once_one_is_refused(world: World) -> None:
    """None of the jobs of the one is a job of the other, but at the ends."""
    jobs = [await world.job(name) for name in "abcd"]
    await relate(world, jobs[0], BLOCKS, jobs[1])
    await relate(world, jobs[2], BLOCKS, jobs[3])
    closing = (relate(world, jobs[1], BLOCKS, jobs[2]), relate(world, jobs[3], BLOCKS, jobs[0]))
    done = await asyncio.gather(*closing, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["NoneType", "RuleBroken"]


async def test_how_many_a_job_is_something_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relations, "RELATIONS", Bounds(0, 2))
    monkeypatch.setattr(relations, "BLOCKED_SEARCHED", Bounds(0, 3))
    owner, jobs = world.acting(world.owner), [await world.job(str(number)) for number in range(5)]
    await relate(world, jobs[0], RELATES, jobs[1])
    await relate(world, jobs[2], RELATES, jobs[0])
    for job, other, path in ((jobs[0], jobs[3], "job_id"), (jobs[3], jobs[0], "other_job_id")):
        async with refused(world, RuleBroken, path, match="2 others at most"):
            await relate_job(owner, job_id=job.id, other_job_id=other.id, relation=RELATES)
    # What they are to each other already may change.
    await relate(world, jobs[0], BLOCKS, jobs[1])
    await relate(world, jobs[1], BLOCKS, jobs[3])
    await relate(world, jobs[2], BLOCKS, jobs[0])
    async with refused(world, RuleBroken, "other_job_id", match="More than 3 jobs"):
        await relate_job(owner, job_id=jobs[4].id, other_job_id=jobs[2].id, relation=BLOCKS)


async def test_boards_hear_once_when_what_blocks_a_job_comes_or_goes(world: World) -> None:
    owner = world.acting(world.owner)
    one, two, blocked, free = [await world.job(name) for name in ("one", "two", "blocked", "free")]
    for blocking in (one, two):
        await relate(world, blocking, BLOCKS, blocked)
    await relate(world, one, RELATES, free)
    active, doing = (await world.status(Category.ACTIVE)).id, (await world.stages())[1].id
    steps = [
        (complete_job(owner, job_id=one.id), []),
        (archive_job(owner, job_id=two.id), [(blocked.id, False)]),
        (archive_job(owner, job_id=one.id), []),
        # It was completed before.
        (restore_job(owner, job_id=one.id), []),
        (restore_job(owner, job_id=two.id), [(blocked.id, True)]),
        (unrelate_job(owner, job_id=blocked.id, other_job_id=two.id), [(blocked.id, False)]),
        (
            set_job_status(owner, job_id=one.id, status_id=active),
            [(blocked.id, True)],
        ),
        (move_job(owner, job_id=one.id, stage_id=doing), []),
        (delete_job(owner, job_id=one.id), [(blocked.id, False)]),
    ]
    for step, expected in steps:
        before = await world.revision()
        revision = (await step).revision
        assert (revision, await heard(world, before)) == (before + 1, expected)
        if expected:
            assert await is_blocked(blocked) == expected[-1][1]


async def test_of_many_at_once_a_job_is_told_of_once(world: World) -> None:
    owner = world.acting(world.owner)
    blocking = [await world.job(str(number)) for number in range(3)]
    blocked = await world.job("blocked")
    for job in blocking:
        await relate(world, job, BLOCKS, blocked)
    before = await world.revision()
    await complete_jobs(owner, jobs=[Target(job.id) for job in [*blocking, blocked]])
    assert await heard(world, before) == [(blocked.id, False)]
    before = await world.revision()
    await delete_jobs(owner, jobs=[Target(blocking[0].id), Target(blocking[1].id)])
    assert await heard(world, before) == []
    gone = [logged.event for logged in await world.events(before) if isinstance(logged.event, JobRelationChanged)]
    assert [(event.job, event.other_job, event.from_relation, event.to_relation) for event in gone] == [
        (blocked.id, job.id, BLOCKED_BY, None) for job in blocking[:2]
    ]


async def test_of_two_who_end_at_once_what_blocks_a_job_one_tells_of_it(world: World) -> None:
    owner, blocked = world.acting(world.owner), await world.job("blocked")
    blocking = [await world.job(str(number)) for number in range(4)]
    for job in blocking:
        await relate(world, job, BLOCKS, blocked)
    before = await world.revision()
    await asyncio.gather(*(complete_job(owner, job_id=job.id) for job in blocking))
    assert await heard(world, before) == [(blocked.id, False)]


async def test_a_status_that_is_deleted_may_complete_what_blocks(world: World) -> None:
    owner = world.acting(world.owner)
    custom = (await create_status(owner, pipeline_id=world.pipeline.id, name="Held", color="#112233")).value
    blocking, blocked = await world.job("blocking"), await world.job("blocked")
    await set_job_status(owner, job_id=blocking.id, status_id=custom.id)
    await relate(world, blocking, BLOCKS, blocked)
    before = await world.revision()
    completed = await world.status(Category.COMPLETED)
    await delete_status(owner, status_id=custom.id, replacement_status_id=completed.id)
    assert await heard(world, before) == [(blocked.id, False)]


async def test_what_is_read_of_many_jobs_takes_one_statement_each(world: World) -> None:
    jobs = [await world.job(str(number)) for number in range(4)]
    for job in jobs[1:]:
        await relate(world, jobs[0], BLOCKS, job)
    ids = [job.id for job in jobs]
    assert await reading.blocked_jobs(ids) == dict.fromkeys(ids[1:], True)
    found = await related_jobs(Scope.whole(world.firm.id), ids)
    assert {id: len(found[id]) for id in ids} == {ids[0]: 3} | dict.fromkeys(ids[1:], 1)


async def test_who_may_say_it_is_whoever_sees_both(world: World) -> None:
    one, two = await world.job("one"), await world.job("two")
    assert world.employee.role is Role.EMPLOYEE
    made = await relate_job(world.acting(world.employee), job_id=one.id, other_job_id=two.id, relation=BLOCKS)
    assert made.value.id == one.id
    kept = await JobRelation.get(firm_id=world.firm.id)
    assert (kept.related_by_id, await Member.filter(id=kept.related_by_id).count()) == (world.employee.id, 1)
