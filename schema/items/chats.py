"""Chats, as clients see and open them. Their type is in schema/types/chats.py."""

from __future__ import annotations

import strawberry

from models.bounds import CLIENT_TASKS
from models.ids import Kind
from models.items import chats
from models.seen import named
from models.texts import MARKDOWN, NAME
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, Keyed, change, id_of, input_type, maybe_id_of, needed, optional, own_id
from schema.inputs.chats import ChatFilter
from schema.inputs.tasks import AtAccountOrJob
from schema.items.linking import links

_SUBJECT = f"What it is about: {NAME.bounds}."


@input_type
class CreateChatInput(AtAccountOrJob, Keyed):
    """What to open."""

    id: strawberry.ID | None = own_id(Kind.CHAT)
    subject: str = needed(_SUBJECT)
    text: str | None = optional(f"The first message, in Markdown: {MARKDOWN.bounds}, not blank; none when left out.")
    client_tasks: list[str] | None = optional(
        f"What the client is asked for, at most {CLIENT_TASKS.most} of {NAME.bounds}; nothing when left out."
    )


@input_type
class UpdateChatInput(Expecting):
    """What to change about a chat. What is left out stays."""

    chat_id: strawberry.ID = id_of(Kind.CHAT, "The chat.")
    subject: str | None = change(_SUBJECT)


@input_type
class SetClientTasksInput(Expecting):
    """What the client is asked for."""

    chat_id: strawberry.ID = id_of(Kind.CHAT, "The chat.")
    client_tasks: list[str] = needed(
        f"Just these, in this order, at most {CLIENT_TASKS.most} of {NAME.bounds}; for others they are not asked any "
        "more. One of another name is another one, which nobody has done yet."
    )


@input_type
class CheckClientTaskInput(Expecting):
    """What the client has done, or has not."""

    chat_id: strawberry.ID = id_of(Kind.CHAT, "The chat.")
    number: int = needed("The `number` of the client task.")
    checked: bool = needed("Whether it is done.")
    contact_id: strawberry.ID | None = maybe_id_of(
        Kind.CONTACT, "The contact on whose behalf you do it: one of the account's, not archived."
    )


@input_type
class ChatInput(Expecting):
    """Which chat."""

    chat_id: strawberry.ID = id_of(Kind.CHAT, "The chat.")


MUTATIONS = (
    mutation(chats.create_chat, CreateChatInput),
    mutation(chats.update_chat, UpdateChatInput),
    mutation(chats.set_client_tasks, SetClientTasksInput),
    mutation(chats.check_client_task, CheckClientTaskInput),
    *links(chats.link_chat, chats.unlink_chat),
    mutation(chats.delete_chat, ChatInput),
)
LISTS = (
    listing(
        named(Kind.CHAT),
        ChatFilter,
        order="-created_at",
        description="The chats that you see, newest first.",
        one="A chat.",
    ),
)
