"""Chats and their messages. Their inputs are in schema/items/."""

from __future__ import annotations

from typing import Annotated

import strawberry

from models import boards
from models.bounds import CLIENT_TASKS, JOBS_OF_ITEM, MESSAGES
from models.ids import Kind
from models.queries import By
from models.seen import named
from schema.inputs.chats import MessageFilter
from schema.list_fields import ListWithin, list_within
from schema.scalars import DateTime
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, jobs_of_item, loaded, one, value
from schema.types.checklists import ChecklistEntry
from schema.types.files import File, attachments
from schema.types.firm import Member
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job
from schema.types.pages import connection


@strawberry.type(description="Something that the client is asked for in a chat.")
class ClientTask(ChecklistEntry):
    """What it is besides an entry: the client's to do."""

    name: str = column("What the client is asked for.")
    checked_for: str | None = column(
        "What the contact was called then on whose behalf it was checked off; null where nobody was named."
    )


@linked_item(Kind.CHAT)
class Chat(LinkedItem):
    """A thread of messages on an account, with what the client is asked for in it; linked to any number of its jobs.
    Whoever sees the account sees it."""

    subject: str = column("What it is about.")
    client_tasks: list[ClientTask] = loaded(
        lambda chat, context: context.load.checklist(chat),
        f"What the client is asked for, in the order in which it is to be shown; at most {CLIENT_TASKS.most}.",
        size=5,
    )
    messages: Annotated[MessageConnection, strawberry.lazy("schema.types.chats")] = list_within(  # type: ignore[valid-type]
        ListWithin("messages of chat", Kind.MESSAGE, By("chat_id"), "number"),
        f"What was written in it, in the order in which it was, at most {MESSAGES.most:,}; `last` has the last ones.",
        filter=MessageFilter,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@entity(named(Kind.MESSAGE))
class Message(Versioned):
    """What a member wrote in a chat; who, says `createdBy`. Whoever sees the account sees it."""

    chat: Chat | None = one(Kind.CHAT, "chat_id", "The chat.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "The client whose chat it is.")
    number: int = column("Which one it is of its chat, from 1: a chat's messages are in this order.")
    text: str | None = column(
        "What it says, in Markdown; null once it was retracted. It may hold HTML: clean what you make of it before you "
        "show it."
    )
    mentions: list[Member] = loaded(
        lambda message, context: context.load.parts(boards.mentioned_in, message.id),
        "The members whom it mentions, by name.",
        size=2,
    )
    files: list[File] = attachments()
    edited_at: DateTime | None = column("When its author last changed it; null where they did not.")
    retracted: bool = value(lambda message: message.retracted, "Whether its place is all that is left of it.")
    retracted_at: DateTime | None = column("When it was retracted.")


MessageConnection = connection(Message, "messages")
