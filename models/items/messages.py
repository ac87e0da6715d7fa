"""Messages: what members write in a chat. One that was retracted keeps its place there, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from models import checks
from models.bounds import MENTIONS, MESSAGES
from models.command import Change, command
from models.command_steps import active_members, made_before, replace_links
from models.database import fetch, sql
from models.errors import Forbidden, RuleBroken
from models.events import EventWithFiles, LinkedEvent
from models.files import attaching
from models.files.owners import owns_files
from models.files.taking import Path
from models.filtering import Linked
from models.gathered import Gathered
from models.ids import ChatId, FileId, Kind, MessageId, new_id
from models.items import item as items
from models.items.item import Held
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Role
from models.rows import register
from models.rows.chats import Chat, Message, MessageMention
from models.scope import Place
from models.texts import MARKDOWN
from models.viewers import viewers

#: How many of a chat's messages its client is given at once.
MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Written:
    """What a chat's client reads of a message: not who of the team wrote it, nor whom it mentions."""

    number: int
    text: str | None
    created_at: datetime
    edited_at: datetime | None


_LAST = """
SELECT last.* FROM unnest($1::uuid[]) AS asked(chat), LATERAL (
    SELECT chat_id, number, text, created_at, edited_at FROM message WHERE chat_id = asked.chat
    ORDER BY number DESC LIMIT $2
) AS last ORDER BY last.chat_id, last.number
"""


async def last_messages_of(chats: Sequence[UUID]) -> dict[UUID, list[Written]]:
    """The last messages of each chat, in the order in which they were written."""
    found: dict[UUID, list[Written]] = {}
    for chat, *written in await fetch(_LAST, chats, MOST_MESSAGES):
        found.setdefault(chat, []).append(Written(*written))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(LinkedEvent):
    """Something happened to a message of a chat. It is told once for each job that the chat is linked to.

    None of them has the text, nor says who is mentioned: the log keeps what it has, also of what is retracted. The id
    of a file says nothing once that is gone."""

    subject = "message"
    beside = ("chat", "job")

    message: MessageId
    chat: ChatId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(MessageEvent, EventWithFiles):
    """A message was written in a chat."""

    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageUpdated(MessageEvent, EventWithFiles):
    """Its author changed a message, whom it mentions, or the files that are attached to it."""

    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRetracted(MessageEvent, EventWithFiles):
    """A message was retracted: its place in the chat is all that is left of it."""

    added_files: tuple[FileId, ...] = ()
    removed_files: tuple[FileId, ...] = ()


register(Message)
owns_files(Message, needs=None)

#: The message mentions one of these members.
MENTIONS_ONE = Linked(MessageMention, "message_id", "member_id")


class MessageFields(TypedDict, total=False):
    """What `update_message` may change; what is left out stays."""

    text: str
    mention_ids: Sequence[UUID]
    file_ids: Sequence[UUID]


@command("postMessage", EVERY_MEMBER)
async def post_message(
    change: Change,
    *,
    chat_id: UUID,
    text: str,
    mention_ids: Sequence[UUID] = (),
    file_ids: Sequence[UUID] = (),
    id: UUID | None = None,
) -> Message:
    """Write a message in a chat, which may mention members who see the account, and have files attached to it."""
    if earlier := await made_before(change, Message, id, MessagePosted):
        return earlier
    with Gathered() as check:
        written = check(MARKDOWN.check, text, "text")
        mentioned = check(checks.at_most, mention_ids, "mention_ids", most=MENTIONS.most)
        files = check(attaching.bounded, file_ids)
    held = await items.lock(change.scope.rows(Chat), Chat, chat_id, "chat_id")
    await items.expect_in_use(change, held.item)
    return await post(change, held, written, mentioned, files, id)


async def post(
    change: Change,
    held: Held[Chat],
    text: str,
    mentioned: Sequence[UUID] = (),
    files: Mapping[UUID, Path] = {},
    id: UUID | None = None,
) -> Message:
    """Write a message, as it was checked, in a chat that is held: so they come one after another."""
    chat = held.item
    last = await Message.filter(chat_id=chat.id).order_by("-number").first()
    if last is not None and last.number >= MESSAGES.most:
        told = f"A chat has at most {MESSAGES.most:,} messages. Open another one."
        raise RuleBroken(told, "chat_id", reason=Reason.FULL, kind=Kind.MESSAGE.value, maximum=MESSAGES.most)
    await _expect_to_see(change, chat, mentioned)
    message = Message(
        id=id or new_id(),
        firm_id=chat.firm_id,
        account_id=chat.account_id,
        chat_id=chat.id,
        number=1 if last is None else last.number + 1,
        text=text,
        # Whoever held the chat before may have begun later.
        created_at=change.now if last is None else max(change.now, last.created_at),
    )
    await message.save(force_create=True)
    await replace_links(MessageMention, {"message_id": message.id}, "member_id", mentioned)
    _tell(change, MessagePosted, held, message, added_files=await attaching.attach(change, message, files))
    return message


