"""Chats: threads of messages on an account, with what the client is asked for in them. See models/items/messages.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack
from uuid import UUID

from models.bounds import CLIENT_TASKS
from models.checklists import ChecklistEntry, numbered, revised, to_store, with_entry
from models.command import Change, command
from models.command_steps import made_before
from models.events import Changes, ClientAction, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.gathered import Gathered, checked
from models.ids import ChatId, ContactId, new_id
from models.items import item as items
from models.items.clients import lock_for_client
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.messages import messages_with_files, post
from models.rights import EVERY_MEMBER
from models.rows import register
from models.rows.chats import Chat
from models.rows.contacts import Contact
from models.scope import Place
from models.texts import MARKDOWN, NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatEvent(ItemEvent):
    """Something happened to a chat. It is told once for each job that the chat is linked to."""

    subject = "chat"
    beside = ("job",)

    chat: ChatId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCreated(ChatEvent):
    """A chat was opened."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatUpdated(ChatEvent):
    """A chat's subject changed."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTasksChanged(ChatEvent):
    """The client is asked for something else in a chat."""

    says = {
        "added_client_tasks": "What the client is newly asked for.",
        "removed_client_tasks": "What they are asked for no longer.",
    }

    added_client_tasks: tuple[str, ...]
    removed_client_tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTaskChecked(ChatEvent, ClientAction):
    """Something that the client is asked for in a chat was checked off, or is open again."""

    says = {
        "client_task_number": "The `number` of the client task.",
        "client_task_name": "What the client is asked for.",
        "checked": "Whether it is done.",
    }

    client_task_number: int
    client_task_name: str
    checked: bool
    acting_contact: ContactId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLinked(ChatEvent, ItemLinked):
    """A chat was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatUnlinked(ChatEvent, ItemUnlinked):
    """A chat was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDeleted(ChatEvent):
    """A chat was deleted. Forget its messages with it: no other event says so."""

    ends = True

    title: str


register(Chat)
register_item(Chat, ChatLinked, ChatUnlinked)


class ChatFields(TypedDict, total=False):
    """What `update_chat` may change; what is left out stays."""

    subject: str


@command("createChat", EVERY_MEMBER)
async def create_chat(
    change: Change,
    *,
    subject: str,
    text: str | None = None,
    client_tasks: Sequence[str] = (),
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    id: UUID | None = None,
) -> Chat:
    """Open a chat on an account, or on a job of it: with a first message, and with what the client is asked for."""
    if earlier := await made_before(change, Chat, id, ChatCreated):
        return earlier
    with Gathered() as check:
        about = check(NAME.check, subject, "subject")
        first = None if text is None else check(MARKDOWN.check, text, "text")
        asked = check(revised, client_tasks, "client_tasks", CLIENT_TASKS)
        check(items.expect_place, account_id, job_id)
    account, job = await items.open_place(change, account_id, job_id)
    chat = Chat(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        created_at=change.now,
        subject=about,
        client_tasks=to_store(asked.entries),
        last_client_task=asked.last,
    )
    held = await items.create(change, chat, job)
    items.tell(change, ChatCreated, held)
    if first is not None:
        await post(change, held, first)
    return chat


async def _lock(change: Change, chat_id: UUID, expected_version: int | None) -> Held[Chat]:
    held = await items.lock(change.scope.rows(Chat), Chat, chat_id, "chat_id")
    held.item.expect(expected_version)
    return held


@command("updateChat", EVERY_MEMBER)
async def update_chat(
    change: Change, *, chat_id: UUID, expected_version: int | None = None, **fields: Unpack[ChatFields]
) -> Chat:
    """Change a chat's subject."""
    held = await _lock(change, chat_id, expected_version)
    if changed := held.item.change_to(checked(held.item.differing(fields), {"subject": NAME.check})):
        await items.expect_in_use(change, held.item)
        await items.store(change, held, *changed)
        items.tell(change, ChatUpdated, held, changes=changes_of(changed))
    return held.item


@command("setClientTasks", EVERY_MEMBER)
async def set_client_tasks(
    change: Change, *, chat_id: UUID, client_tasks: Sequence[str], expected_version: int | None = None
) -> Chat:
    """Say what the client is asked for in a chat: just these, in this order. What they are asked for already stays as
    it is, checked off or not."""
    held = await _lock(change, chat_id, expected_version)
    chat = held.item
    wanted = revised(client_tasks, "client_tasks", CLIENT_TASKS, chat.entries, chat.last_client_task)
    if wanted.entries == chat.entries:
        return chat
    await items.expect_in_use(change, chat)
    chat.client_tasks, chat.last_client_task = to_store(wanted.entries), wanted.last
    await items.store(change, held, "client_tasks", "last_client_task")
    items.tell(change, ClientTasksChanged, held, added_client_tasks=wanted.added, removed_client_tasks=wanted.removed)
    return chat


@command("checkClientTask", EVERY_MEMBER)
async def check_client_task(
    change: Change,
    *,
    chat_id: UUID,
    number: int,
    checked: bool,
    contact_id: UUID | None = None,
    expected_version: int | None = None,
) -> Chat:
    """Check off something that the client is asked for in a chat, or open it again: on behalf of the client.

    A chat of which all is checked off holds no job."""
    held, acting = await lock_for_client(change, Chat, chat_id, contact_id, expected_version)
    chat = held.item
    told = "There is no client task of this number in the chat. Look at the present ones."
    task = numbered(chat.entries, number, told)
    if task.checked == checked:
        return chat
    await items.expect_in_use(change, chat)
    now = await _done(change, task, acting) if checked else task.opened()
    chat.client_tasks = to_store(with_entry(chat.entries, now))
    await items.store(change, held, "client_tasks")
    items.tell(
        change,
        ClientTaskChecked,
        held,
        client_task_number=number,
        client_task_name=task.name,
        checked=checked,
        acting_contact=acting,
    )
    return chat


async def _done(change: Change, task: ChecklistEntry, contact_id: UUID | None) -> ChecklistEntry:
    contact = None if contact_id is None else await change.scope.rows(Contact).get(contact_id, "contact_id")
    return task.done(change.now, change.member_id, None if contact is None else contact.name)


link_chat = linking(Chat, EVERY_MEMBER)
unlink_chat = unlinking(Chat, EVERY_MEMBER)


@command("deleteChat", EVERY_MEMBER)
async def delete_chat(change: Change, *, chat_id: UUID, expected_version: int | None = None) -> Chat:
    """Delete a chat with its messages and their files. The answer's chat is what it was."""
    held = await _lock(change, chat_id, expected_version)
    await items.end(held, *await messages_with_files(chat_id))
    items.tell(change, ChatDeleted, held, title=held.item.subject)
    return held.item
