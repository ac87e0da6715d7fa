"""The time entries that invoices bill: each one at most, which the entry itself says. As long as it does, its minutes
and its rate stay as they are."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from models.command import Change
from models.database import sql
from models.events import TimeEntryUpdated
from models.items import invoiced_proposals
from models.items import item as items
from models.items.invoice_lines import Line
from models.items.item import Held
from models.rows import TimeEntry
from models.scope import Scope


def entries_in(lines: Iterable[Line]) -> list[UUID]:
    """The entries that lines bill."""
    return [line.time_entry_id for line in lines if line.time_entry_id is not None]


async def entries_of(invoice_id: UUID) -> list[UUID]:
    """The entries that an invoice bills."""
    rows = await sql("SELECT id FROM time_entry WHERE invoice_id = $1 ORDER BY id", invoice_id)
    return [row["id"] for row in rows]


async def hold_jobs_with(invoice_id: UUID) -> None:
    """Hold the jobs of an invoice, of its proposal and of all that it bills, before these are held."""
    await invoiced_proposals.hold_jobs([invoice_id, *await entries_of(invoice_id)])


async def free(change: Change, entry_ids: Sequence[UUID]) -> None:
    """Let entries be billed again, also those that the caller does not see. The invoice that billed them is held."""
    everybodys = Scope.whole(change.actor.firm_id).rows(TimeEntry)
    await keep(change, await items.lock_several(everybodys, TimeEntry, entry_ids, "time_entry_id"), None)


async def keep(change: Change, held: Sequence[Held[TimeEntry]], invoice_id: UUID | None) -> None:
    """Write which invoice bills entries from now on; None for none."""
    for entry in held:
        entry.item.invoice_id = invoice_id
    await items.store_several(change, held, "invoice_id")
    billed = invoice_id is not None
    for entry in held:
        items.tell(change, TimeEntryUpdated, entry, changes={"billed": (not billed, billed)})
