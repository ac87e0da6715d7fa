"""What the portal's items share: whose they are, what they wait for of the client, and how they are listed."""

from __future__ import annotations

from typing import Any

import strawberry

from models.filtering import Among
from models.ids import Kind, encode
from models.seen import Item, Party, named
from schema.declarations import DeclaredList, listing
from schema.enums import Awaited
from schema.inputs.filters import IdFilter, asks_ids, filter_type
from schema.portal.types import Account
from schema.types.base import column, one, value


def _of_client(item: Item) -> Any:
    """What it waits for, where that is the client's to do: what the team is about is none of theirs."""
    awaited = item.awaited
    return None if awaited is None or awaited.party is not Party.CLIENT else awaited


@strawberry.interface(description="Something of one of your accounts that the firm asks of you, or shows you.")
class PortalItem:
    """Its objects are rows of each of the kinds."""

    id: strawberry.ID = value(
        lambda row: encode(row.kind, row.id), "Opaque and unique; its prefix names the type of thing."
    )
    title: str = column("What it is called.")
    awaited: Awaited | None = value(_of_client, "What it waits for that is a client's to do; null for nothing.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "Whose it is.")


@filter_type
class ItemFilter:
    """Which ones. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of one of these accounts.")


def items(kind: Kind, description: str, one: str, order: str = "-created_at") -> DeclaredList:
    """A list of those items of a kind that clients see, the newest first, and one of them by its id."""
    return listing(named(kind), ItemFilter, order=order, description=description, one=one)
