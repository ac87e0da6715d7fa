"""On whose behalf something is done that is the client's to do."""

from typing import TypeVar
from uuid import UUID

from models.command import Change
from models.database import sql
from models.errors import RuleBroken
from models.ids import Kind
from models.items import item as items
from models.items.item import Held
from models.reasons import Reason
from models.rows import Item
from models.rows.contacts import Contact

I = TypeVar("I", bound=Item)  # noqa: E741 - an item


async def acting_contact(
    change: Change, account_id: UUID, contact_id: UUID | None, path: str = "contact_id"
) -> UUID | None:
    """The contact on whose behalf a member acts at an account; None where nobody is named. `NotFound` for one whom the
    member does not see, `RuleBroken` for one who is not there, or is archived.

    They are held, so that they stay there. Called before the item is held: whoever merges contacts holds these first.
    """
    if contact_id is None:
        return None
    # Before they are held: nobody waits for somebody whom they do not see.
    await change.scope.rows(Contact).get(contact_id, path)
    held = await sql(_HOLD, contact_id, account_id)
    if not held:
        told = "This contact is not at the account. Choose one of those who are, or put them there first."
        raise RuleBroken(told, path, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
    if held[0]["archived_at"] is not None:
        told = "This contact is archived. Restore them first, or choose another one."
        raise RuleBroken(told, path, reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)
    return contact_id


# Shared: what several do at once on behalf of one contact has nothing to wait for. What is told of them is what holds
# once they are held.
_HOLD = """
WITH held AS MATERIALIZED (SELECT id, archived_at FROM contact WHERE id = $1 FOR SHARE)
SELECT held.archived_at FROM held JOIN account_contact AS link ON link.contact_id = held.id
WHERE link.account_id = $2 FOR SHARE OF link
"""


async def lock_for_client(
    change: Change, model: type[I], id: UUID, contact_id: UUID | None, expected_version: int | None
) -> tuple[Held[I], UUID | None]:
    """An item, held for what a client does with it, and the contact on whose behalf it is done."""
    rows, path = change.scope.rows(model), f"{model.kind}_id"
    contact = await acting_contact(change, (await rows.get(id, path)).account_id, contact_id)
    held = await items.lock(rows, model, id, path)
    held.item.expect(expected_version)
    return held, contact
