"""The contacts whom an item is for, whatever its kind: those who are asked. Where none is, anybody at the client is."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models import checks
from models.bounds import RECIPIENTS
from models.command import Change
from models.command_steps import replace_links
from models.database import fetch, sql
from models.errors import RuleBroken
from models.ids import Kind
from models.policies import to_those_or_anybody
from models.reasons import Reason
from models.rows import Awaiting, Item, ItemRecipient
from models.rows.contacts import Contact
from models.scope import not_found

_FIELD = "recipient_ids"
#: Which of an account's contacts an item is for.
TO_RECIPIENTS = to_those_or_anybody("item_recipient", "item")

# Shared: what is sent to one contact at once has nothing to wait for.
_HOLD = "SELECT FROM contact WHERE id = ANY($1) ORDER BY id FOR SHARE"


async def hold(change: Change, ids: Sequence[UUID]) -> dict[UUID, Contact]:
    """Those of the contacts whom the actor sees, held, so that none is archived or merged meanwhile. Called before an
    item or a job is held: whoever merges contacts holds these first."""
    contacts = change.scope.rows(Contact)
    # Before they are held: nobody waits for somebody whom they do not see.
    if ids and (seen := await contacts.many(ids)):
        await sql(_HOLD, list(seen))
        return await contacts.many(seen)
    return {}


def bounded(ids: Sequence[UUID], field: str = _FIELD) -> list[UUID]:
    """Each once, and not too many, or `Invalid`."""
    return checks.at_most(ids, field, most=RECIPIENTS.most)


async def replace(
    change: Change, item: Item, wanted: Sequence[UUID], held: Mapping[UUID, Contact]
) -> dict[str, tuple[Any, Any]]:
    """Make just these contacts the recipients of an item, which is held. Who is new to it is at its account and not
    archived. Who is out of the actor's sight stays: they send back whom they were shown. Returns what changed, as
    `Row.change_to` does."""
    present = (await recipients_of([item.id])).get(item.id, [])
    await _expect_at(item.account_id, [id for id in wanted if id not in present], held)
    seen = await change.scope.rows(Contact).many(present)
    wanted = [*wanted, *(id for id in present if id not in seen)]
    if set(wanted) == set(present):
        return {}
    await replace_links(ItemRecipient, {"item": item.id}, "contact_id", wanted)
    return {_FIELD: (present, (await recipients_of([item.id])).get(item.id, []))}


_AT = "SELECT contact_id FROM account_contact WHERE account_id = $1 AND contact_id = ANY($2)"


async def _expect_at(account_id: UUID, ids: Sequence[UUID], held: Mapping[UUID, Contact]) -> None:
    there = {row["contact_id"] for row in await sql(_AT, account_id, ids)} if ids else set()
    for id in ids:
        contact = held.get(id)
        if contact is None:
            raise not_found(Kind.CONTACT, id, _FIELD)
        if id not in there:
            told = "A contact is not at this account. Choose those who are, or put them there first."
            raise RuleBroken(told, _FIELD, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
        if contact.archived:
            told = "A contact is archived. Restore them first, or choose others."
            raise RuleBroken(told, _FIELD, reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)


_RECIPIENTS = """
SELECT item, array_agg(contact_id ORDER BY name_order, contact_id) FROM item_recipient
JOIN contact ON contact.id = contact_id WHERE item = ANY($1) GROUP BY item
"""


async def recipients_of(items: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """The recipients of each item that has any, by name: in one statement, be they in sight or not."""
    return {item: list(contacts) for item, contacts in await fetch(_RECIPIENTS, items)}


async def awaiting_recipients(items: Sequence[UUID]) -> dict[UUID, Awaiting]:
    """That these items wait for their recipients."""
    return {item: Awaiting(contacts=contacts) for item, contacts in (await recipients_of(items)).items()}


# Of two who are both recipients of an item, one stays.
_MERGE = """
WITH both_of AS (
    SELECT item FROM item_recipient WHERE contact_id = $2
), ended AS (
    DELETE FROM item_recipient WHERE contact_id = $1 AND item IN (SELECT item FROM both_of)
)
UPDATE item_recipient SET contact_id = $2 WHERE contact_id = $1 AND item NOT IN (SELECT item FROM both_of)
"""


async def merge_recipients(contact_id: UUID, into_id: UUID) -> None:
    """Let another contact be the recipient of whatever one was: both are held, and turned out to be one person."""
    await sql(_MERGE, contact_id, into_id)
