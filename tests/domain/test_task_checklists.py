"""What stands on the checklist of a task, and who checked it off when."""

import asyncio
from datetime import UTC, datetime

import pytest

from models.bounds import CHECKLIST
from models.commands.accounts import archive_account
from models.commands.tasks import check_task_entry, create_task, set_task_checklist, set_task_state
from models.errors import Conflict, Invalid, RuleBroken
from models.events import TaskChecklistChanged, TaskEntryChecked
from models.items.reads import open_item_counts
from models.rows import Task, TaskState
from tests.domain.refusal import refused, told
from tests.links import job_of
from tests.texts import NOTHING
from tests.world import World


async def new_task(world: World, *checklist: str) -> Task:
    """A task on a job that the employee sees."""
    job = await world.job()
    return (await create_task(world.acting(world.owner), name="Close", job_id=job.id, checklist=checklist)).value


async def listed(task: Task) -> list[tuple[int, str, bool]]:
    """What stands on it, as the database has it now."""
    return [(entry.number, entry.name, entry.checked) for entry in (await Task.get(id=task.id)).entries]


async def test_a_task_begins_with_its_checklist(world: World) -> None:
    task = await new_task(world, " Bank ", "Cards", "Bank ")
    assert await listed(task) == [(1, "Bank", False), (2, "Cards", False)]
    assert await listed(await new_task(world)) == []


async def test_what_is_checked_off_says_when_and_by_whom(world: World) -> None:
    task, began = await new_task(world, "Bank", "Cards"), datetime.now(UTC)
    before, actor = await world.revision(), world.acting(world.employee)
    for _ in range(2):  # It is no change the second time.
        checked = await check_task_entry(actor, task_id=task.id, number=2, checked=True)
    bank, cards = (await Task.get(id=task.id)).entries
    assert (bank.checked_at, bank.checked_by_id) == (None, None)
    assert cards.checked_at is not None
    assert began <= cards.checked_at <= datetime.now(UTC)
    assert (cards.checked_by_id, checked.value.version) == (world.employee.id, task.version + 1)
    (logged,) = [each.event for each in await world.events(before)]
    assert isinstance(logged, TaskEntryChecked)
    assert (logged.entry_number, logged.entry_name, logged.checked, logged.task) == (2, "Cards", True, task.id)
    await check_task_entry(actor, task_id=task.id, number=2, checked=False)
    _, cards = (await Task.get(id=task.id)).entries
    assert (cards.checked_at, cards.checked_by_id) == (None, None)


async def test_a_checklist_neither_holds_a_task_nor_completes_it(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, "Bank", "Cards")
    job = await job_of(task)
    assert job is not None
    for number in (1, 2):
        await check_task_entry(actor, task_id=task.id, number=number, checked=True)
    assert (await Task.get(id=task.id)).state is TaskState.PLANNED
    assert await open_item_counts([job]) == {job: 1}
    await check_task_entry(actor, task_id=task.id, number=1, checked=False)
    await set_task_state(actor, task_id=task.id, state=TaskState.COMPLETED)
    assert await open_item_counts([job]) == {}
    assert await listed(task) == [(1, "Bank", False), (2, "Cards", True)]


async def test_entries_that_stay_keep_what_was_done(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, "Bank", "Cards", "Loans")
    await check_task_entry(actor, task_id=task.id, number=2, checked=True)
    before = await world.revision()
    await set_task_checklist(actor, task_id=task.id, checklist=["Assets", "Cards", "Bank of 2025", "Assets"])
    # What is called otherwise is another thing, which nobody has done yet.
    assert await listed(task) == [(4, "Assets", False), (2, "Cards", True), (5, "Bank of 2025", False)]
    (logged,) = [each.event for each in await world.events(before)]
    assert isinstance(logged, TaskChecklistChanged)
    assert (logged.added_entries, logged.removed_entries) == (("Assets", "Bank of 2025"), ("Bank", "Loans"))
    # No number is given twice.
    await set_task_checklist(actor, task_id=task.id, checklist=[])
    await set_task_checklist(actor, task_id=task.id, checklist=["Assets", "Cards"])
    assert await listed(task) == [(6, "Assets", False), (7, "Cards", False)]
    before = await world.revision()
    await set_task_checklist(actor, task_id=task.id, checklist=["Assets", "Cards"])
    assert await told(world, before) == []
    await set_task_checklist(actor, task_id=task.id, checklist=["Cards", "Assets"])
    assert await told(world, before) == ["TaskChecklistChanged"]


async def test_what_stands_on_no_checklist(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, "Bank")
    many = [f"Entry {number}" for number in range(CHECKLIST.most + 1)]
    async with refused(world, Invalid, "checklist"):
        await create_task(actor, name="T", checklist=many, account_id=world.account.id)
    async with refused(world, Invalid, "checklist"):
        await set_task_checklist(actor, task_id=task.id, checklist=many)
    for name in NOTHING.values():
        async with refused(world, Invalid, "checklist", 1):
            await set_task_checklist(actor, task_id=task.id, checklist=["Bank", name])
    async with refused(world, RuleBroken, "number", match="no entry"):
        await check_task_entry(actor, task_id=task.id, number=2, checked=True)
    async with refused(world, Conflict, "expected_version"):
        await check_task_entry(actor, task_id=task.id, number=1, checked=True, expected_version=7)
    with pytest.raises(Invalid) as found:
        await create_task(actor, name=" ", checklist=["Bank", " "])
    assert [each.path for each in found.value.all] == [("name",), ("checklist", 1), ("account_id",)]


async def test_of_two_who_check_off_at_once_both_have_done_it(world: World) -> None:
    actor, task = world.acting(world.employee), await new_task(world, *"abcd")
    numbers = (1, 2, 3, 4)
    await asyncio.gather(*(check_task_entry(actor, task_id=task.id, number=n, checked=True) for n in numbers))
    assert await listed(task) == [(number, name, True) for number, name in zip(numbers, "abcd", strict=True)]


async def test_work_on_a_checklist_goes_on_while_an_account_is_archived(world: World) -> None:
    """As on the task itself: work on a client who has left is still to be ended."""
    made = create_task(world.acting(world.owner), name="Close", account_id=world.account.id, checklist=["Bank"])
    task = (await made).value
    await archive_account(world.acting(world.owner), account_id=world.account.id)
    await check_task_entry(world.acting(world.employee), task_id=task.id, number=1, checked=True)
    assert await listed(task) == [(1, "Bank", True)]
