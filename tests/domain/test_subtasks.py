"""Subtasks: tasks of their own that are parts of another one, which whoever sees both is told."""

import asyncio
from typing import Any

import pytest

from models.commands.jobs import delete_job
from models.commands.subtasks import set_task_parent
from models.commands.tasks import create_task, delete_task, link_task, set_task_state, unlink_task
from models.errors import Conflict, Invalid, NotFound, Refusal, RuleBroken
from models.events import SubtaskChanged
from models.ids import new_id
from models.items.reads import open_item_counts
from models.reasons import Reason
from models.rows import Job, Subtask, Task, TaskRelation, TaskState
from models.scope import Scope
from models.subtasks import parents_of, subtasks_of
from models.viewers import viewer_now
from models.visibility import shown as told_to
from tests.domain.refusal import counted, refused, told
from tests.world import World


async def new_task(world: World, name: str = "Call", **fields: Any) -> Task:
    """A task of the world's account."""
    if not fields.keys() & {"account_id", "job_id", "parent_id"}:
        fields["account_id"] = world.account.id
    return (await create_task(world.acting(world.owner), name=name, **fields)).value


async def put(world: World, task: Task, parent: Task | None, **fields: Any) -> Task:
    """Say of which task another one is a part."""
    owner, parent_id = world.acting(world.owner), None if parent is None else parent.id
    return (await set_task_parent(owner, task_id=task.id, parent_id=parent_id, **fields)).value


async def shown(world: World, parent: Task, scope: Scope | None = None) -> list[str]:
    """The names of the subtasks of a task, as whoever has this scope sees them; and that each says the same."""
    scope = scope or Scope.whole(world.firm.id)
    found = (await subtasks_of(scope, [parent.id])).get(parent.id, [])
    assert {task.id for task in (await parents_of(scope, [each.id for each in found])).values()} <= {parent.id}
    return [task.name for task in found]


async def test_a_subtask_is_a_task_of_its_own(world: World) -> None:
    job, owner = await world.job(), world.acting(world.owner)
    parent = await new_task(world, "File", job_id=job.id)
    before = await world.revision()
    one, two = [await new_task(world, name, parent_id=parent.id) for name in ("Print", "Sign")]
    assert await world.revision() == before + 2
    assert await told(world, before) == ["TaskCreated", "SubtaskChanged", "SubtaskChanged"] * 2
    assert await shown(world, parent) == ["Print", "Sign"]
    assert one.account_id == world.account.id
    # It is on its parent's job, which it holds by itself.
    assert await open_item_counts([job.id]) == {job.id: 3}
    await set_task_state(owner, task_id=parent.id, state=TaskState.COMPLETED)
    assert not (await Task.get(id=parent.id)).open
    assert await open_item_counts([job.id]) == {job.id: 2}
    # And goes its own way from there.
    await unlink_task(owner, task_id=two.id)
    await link_task(owner, task_id=two.id, job_id=(await world.job()).id)
    assert await shown(world, parent) == ["Print", "Sign"]
    on_account = await new_task(world, "Loose", parent_id=parent.id, account_id=world.account.id)
    assert await open_item_counts([job.id]) == {job.id: 1}
    assert await Subtask.filter(task_id=on_account.id).exists()


async def test_it_is_put_under_another_and_taken_off(world: World) -> None:
    one, two, task = [await new_task(world, name) for name in ("One", "Two", "Part")]
    assert (await put(world, task, one)).version == 1
    before = await world.revision()
    assert (await put(world, task, one)).version == 1
    assert await world.revision() == before
    await put(world, task, two, expected_version=1)
    assert (await shown(world, one), await shown(world, two)) == ([], ["Part"])
    events: list[Any] = [logged.event for logged in await world.events(before)]
    assert [(event.task, event.other_task, event.from_relation, event.to_relation) for event in events] == [
        (task.id, one.id, TaskRelation.SUBTASK, None),
        (one.id, task.id, TaskRelation.PARENT, None),
        (task.id, two.id, None, TaskRelation.SUBTASK),
        (two.id, task.id, None, TaskRelation.PARENT),
    ]
    await put(world, task, None)
    assert (await shown(world, two), await Subtask.filter(firm_id=world.firm.id).count()) == ([], 0)


async def test_there_is_one_level(world: World) -> None:
    parent, task, other = [await new_task(world, name) for name in ("Top", "Part", "Other")]
    await put(world, task, parent)
    async with refused(world, RuleBroken, "parent_id", match="subtask itself") as caught:
        await put(world, other, task)
    assert caught.value.reason is Reason.NESTED
    async with refused(world, RuleBroken, "parent_id", match="subtask itself"):
        await new_task(world, parent_id=task.id)
    async with refused(world, RuleBroken, "task_id", match="has subtasks itself"):
        await put(world, parent, other)
    async with refused(world, Invalid, "parent_id") as caught:
        await put(world, other, other)
    assert caught.value.reason is Reason.ITSELF


