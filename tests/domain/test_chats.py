"""Chats: what the client is asked for in them, and when they hold a job."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from models.bounds import CLIENT_TASKS
from models.commands.accounts import archive_account
from models.database import sql
from models.errors import Conflict, Invalid, NotFound, RuleBroken
from models.firm.contacts import archive_contact, create_contact, update_contact
from models.ids import new_id
from models.items.chats import (
    ClientTaskChecked,
    ClientTasksChanged,
    check_client_task,
    create_chat,
    delete_chat,
    link_chat,
    set_client_tasks,
    unlink_chat,
    update_chat,
)
from models.items.messages import post_message
from models.items.reads import open_item_counts, outstanding
from models.reasons import Reason
from models.rows import Awaited, JobItem
from models.rows.chats import Chat, Message
from tests.domain.refusal import refused, told
from tests.links import jobs_of
from tests.texts import NOTHING
from tests.world import World


async def new_chat(world: World, *asked: str, jobs: tuple[UUID, ...] = ()) -> Chat:
    owner = world.acting(world.owner)
    made = create_chat(owner, subject="Papers", client_tasks=asked, account_id=world.account.id)
    chat = (await made).value
    for job in jobs:
        await link_chat(owner, chat_id=chat.id, job_id=job)
    return chat


async def asked_in(chat: Chat) -> list[tuple[int, str, bool]]:
    """What the client is asked for, as the database has it now."""
    return [(task.number, task.name, task.checked) for task in (await Chat.get(id=chat.id)).entries]


async def test_a_chat_opens_with_a_message_and_with_what_the_client_is_asked_for(world: World) -> None:
    job, before = await world.job(), await world.revision()
    made = await create_chat(
        world.acting(world.employee),
        subject="Papers",
        text="Please send\r\nthese.",
        client_tasks=["W-2", "1099", "W-2"],
        job_id=job.id,
    )
    chat = made.value
    assert (chat.account_id, chat.title, chat.awaited) == (world.account.id, "Papers", Awaited.CHECKING_OFF)
    assert await asked_in(chat) == [(1, "W-2", False), (2, "1099", False)]
    message = await Message.get(chat_id=chat.id)
    assert (message.text, message.number, message.created_by_id) == ("Please send\nthese.", 1, world.employee.id)
    # Once for the job, and once for those who see the account alone.
    assert await told(world, before) == ["ChatCreated"] * 2 + ["MessagePosted"] * 2
    assert made.revision == before + 1


async def test_a_chat_holds_its_jobs_until_all_is_checked_off(world: World) -> None:
    actor, jobs = world.acting(world.employee), [(await world.job()).id, (await world.job()).id]
    chat = await new_chat(world, "W-2", "1099", jobs=(jobs[0], jobs[1]))
    held = (await outstanding(jobs))[jobs[1]]
    assert [(each.item_id, each.awaited, each.title) for each in held] == [(chat.id, Awaited.CHECKING_OFF, "Papers")]
    for number in (1, 2):
        assert await open_item_counts(jobs) == dict.fromkeys(jobs, 1)
        await check_client_task(actor, chat_id=chat.id, number=number, checked=True)
    assert await open_item_counts(jobs) == {}
    await check_client_task(actor, chat_id=chat.id, number=1, checked=False)
    assert await open_item_counts(jobs) == dict.fromkeys(jobs, 1)
    await set_client_tasks(actor, chat_id=chat.id, client_tasks=[])
    assert await open_item_counts(jobs) == {}
    await set_client_tasks(actor, chat_id=chat.id, client_tasks=["K-1"])
    assert await open_item_counts(jobs) == dict.fromkeys(jobs, 1)


async def test_a_chat_in_which_nothing_is_asked_for_never_holds_a_job(world: World) -> None:
    job = await world.job()
    chat = await new_chat(world, jobs=(job.id,))
    await post_message(world.acting(world.owner), chat_id=chat.id, text="Are you there?")
    assert (chat.open, await outstanding([job.id])) == (False, {})


async def test_what_is_checked_off_says_when_by_whom_and_on_whose_behalf(world: World) -> None:
    owner = world.acting(world.owner)
    chat = await new_chat(world, "W-2")
    contact = (await create_contact(owner, name="Ada", account_id=world.account.id)).value
    before, began = await world.revision(), datetime.now(UTC)
    actor = world.acting(world.employee)
    for _ in range(2):  # It is no change the second time.
        await check_client_task(actor, chat_id=chat.id, number=1, checked=True, contact_id=contact.id)
    # What the contact is called later changes no chat.
    await update_contact(owner, contact_id=contact.id, name="Augusta")
    (task,) = (await Chat.get(id=chat.id)).entries
    assert (task.checked_by_id, task.checked_for) == (world.employee.id, "Ada")
    assert task.checked_at is not None
    assert began <= task.checked_at <= datetime.now(UTC)
    (logged,) = [each.event for each in await world.events(before) if isinstance(each.event, ClientTaskChecked)]
    assert (logged.acting_contact, logged.client_task_name, logged.checked) == (contact.id, "W-2", True)
    await check_client_task(actor, chat_id=chat.id, number=1, checked=False)
    (task,) = (await Chat.get(id=chat.id)).entries
    assert (task.checked_at, task.checked_by_id, task.checked_for) == (None, None, None)


async def test_on_whose_behalf_nothing_is_checked_off(world: World) -> None:
    owner, actor = world.acting(world.owner), world.acting(world.employee)
    chat = await new_chat(world, "W-2")
    hidden = await world.new_account("Hidden")
    stranger = (await create_contact(owner, name="Bob", account_id=hidden.id)).value
    gone = (await create_contact(owner, name="Ada", account_id=world.account.id)).value
    await archive_contact(owner, contact_id=gone.id)
    for who, by, kind, reason in (
        (stranger.id, actor, NotFound, Reason.NOT_FOUND),
        (stranger.id, owner, RuleBroken, Reason.ELSEWHERE),
        (gone.id, actor, RuleBroken, Reason.ARCHIVED),
        (new_id(), actor, NotFound, Reason.NOT_FOUND),
    ):
        async with refused(world, kind, "contact_id") as found:
            await check_client_task(by, chat_id=chat.id, number=1, checked=True, contact_id=who)
        assert found.value.reason is reason


async def test_client_tasks_that_stay_keep_what_was_done(world: World) -> None:
    actor, chat = world.acting(world.employee), await new_chat(world, "W-2", "1099", "K-1")
    for number in (1, 2):
        await check_client_task(actor, chat_id=chat.id, number=number, checked=True)
    before = await world.revision()
    wanted = ["Bank", "1099", "W-2 of 2025", "Bank"]
    changed = (await set_client_tasks(actor, chat_id=chat.id, client_tasks=wanted)).value
    # What is called otherwise is another thing, which nobody has done yet.
    assert await asked_in(chat) == [(4, "Bank", False), (2, "1099", True), (5, "W-2 of 2025", False)]
    (logged,) = [each.event for each in await world.events(before)]
    assert isinstance(logged, ClientTasksChanged)
    assert (logged.added_client_tasks, logged.removed_client_tasks) == (("Bank", "W-2 of 2025"), ("W-2", "K-1"))
    # No number is given twice.
    await set_client_tasks(actor, chat_id=chat.id, client_tasks=["1099"])
    await set_client_tasks(actor, chat_id=chat.id, client_tasks=["1099", "Bank"])
    assert await asked_in(chat) == [(2, "1099", True), (6, "Bank", False)]
    before = await world.revision()
    same = set_client_tasks(actor, chat_id=chat.id, client_tasks=["1099", "Bank"])
    assert ((await same).value.version, await told(world, before)) == (changed.version + 2, [])
    await set_client_tasks(actor, chat_id=chat.id, client_tasks=["Bank", "1099"])
    assert await asked_in(chat) == [(6, "Bank", False), (2, "1099", True)]


async def test_what_nobody_is_asked_for(world: World) -> None:
    actor, chat = world.acting(world.employee), await new_chat(world, "W-2")
    many = [f"Paper {number}" for number in range(CLIENT_TASKS.most + 1)]
    async with refused(world, Invalid, "client_tasks"):
        await create_chat(actor, subject="S", client_tasks=many, account_id=world.account.id)
    async with refused(world, Invalid, "client_tasks"):
        await set_client_tasks(actor, chat_id=chat.id, client_tasks=many)
    for name in NOTHING.values():
        async with refused(world, Invalid, "client_tasks", 1):
            await set_client_tasks(actor, chat_id=chat.id, client_tasks=["W-2", name])
    async with refused(world, RuleBroken, "number", match="no client task"):
        await check_client_task(actor, chat_id=chat.id, number=2, checked=True)
    with pytest.raises(Invalid) as found:
        await create_chat(actor, subject=" ", text="", client_tasks=["W-2", " "])
    paths = [each.path for each in found.value.all]
    assert paths == [("subject",), ("text",), ("client_tasks", 1), ("account_id",)]


async def test_of_two_who_check_off_at_once_both_have_done_it(world: World) -> None:
    actor, chat = world.acting(world.employee), await new_chat(world, *"abcd")
    asked = [check_client_task(actor, chat_id=chat.id, number=number, checked=True) for number in (1, 2, 3, 4)]
    await asyncio.gather(*asked)
    assert await asked_in(chat) == [(number, name, True) for number, name in enumerate("abcd", 1)]


async def test_an_update_changes_the_subject(world: World) -> None:
    actor, chat = world.acting(world.employee), await new_chat(world)
    before = await world.revision()
    for _ in range(2):
        changed = (await update_chat(actor, chat_id=chat.id, subject="All papers")).value
    assert (changed.subject, changed.version, await told(world, before)) == ("All papers", 2, ["ChatUpdated"])
    async with refused(world, Invalid, "subject"):
        await update_chat(actor, chat_id=chat.id, subject="\n")
    async with refused(world, Conflict, "expected_version"):
        await update_chat(actor, chat_id=chat.id, subject="Late", expected_version=1)


async def test_in_a_chat_of_an_archived_account_nothing_goes_on(world: World) -> None:
    actor, chat = world.acting(world.owner), await new_chat(world, "W-2")
    job = await world.job()
    await link_chat(actor, chat_id=chat.id, job_id=job.id)
    await sql("UPDATE account SET archived_at = now() WHERE id = $1", world.account.id)
    for late in (
        create_chat(actor, subject="Late", job_id=job.id),
        update_chat(actor, chat_id=chat.id, subject="Late"),
        set_client_tasks(actor, chat_id=chat.id, client_tasks=[]),
        check_client_task(actor, chat_id=chat.id, number=1, checked=True),
        post_message(actor, chat_id=chat.id, text="Late"),
    ):
        async with refused(world, RuleBroken) as found:
            await late
        assert found.value.reason is Reason.ARCHIVED
    await unlink_chat(actor, chat_id=chat.id, job_id=job.id)
    await delete_chat(actor, chat_id=chat.id)


async def test_a_deleted_chat_takes_its_messages_along(world: World) -> None:
    actor, job = world.acting(world.employee), await world.job()
    chat = await new_chat(world, "W-2", jobs=(job.id,))
    message = (await post_message(actor, chat_id=chat.id, text="Gone soon")).value
    assert await jobs_of(chat) == {job.id}
    await delete_chat(actor, chat_id=chat.id)
    assert not await JobItem.exists(item=chat.id)
    for thing in (chat.id, message.id):
        assert await sql("SELECT FROM search_entry WHERE thing = $1", thing) == []
    async with refused(world, NotFound, "chat_id"):
        await post_message(actor, chat_id=chat.id, text="Late")


async def test_an_archived_account_is_not_needed_to_see_a_chat(world: World) -> None:
    """Archiving an account asks nothing of its chats: what is open there stays open."""
    chat = await new_chat(world, "W-2")
    await archive_account(world.acting(world.owner), account_id=world.account.id)
    assert (await Chat.get(id=chat.id)).open