async def _expect_to_see(change: Change, chat: Chat, member_ids: Sequence[UUID]) -> None:
    """`RuleBroken` unless all of these are active, and see the chat: else nobody would tell them of it."""
    if not member_ids:
        return
    members = await active_members(change, member_ids, "mention_ids")
    seeing = await viewers(list(member_ids))
    for id, member in members.items():
        if not seeing[id].scope.sees_account(chat.account_id):
            told = f"{member.name} does not see this chat's account. Put them on its team first, or mention others."
            raise RuleBroken(told, "mention_ids", reason=Reason.OUT_OF_SIGHT, name=member.name)


def _tell(
    change: Change, event: type[MessageEvent], held: Held[Chat], message: Message, **files: tuple[UUID, ...]
) -> None:
    items.tell(change, event, held, message=message.id, **files)


async def _lock(change: Change, message_id: UUID, expected_version: int | None) -> tuple[Held[Chat], Message]:
    """A message, and before it its chat with the jobs of it, all held."""
    messages = change.scope.rows(Message)
    chat_id = (await messages.get(message_id, "message_id")).chat_id
    held = await items.lock(change.scope.rows(Chat), Chat, chat_id, "message_id")
    message = await messages.lock(message_id, "message_id")
    message.expect(expected_version)
    return held, message


@command("updateMessage", EVERY_MEMBER)
async def update_message(
    change: Change, *, message_id: UUID, expected_version: int | None = None, **fields: Unpack[MessageFields]
) -> Message:
    """Change a message of your own, whom it mentions, or the files that are attached to it. It says from then on that
    it was edited."""
    wanted, wanted_files = fields.pop("mention_ids", None), fields.pop("file_ids", None)
    held, message = await _lock(change, message_id, expected_version)
    if message.created_by_id != change.member_id:
        told = "Somebody else wrote this message: only they change it. Answer it."
        raise Forbidden(told, "message_id", reason=Reason.NOT_YOURS)
    if message.retracted:
        told = "This message was retracted. Post another one."
        raise RuleBroken(told, "message_id", reason=Reason.WRONG_STATE, kind=Kind.MESSAGE.value, actual="RETRACTED")
    with Gathered() as check:
        values = check.each(message.differing(fields), {"text": MARKDOWN.check})
        mentioned = None if wanted is None else check(checks.at_most, wanted, "mention_ids", most=MENTIONS.most)
        attached = None if wanted_files is None else check(attaching.bounded, wanted_files)
    changed = message.change_to(values)
    mentions = mentioned is not None and await _mention(change, held.item, message, mentioned)
    files = await attaching.attach_just(change, message, attached)
    if changed or mentions or files:
        await items.expect_in_use(change, held.item, "message_id")
        message.edited_at = change.now
        await message.store(*changed, "edited_at")
        _tell(change, MessageUpdated, held, message, **files.told)
    return message


async def _mention(change: Change, chat: Chat, message: Message, member_ids: Sequence[UUID]) -> bool:
    """Let a message mention just these, and say whether it did not. Who is mentioned may see the chat no longer."""
    present = await MessageMention.filter(message_id=message.id).values_list("member_id", flat=True)
    await _expect_to_see(change, chat, [id for id in member_ids if id not in present])
    return any(await replace_links(MessageMention, {"message_id": message.id}, "member_id", member_ids))


@command("retractMessage", EVERY_MEMBER)
async def retract_message(change: Change, *, message_id: UUID, expected_version: int | None = None) -> Message:
    """Retract a message of your own; an admin or the owner anybody's. It keeps its place in the chat, and nothing else:
    its text, mentions and files are gone for good."""
    held, message = await _lock(change, message_id, expected_version)
    if message.created_by_id != change.member_id and not change.leads:
        told = "Somebody else wrote this message: they, an admin or the owner retract it."
        raise Forbidden(told, "message_id", reason=Reason.ROLE_MISSING, role=Role.ADMIN)
    if not message.retracted:
        message.text, message.retracted_at = None, change.now
        await message.store("text", "retracted_at")
        await MessageMention.filter(message_id=message.id).delete()
        files = await attaching.attach_just(change, message, {})
        _tell(change, MessageRetracted, held, message, removed_files=files.removed)
    return message


_WITH_FILES = "SELECT DISTINCT owner_id FROM message JOIN file ON owner_id = message.id WHERE chat_id = $1 AND taken"


async def messages_with_files(chat_id: UUID) -> list[UUID]:
    """Those messages of a chat, which is held, that files are attached to."""
    return [row["owner_id"] for row in await sql(_WITH_FILES, chat_id)]
