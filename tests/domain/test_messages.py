"""Messages: in their order, by their authors, and gone when they are retracted."""

import asyncio
import json

import pytest

from models.bounds import MENTIONS, Bounds
from models.commands.members import deactivate_member
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.events import to_json
from models.ids import new_id
from models.items import messages
from models.items.chats import create_chat, link_chat
from models.items.messages import post_message, retract_message, update_message
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import Member
from models.rows.chats import Chat, Message, MessageMention
from tests.domain.refusal import refused, told
from tests.texts import NOTHING
from tests.world import World


async def new_chat(world: World) -> Chat:
    return (await create_chat(world.acting(world.owner), subject="Papers", account_id=world.account.id)).value


async def mentioned_in(message: Message) -> set[object]:
    return set(await MessageMention.filter(message_id=message.id).values_list("member_id", flat=True))


async def test_messages_are_in_the_order_in_which_they_were_committed(world: World) -> None:
    chat = await new_chat(world)
    who = [world.acting(member) for member in (world.owner, world.admin, world.employee)]
    done = await asyncio.gather(
        *(post_message(who[number % 3], chat_id=chat.id, text=f"{number}") for number in range(9))
    )
    posted = sorted((outcome.revision, outcome.value.number, outcome.value.created_at) for outcome in done)
    assert [number for _, number, _ in posted] == list(range(1, 10))
    assert [moment for _, _, moment in posted] == sorted(moment for _, _, moment in posted)


async def test_a_message_is_told_with_each_job_of_its_chat_and_raises_no_version_of_it(world: World) -> None:
    chat, job = await new_chat(world), await world.job()
    await link_chat(world.acting(world.owner), chat_id=chat.id, job_id=job.id)
    before = await world.revision()
    message = (await post_message(world.acting(world.employee), chat_id=chat.id, text="Sent?")).value
    logged = [(each.event.thing, each.event.subject_job) for each in await world.events(before)]
    assert logged == [(message.id, job.id), (message.id, None)]
    assert (await Chat.get(id=chat.id)).version == chat.version


async def test_an_id_sent_again_returns_the_first_message(world: World) -> None:
    chat, id, actor = await new_chat(world), new_id(), world.acting(world.employee)
    asked = [post_message(actor, chat_id=chat.id, text="Once", id=id) for _ in range(3)]
    assert {outcome.value.id for outcome in await asyncio.gather(*asked)} == {id}
    assert await Message.filter(chat_id=chat.id).count() == 1


async def test_whom_a_message_mentions(world: World) -> None:
    chat, actor = await new_chat(world), world.acting(world.employee)
    viewing = await world.member("Vera Viewing", Role.EMPLOYEE, Right.VIEW_ALL_ACCOUNTS)
    named = [world.admin.id, world.employee.id, viewing.id, world.admin.id]
    message = (await post_message(actor, chat_id=chat.id, text="Look", mention_ids=named)).value
    assert await mentioned_in(message) == {world.admin.id, world.employee.id, viewing.id}
    async with refused(world, RuleBroken, "mention_ids", match="does not see") as found:
        await post_message(actor, chat_id=chat.id, text="Look", mention_ids=[world.stranger.id])
    assert found.value.reason is Reason.OUT_OF_SIGHT
    await deactivate_member(world.acting(world.owner), member_id=viewing.id)
    async with refused(world, RuleBroken, "mention_ids", match="deactivated"):
        await post_message(actor, chat_id=chat.id, text="Look", mention_ids=[viewing.id])
    async with refused(world, NotFound, "mention_ids"):
        await post_message(actor, chat_id=chat.id, text="Look", mention_ids=[new_id()])
    async with refused(world, Invalid, "mention_ids"):
        many = [new_id() for _ in range(MENTIONS.most + 1)]
        await post_message(actor, chat_id=chat.id, text="Look", mention_ids=many)
    # Who is mentioned already may stay, whatever became of them.
    kept = [viewing.id, world.owner.id]
    await update_message(actor, message_id=message.id, mention_ids=kept)
    assert await mentioned_in(message) == set(kept)


