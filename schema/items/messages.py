"""Messages, as clients write them. Their type is in schema/types/chats.py."""

from __future__ import annotations

import strawberry

from models.bounds import MENTIONS
from models.ids import Kind
from models.items import messages
from models.seen import named
from models.texts import MARKDOWN
from schema.declarations import listing, mutation
from schema.files.attaching import attached, attached_now
from schema.inputs.base import Expecting, Keyed, change, change_id_of, id_of, input_type, maybe_id_of, needed, own_id
from schema.inputs.chats import MessageFilter

_TEXT = f"Markdown, which is kept as it was written: {MARKDOWN.bounds}, not blank."
_MENTIONS = f"Whom it mentions, at most {MENTIONS.most}: active members who see the account"


@input_type
class PostMessageInput(Keyed):
    """What to write."""

    id: strawberry.ID | None = own_id(Kind.MESSAGE)
    chat_id: strawberry.ID = id_of(Kind.CHAT, "The chat.")
    text: str = needed(_TEXT)
    mention_ids: list[strawberry.ID] | None = maybe_id_of(Kind.MEMBER, f"{_MENTIONS}; nobody when left out.")
    file_ids: list[strawberry.ID] | None = attached()


@input_type
class UpdateMessageInput(Expecting):
    """What to change about a message of your own. What is left out stays."""

    message_id: strawberry.ID = id_of(Kind.MESSAGE, "The message.")
    text: str | None = change(_TEXT)
    mention_ids: list[strawberry.ID] | None = change_id_of(Kind.MEMBER, f"{_MENTIONS}. Just these.")
    file_ids: list[strawberry.ID] | None = attached_now()


@input_type
class MessageInput(Expecting):
    """Which message."""

    message_id: strawberry.ID = id_of(Kind.MESSAGE, "The message.")


MUTATIONS = (
    mutation(messages.post_message, PostMessageInput),
    mutation(messages.update_message, UpdateMessageInput),
    mutation(messages.retract_message, MessageInput),
)
LISTS = (
    listing(
        named(Kind.MESSAGE),
        MessageFilter,
        order="-created_at",
        description="The messages that you see, of all chats, newest first.",
        one="A message.",
    ),
)
