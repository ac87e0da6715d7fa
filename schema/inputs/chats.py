"""Filters of chats and of messages."""

from __future__ import annotations

from models.filtering import Among, Filled, LinkedToJob
from models.ids import Kind
from models.items import messages
from models.searching import Matches
from schema.inputs.filters import FOUND_BY, IdFilter, asks, asks_ids, filter_type


@filter_type
class ChatFilter:
    """Which chats. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "On one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    search: str | None = asks(Matches(Kind.CHAT), FOUND_BY)
    created_by: IdFilter | None = asks_ids(Kind.MEMBER, Among("created_by_id"), "Opened by one of these members.")


@filter_type
class MessageFilter:
    """Which messages. All that is given must hold."""

    chat: IdFilter | None = asks_ids(Kind.CHAT, Among("chat_id"), "Of one of these chats.")
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "In chats of one of these accounts.")
    created_by: IdFilter | None = asks_ids(Kind.MEMBER, Among("created_by_id"), "Written by one of these members.")
    mentions: IdFilter | None = asks_ids(Kind.MEMBER, messages.MENTIONS_ONE, "That mention one of these members.")
    search: str | None = asks(Matches(Kind.MESSAGE), FOUND_BY)
    retracted: bool | None = asks(
        Filled("retracted_at"), "Only retracted ones, or only those that are not; both when left out."
    )
