"""Contacts, and what they are at which account: accounts show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from models.ids import Kind
from models.queries import By
from models.seen import named
from schema.inputs.contacts import AccountContactFilter
from schema.list_fields import ListWithin, list_within
from schema.scalars import DateTime
from schema.types.base import Versioned, column, entity, name_order, one, value
from schema.types.pages import connection

if TYPE_CHECKING:
    from schema.types.accounts import Account


@entity(named(Kind.CONTACT))
class Contact(Versioned):
    """A person at the firm's clients. Whoever sees one of their accounts sees them, whoever sees every account also
    those who are at none."""

    name: str = column("What the person is called.")
    name_order: str = name_order()
    emails: list[str] = column("Their addresses, the one to write to first. Another contact may have the same.")
    phone: str | None = column("Their number, as somebody wrote it down.")
    language: str | None = column("What they are written to in: a tag of BCP 47, such as `de` or `en-US`.")
    portal_email: str | None = column(
        "With which of the addresses they sign in to the client portal; null while they may not."
    )
    invited_at: DateTime | None = column("When they were last invited to the portal; null when they never were.")
    archived: bool = value(
        lambda contact: contact.archived, "Whether they are kept for what was alone: they come to no further account."
    )
    archived_at: DateTime | None = column("When they were archived.")
    accounts: Annotated[AccountContactConnection, strawberry.lazy("schema.types.contacts")] = list_within(  # type: ignore[valid-type]
        ListWithin("accounts of contact", Kind.ACCOUNT_CONTACT, By("contact_id"), "created_at"),
        "Where they are, of the accounts that you see, and what they are there; in the order in which they came.",
        filter=AccountContactFilter,
    )


@entity(named(Kind.ACCOUNT_CONTACT))
class AccountContact(Versioned):
    """A contact is at an account, and what they are there. Whoever sees the account sees it."""

    account: Annotated[Account, strawberry.lazy("schema.types.accounts")] | None = one(
        Kind.ACCOUNT, "account_id", "The account."
    )
    contact: Contact | None = one(Kind.CONTACT, "contact_id", "The contact.")
    title: str | None = column("What they are called there, such as Managing director.")
    signs: bool = column("Whether they sign there.")
    gets_mail: bool = column("Whether mail about the account goes to them.")


AccountContactConnection = connection(AccountContact, "account contacts")
