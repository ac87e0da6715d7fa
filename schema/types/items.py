"""What all linked items share, whatever their kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from models.ids import Kind, encode
from models.items.kinds import item_kinds
from models.items.reads import Outstanding
from models.seen import Item, named
from schema.enums import Awaited, ItemKind, Party
from schema.field_resolvers import TypeCheck
from schema.per_viewer import own_rows
from schema.scalars import DateTime
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, loaded, one, value

if TYPE_CHECKING:
    from schema.types.contacts import Contact
    from schema.types.firm import Member


T = TypeVar("T", bound=type)

_OPEN = "Whether somebody still has to act"


def _kind(item: Item | Outstanding) -> Any:
    return ItemKind(item.kind.value)


@strawberry.interface(description="A thing of an account that may be linked to jobs, whatever its kind.")
class LinkedItem(Versioned):
    """Its objects are rows of each of the kinds."""

    kind: ItemKind = value(_kind, "What kind of thing it is.")
    title: str = column("What it is called among things of other kinds.")
    open: bool = column(f"{_OPEN}.")
    awaited: Awaited | None = column("What it waits for; null when it is not open.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "The client it is for.")


def linked_item(kind: Kind) -> Callable[[T], T]:
    """A GraphQL type whose objects are the items of this kind. What the kind says of waiting, its fields say too."""

    of = item_kinds()[kind]
    told = {"open": f"{_OPEN}: never.", "awaited": "What it waits for: nothing, ever. Null."}
    if of.may_be_open:
        told["open"] = f"{_OPEN}, until {of.until}."
        told["awaited"] = f"What it waits for, {' or '.join(of.may_await)}; null when it is not open."

    def make(cls: T) -> T:
        for name, description in told.items():
            setattr(cls, name, column(description))
        cls.__annotations__ |= {"open": bool, "awaited": Awaited | None}
        return entity(named(kind))(cls)

    return make


@strawberry.type(description="An open item that holds a job: told alike to everybody who sees the job.")
class OutstandingItem:
    """Its objects are `models.items.reads.Outstanding`."""

    kind: ItemKind = value(_kind, "What kind of thing it is.")
    item_id: strawberry.ID = value(lambda held: encode(held.kind, held.item_id), "The id of the item.")
    item: LinkedItem | None = loaded(
        lambda held, context: context.load.one(held.kind, held.item_id) if context.holds(1) else None,
        "The item; null when you may not see it.",
        depends=own_rows(*(kind for kind, of in item_kinds().items() if of.may_be_open)),
    )
    title: str = column("What it is called among things of other kinds.")
    awaited: Awaited = column("What it waits for.")
    party: Party = value(lambda held: held.awaited.party, "Whether the team is to do it, or the client.")
    members: list[Annotated[Member, strawberry.lazy("schema.types.firm")]] = loaded(
        lambda held, context: context.load.awaited_members(held),
        "The members whose doing it waits for: those whom a task is assigned to. Where it is the team's and none is "
        "named, anybody of it may do it.",
        size=2,
    )
    contacts: list[Annotated[Contact, strawberry.lazy("schema.types.contacts")]] = loaded(
        lambda held, context: context.load.awaited_contacts(held),
        "The contacts whose doing it waits for, as far as you see them. Where it is the client's and none is named, "
        "any of theirs may do it.",
        size=2,
    )
    since: DateTime = column("Since when it has been open on this job.")

    is_type_of = TypeCheck(lambda source: isinstance(source, Outstanding))
