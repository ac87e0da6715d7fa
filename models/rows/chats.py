"""Chats, with what the client is asked in them, and their messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields

from models.checklists import ChecklistEntry, entries_in
from models.first_line import first_line
from models.ids import Kind
from models.policies import Policy, for_clients
from models.rows.base import Link, Row, belongs_to
from models.rows.items import Awaited, Item
from models.search_entries import Searched
from models.stamps import created_by
from models.texts import NAME


class Chat(Item):
    """A thread of messages on an account, with what the client is asked for in it; linked to any number of its jobs."""

    kind = Kind.CHAT
    searched = Searched("subject")
    policy = Policy(account="account_id", clients=for_clients(account="account_id"))
    may_await = (Awaited.CHECKING_OFF,)
    until = "all of its client tasks are checked off; a chat without any never waits"

    created_by: Any = belongs_to("Member", null=True, index=True)
    subject = fields.CharField(max_length=NAME.most)
    # In the order that they were given. They are few, and what the chat waits for follows from them.
    client_tasks: list[dict[str, Any]] = fields.JSONField(default=list)
    # The number of the last one that there ever was.
    last_client_task: int = fields.IntField(default=0)

    class Meta:
        table = "chat"
        indexes = (("firm_id", "created_at", "id"),)

    @property
    def title(self) -> str:
        """Its subject."""
        return self.subject

    @property
    def entries(self) -> list[ChecklistEntry]:
        """What the client is asked for."""
        return entries_in(self.client_tasks)

    @property
    def awaited(self) -> Awaited | None:
        """That the client does what they are asked for; nothing where that is nothing."""
        return Awaited.CHECKING_OFF if any(not entry.checked for entry in self.entries) else None

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"chat": self.id, "account": self.account_id}


class Message(Row):
    """What a member wrote in a chat."""

    kind = Kind.MESSAGE
    searched = Searched("title", "text")
    policy = Policy(account="account_id")

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    # The author.
    created_by_id: UUID | None = created_by()
    # The chat's, which stays there for good.
    account: Any = belongs_to("Account", index=True)
    account_id: UUID
    chat: Any = belongs_to("Chat", on_delete=fields.CASCADE)
    chat_id: UUID
    # Of those of its chat, from 1: no clock says better what came first.
    number: int = fields.IntField()
    # None once it was retracted.
    text: str | None = fields.TextField(null=True)
    edited_at: datetime | None = fields.DatetimeField(null=True)
    retracted_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "message"
        unique_together = (("chat", "number"),)
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "created_by_id"))

    @property
    def title(self) -> str:
        """What it is found by before all else."""
        return first_line(self.text or "")

    @property
    def retracted(self) -> bool:
        """Whether its text was taken back."""
        return self.retracted_at is not None


class MessageMention(Link):
    """A message mentions a member."""

    message: Any = belongs_to("Message", on_delete=fields.CASCADE)
    message_id: UUID
    member: Any = belongs_to("Member", on_delete=fields.CASCADE, index=True)
    member_id: UUID

    class Meta:
        table = "message_mention"
        unique_together = (("message", "member"),)
