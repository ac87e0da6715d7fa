"""Folders of accounts."""

from __future__ import annotations

from typing import Any

from models.ids import Kind
from models.items.folders import ClientAccess as _ClientAccess
from models.seen import named
from schema.describing import described
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, name_order, one

ClientAccess: Any = described(
    _ClientAccess,
    "ClientAccess",
    "What a client may do with what is in a folder.",
    NONE="Nothing: they do not see it.",
    VIEW="Read it.",
    EDIT="Read it, and put files there.",
)


@entity(named(Kind.FOLDER))
class Folder(Versioned):
    """Where documents of an account are kept: within another folder, or at the top. Whoever sees the account sees
    it."""

    name: str = column("What it is called.")
    name_order: str = name_order()
    account: Account | None = one(
        Kind.ACCOUNT, "account_id", "Whose it is; null only where it left your sight while this was answered."
    )
    parent: Folder | None = one(Kind.FOLDER, "parent_id", "The folder that it is in; null at the top.")
    client_access: ClientAccess | None = column(
        "What was said that the client may do there. Null: as in the folder that it is in, and at the top NONE."
    )
