"""Messages: how one is written, and how their events come about."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.ids import Kind, encode
from models.items import messages
from models.rows.chats import Message, MessageMention
from tests.files import uploaded
from tests.kinds import chats
from tests.kinds.notes import hidden_job
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot, of_team
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that mentions somebody of the account's team and has a file, in a chat of its own."""
    chat, mentioned = await chats.make(actor, word, spot), await of_team(spot, actor)
    text = f"# {word}\n\nHave they sent it?"
    file = await uploaded(actor, f"{word} of message.txt")
    made = messages.post_message(actor, chat_id=chat, text=text, mention_ids=[mentioned], file_ids=[file.id])
    return (await made).value.id


async def _mentions(message: Message) -> set[Any]:
    found = await MessageMention.filter(message_id=message.id).values_list("member_id", flat=True)
    return {encode(Kind.MEMBER, member) for member in found}


async def _found_by(message: Message) -> tuple[str, str]:
    return message.title, (message.text or "").replace("#", "")


async def _retracted(message: Message) -> bool:
    return message.retracted


SPECIMENS = Specimens(
    kind=Kind.MESSAGE,
    make=make,
    hidden_with=frozenset({"account"}),
    chosen={"postMessage.fileIds": "own file", "updateMessage.fileIds": "own file"},
    not_any_more={"updateMessage": ["UPDATE message SET text = repeat(' ', 30000) WHERE id = $1"]},
    facts={"search": _found_by, "mentions": _mentions, "retracted": _retracted},
)


async def on_jobs(world: World) -> UUID:
    """A message in a chat on a job that the employee sees, and on one that they do not."""
    chat = await chats.on_jobs(world, await hidden_job(world))
    mentioned, file = [world.employee.id], await uploaded(owner_of(world), "Sent.txt")
    made = messages.post_message(owner_of(world), chat_id=chat, text="Sent?", mention_ids=mentioned, file_ids=[file.id])
    return (await made).value.id


@causes(messages.MessagePosted)
async def posted(world: World) -> AsyncIterator[None]:
    chat = await chats.on_jobs(world, await hidden_job(world))
    files = [(await uploaded(owner_of(world), "Sent.txt")).id]
    yield
    for text, attached in (("Sent?", []), ("Not yet.", files)):
        await messages.post_message(owner_of(world), chat_id=chat, text=text, file_ids=attached)


@causes(messages.MessageUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    message = await on_jobs(world)
    file = await uploaded(owner_of(world), "Sent again.txt")
    yield
    await messages.update_message(
        owner_of(world), message_id=message, text="Have they sent it?", mention_ids=[], file_ids=[file.id]
    )


@causes(messages.MessageRetracted)
async def retracted(world: World) -> AsyncIterator[None]:
    message = await on_jobs(world)
    yield
    await messages.retract_message(owner_of(world), message_id=message)
