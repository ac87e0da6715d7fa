"""Items that name a contact: what becomes of them when two contacts turn out to be one person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.bounds import NAMED
from models.command import Change
from models.database import sql
from models.errors import RuleBroken
from models.items import invoiced_proposals
from models.items import item as items
from models.items.item import Held
from models.kinds import modules_in
from models.reasons import Reason
from models.rows import Item
from models.scope import Scope

_Tell = Callable[[Change, Held[Any], UUID, UUID], None]


@dataclass(frozen=True, slots=True)
class _Naming:
    """A column of a kind of items that names a contact, and what records that it names another one: of an item, whom it
    named before and names now."""

    model: type[Item]
    column: str
    tell: _Tell


_NAMING: list[_Naming] = []


def names_contact(model: type[Item], column: str, tell: _Tell) -> None:
    """Say that a kind of items names contacts."""
    _NAMING.append(_Naming(model, column, tell))


async def name_another(change: Change, contact_id: UUID, into_id: UUID) -> None:
    """Let all items that name a contact name another one, also those that the caller does not see. Both are held."""
    modules_in("models")
    # Whoever changes a payment holds it before its invoices, and a kind that follows from another is declared after it.
    named = [(naming, await _named(naming, contact_id)) for naming in reversed(_NAMING)]
    await invoiced_proposals.hold_jobs([id for _, ids in named for id in ids])
    for naming, ids in named:
        everybodys = Scope.whole(change.actor.firm_id).rows(naming.model)
        held = await items.lock_several(everybodys, naming.model, ids, "contact_id")
        for each in held:
            setattr(each.item, naming.column, into_id)
        await items.store_several(change, held, naming.column)
        for each in held:
            naming.tell(change, each, contact_id, into_id)


async def _named(naming: _Naming, contact_id: UUID) -> list[UUID]:
    """The items of a kind that name a contact, or `RuleBroken` where they are too many."""
    table, kind = naming.model._meta.db_table, naming.model.kind
    rows = await sql(f"SELECT id FROM {table} WHERE {naming.column} = $1 LIMIT {NAMED.most + 1}", contact_id)
    if len(rows) > NAMED.most:
        raise RuleBroken(
            f"This contact is named by more than {NAMED.most} things of the kind {kind.spoken}. Merge the other one "
            "into it instead.",
            "contact_id",
            reason=Reason.FULL,
            kind=kind.value,
            maximum=NAMED.most,
        )
    return [row["id"] for row in rows]
