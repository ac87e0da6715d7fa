"""What goes to a client with a mail that an automation writes: an item that they are asked for. It waits as long as the
mail does, and is had back with it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from models.command import Change
from models.database import sql
from models.ids import Kind
from models.items import item as items
from models.items.item import Held
from models.items.kinds import KindOfItem, item_kinds
from models.reminder_ends import end_reminders
from models.rights import Right
from models.rows.mail import Mail


async def hold_told_of(change: Change, mails: Iterable[Mail]) -> dict[UUID, Held[Any]]:
    """Hold the items that go to clients with these mails, by id: before the mails are held, as whoever changes an item
    does."""
    return await _hold(change, {(mail.item_kind, mail.item) for mail in mails if mail.brings})


async def _hold(change: Change, wanted: Iterable[tuple[Kind | None, UUID | None]]) -> dict[UUID, Held[Any]]:
    of_kinds: dict[Kind, list[UUID]] = defaultdict(list)
    for kind, id in wanted:
        assert kind is not None and id is not None
        of_kinds[Kind(kind)].append(id)
    held: dict[UUID, Held[Any]] = {}
    for kind in sorted(of_kinds):
        held |= await items.lock_visible(change.scope.rows(_kind(kind).model), of_kinds[kind])
    return held


def _kind(kind: Kind) -> KindOfItem:
    return item_kinds()[kind]


# Whoever else was written to may have it by now.
_NOT_HEARD_OF = """
SELECT DISTINCT item_kind, item FROM mail WHERE id = ANY($1) AND NOT EXISTS (
    SELECT FROM mail AS other WHERE other.item = mail.item AND other.cause = mail.cause AND other.state <> 'WITHDRAWN'
)
"""


async def take_back(change: Change, withdrawn: Sequence[Mail]) -> None:
    """Have the items back that would have gone to clients with these mails, where nobody has heard of one: it is as if
    it had not been sent, and holds its jobs."""
    bringing = [mail.id for mail in withdrawn if mail.brings]
    if not bringing:
        return
    back = [(row["item_kind"], row["item"]) for row in await sql(_NOT_HEARD_OF, bringing)]
    for held in (await _hold(change, back)).values():
        kind = _kind(held.item.kind)
        if kind.taken_back is not None and (changed := held.item.take_back()):
            await items.store(change, held, *changed)
            items.tell(change, kind.taken_back, held)
            await end_reminders(change, [held.item.id])


async def bring(change: Change, held: Held[Any]) -> None:
    """Send an item, which is held, to the client again, where it was had back."""
    kind = _kind(held.item.kind)
    if kind.sent is not None and (changed := held.item.bring(change.now)):
        if held.item.kind is Kind.ORGANIZER:
            change.require(Right.MANAGE_ORGANIZERS, "Sending an organizer", "mail_id")
        await items.store(change, held, *changed)
        items.tell(change, kind.sent, held)