async def test_its_author_changes_a_message_and_nobody_else(world: World) -> None:
    chat, author = await new_chat(world), world.acting(world.employee)
    message = (await post_message(author, chat_id=chat.id, text="Snet?")).value
    before = await world.revision()
    for _ in range(2):
        changed = (await update_message(author, message_id=message.id, text="Sent?", mention_ids=[])).value
    assert (changed.text, changed.version, await told(world, before)) == ("Sent?", 2, ["MessageUpdated"])
    assert changed.edited_at == changed.updated_at
    for other in (world.owner, world.admin):
        async with refused(world, Forbidden, "message_id") as found:
            await update_message(world.acting(other), message_id=message.id, text="No")
        assert found.value.reason is Reason.NOT_YOURS
    async with refused(world, NotFound, "message_id"):
        await update_message(world.acting(world.stranger), message_id=message.id, text="No")
    async with refused(world, Conflict, "expected_version"):
        await update_message(author, message_id=message.id, text="Late", expected_version=1)


async def test_of_a_retracted_message_its_place_is_left(world: World) -> None:
    chat, author = await new_chat(world), world.acting(world.employee)
    message = (await post_message(author, chat_id=chat.id, text="Hunter2", mention_ids=[world.admin.id])).value
    await update_message(author, message_id=message.id, text="Hunter3")
    other = await world.member("Olga Other", Role.EMPLOYEE, Right.VIEW_ALL_ACCOUNTS)
    async with refused(world, Forbidden, "message_id") as found:
        await retract_message(world.acting(other), message_id=message.id)
    assert found.value.reason is Reason.ROLE_MISSING
    before = await world.revision()
    for _ in range(2):
        left = (await retract_message(world.acting(world.admin), message_id=message.id)).value
    assert (left.number, left.text, left.created_by_id) == (1, None, world.employee.id)
    assert await told(world, before) == ["MessageRetracted"]
    assert await mentioned_in(message) == set()
    (entry,) = await sql("SELECT words::text AS words FROM search_entry WHERE thing = $1", message.id)
    assert entry["words"] == ""
    log = json.dumps([to_json(logged.event) for logged in await world.events()])
    assert "hunter" not in log.lower()
    assert str(world.admin.id) not in log
    async with refused(world, RuleBroken, "message_id", match="retracted"):
        await update_message(author, message_id=message.id, text="Back")
    assert (await post_message(author, chat_id=chat.id, text="Next")).value.number == 2


async def test_its_author_retracts_a_message_also_where_nothing_goes_on(world: World) -> None:
    chat, author = await new_chat(world), world.acting(world.employee)
    message = (await post_message(author, chat_id=chat.id, text="Hunter2")).value
    await sql("UPDATE account SET archived_at = now() WHERE id = $1", world.account.id)
    async with refused(world, RuleBroken, "message_id", match="archived"):
        await update_message(author, message_id=message.id, text="Late")
    assert (await retract_message(author, message_id=message.id)).value.retracted


async def test_what_is_no_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    chat, actor = await new_chat(world), world.acting(world.employee)
    for text in NOTHING.values():
        async with refused(world, Invalid, "text"):
            await post_message(actor, chat_id=chat.id, text=text)
    monkeypatch.setattr(messages, "MESSAGES", Bounds(0, 2))
    for _ in range(2):
        await post_message(actor, chat_id=chat.id, text="One more")
    async with refused(world, RuleBroken, "chat_id", match="at most 2 messages"):
        await post_message(actor, chat_id=chat.id, text="One more")


async def test_who_leaves_the_team_stays_the_author(world: World) -> None:
    chat = await new_chat(world)
    message = (await post_message(world.acting(world.employee), chat_id=chat.id, text="Bye")).value
    await deactivate_member(world.acting(world.owner), member_id=world.employee.id)
    assert not (await Member.get(id=world.employee.id)).active
    assert (await Message.get(id=message.id)).created_by_id == world.employee.id