async def test_what_cannot_be_a_parent_is_refused(world: World) -> None:
    owner, task = world.acting(world.owner), await new_task(world)
    elsewhere = await new_task(world, account_id=(await world.new_account("Bolt")).id)
    async with refused(world, RuleBroken, "parent_id", match="another account"):
        await put(world, task, elsewhere)
    async with refused(world, RuleBroken, "parent_id", match="another account"):
        await new_task(world, parent_id=elsewhere.id, account_id=world.account.id)
    async with refused(world, NotFound, "parent_id"):
        await set_task_parent(owner, task_id=task.id, parent_id=new_id())
    async with refused(world, NotFound, "task_id"):
        await set_task_parent(owner, task_id=new_id(), parent_id=task.id)
    other = await new_task(world)
    async with refused(world, Conflict, "expected_version"):
        await put(world, task, other, expected_version=7)
    async with refused(world, Invalid, "account_id"):
        await create_task(owner, name="Nowhere")


async def test_it_has_fifty_at_most(world: World) -> None:
    parent = await new_task(world, "Top")
    await Subtask.bulk_create(
        [Subtask(firm_id=world.firm.id, task_id=(await new_task(world)).id, parent_id=parent.id) for _ in range(50)]
    )
    async with refused(world, RuleBroken, "parent_id", match="as many subtasks as it can have"):
        await new_task(world, parent_id=parent.id)
    task = await new_task(world)
    async with refused(world, RuleBroken, "parent_id"):
        await put(world, task, parent)


async def test_what_is_left_of_a_deleted_one_goes_on(world: World) -> None:
    owner, parent = world.acting(world.owner), await new_task(world, "Top")
    parts = [await new_task(world, name, parent_id=parent.id) for name in ("One", "Two")]
    before = await world.revision()
    await delete_task(owner, task_id=parts[0].id)
    assert await told(world, before) == ["TaskDeleted", "SubtaskChanged"]
    before = await world.revision()
    await delete_task(owner, task_id=parent.id)
    assert await told(world, before) == ["TaskDeleted", "SubtaskChanged"]
    (_, event) = [logged.event for logged in await world.events(before)]
    assert isinstance(event, SubtaskChanged)
    assert (event.task, event.other_task, event.to_relation) == (parts[1].id, parent.id, None)
    assert [task.id for task in await Task.filter(firm_id=world.firm.id)] == [parts[1].id]


async def _hidden_job(world: World) -> Job:
    return await world.job("hidden", pipeline_id=(await world.new_pipeline("Hidden")).id)


async def test_who_sees_one_of_the_two_learns_nothing_of_the_other(world: World) -> None:
    job, hidden = await world.job(), await _hidden_job(world)
    parent = await new_task(world, "Secret", job_id=hidden.id)
    before = await world.revision()
    task = await new_task(world, "Seen", parent_id=parent.id, job_id=job.id)
    employee = world.acting(world.employee)
    viewer = await viewer_now(world.employee.id)
    assert viewer is not None
    scope = viewer.scope
    assert await parents_of(scope, [task.id]) == {}
    events = [told_to(logged.event, scope) for logged in await world.events(before)]
    assert [type(event).__name__ for event in events if event is not None] == ["TaskCreated"]
    async with refused(world, NotFound, "parent_id"):
        await set_task_parent(employee, task_id=task.id, parent_id=parent.id)
    # Whoever sees a task says of what it is a part, and replaces what they do not see.
    mine = await new_task(world, "Mine", job_id=job.id)
    await set_task_parent(employee, task_id=task.id, parent_id=mine.id)
    assert (await shown(world, parent), await shown(world, mine, scope)) == ([], ["Seen"])


async def test_it_outlives_its_job(world: World) -> None:
    job, owner = await world.job(), world.acting(world.owner)
    parent = await new_task(world, "Top", job_id=job.id)
    await new_task(world, "Part", parent_id=parent.id)
    await delete_job(owner, job_id=job.id)
    assert await shown(world, parent) == ["Part"]


async def test_whoever_comes_at_once_there_is_one_level(world: World) -> None:
    tasks = [await new_task(world, str(number)) for number in range(4)]
    moves = [(task, parent) for task in tasks for parent in tasks if task is not parent]
    done = await asyncio.gather(
        *(put(world, task, parent) for task, parent in moves),
        delete_task(world.acting(world.owner), task_id=tasks[0].id),
        return_exceptions=True,
    )
    failed = [each for each in done if isinstance(each, BaseException)]
    assert all(isinstance(each, Refusal) for each in failed), failed
    pairs = [(link.task_id, link.parent_id) for link in await Subtask.filter(firm_id=world.firm.id)]
    assert pairs
    assert not {task for task, _ in pairs} & {parent for _, parent in pairs}
    assert tasks[0].id not in {id for pair in pairs for id in pair}


async def test_a_deletion_takes_no_more_statements_for_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    found = []
    for number in (1, 6):
        job = await world.job()
        parent = await new_task(world, "Top", job_id=job.id)
        for _ in range(number):
            await new_task(world, parent_id=parent.id)
        with counted(caplog) as statements:
            await delete_task(world.acting(world.owner), task_id=parent.id)
        found.append(len(statements))
    assert len(set(found)) == 1, found
