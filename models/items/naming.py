"""Items that name a contact: what becomes of them when two contacts turn out to be one person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.bounds import NAMED
from models.command import Change
from models.database import sql
from models.errors import RuleBroken
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
    for naming in _NAMING:
        held = await _lock_all(change, naming, contact_id)
        for each in held:
            setattr(each.item, naming.column, into_id)
        await items.store_several(change, held, naming.column)
        for each in held:
            naming.tell(change, each, contact_id, into_id)


async def _lock_all(change: Change, naming: _Naming, contact_id: UUID) -> list[Held[Item]]:
    model, kind = naming.model, naming.model.kind
    table = model._meta.db_table
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
    everybodys = Scope.whole(change.actor.firm_id).rows(model)
    return await items.lock_several(everybodys, model, [row["id"] for row in rows], "contact_id")
