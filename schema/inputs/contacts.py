"""Filters of contacts and of what they are at accounts, and the order of contacts."""

from __future__ import annotations

from enum import Enum

import strawberry

from models.bounds import FILTER
from models.filtering import Among, Filled, HasAddress, InLanguage, Is, LinkedInSight
from models.ids import Kind
from models.searching import Matches
from models.seen import named
from schema.inputs.base import input_type
from schema.inputs.filters import FOUND_BY, Direction, IdFilter, asks, asks_ids, filter_type

_AT = named(Kind.ACCOUNT_CONTACT)


@filter_type
class ContactFilter:
    """Which contacts. All that is given must hold."""

    id: IdFilter | None = asks_ids(Kind.CONTACT, Among("id"), "Among these contacts.")
    search: str | None = asks(Matches(Kind.CONTACT), FOUND_BY)
    account: IdFilter | None = asks_ids(
        Kind.ACCOUNT, LinkedInSight(_AT, "contact_id", "account_id"), "At one of these accounts."
    )
    email: list[str] | None = asks(
        HasAddress("emails"), f"With one of these addresses, at most {FILTER.most}, in any spelling."
    )
    language: list[str] | None = asks(
        InLanguage("language"),
        f"Written to in one of these languages, at most {FILTER.most} tags of BCP 47; `de` is `de-CH` too.",
    )
    archived: bool | None = asks(
        Filled("archived_at"), "Only archived ones, or only those that are not; both when left out."
    )


@filter_type
class AccountContactFilter:
    """Which ones. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "At one of these accounts.")
    contact: IdFilter | None = asks_ids(Kind.CONTACT, Among("contact_id"), "Of one of these contacts.")
    signs: bool | None = asks(Is("signs"), "Only those who sign there, or only the others; both when left out.")
    gets_mail: bool | None = asks(
        Is("gets_mail"), "Only those who get mail there, or only the others; both when left out."
    )


@strawberry.enum(description="What contacts can be sorted by.")
class ContactSortField(Enum):
    """Indexed columns."""

    NAME = strawberry.enum_value("name_order", description="By name.")
    CREATED_AT = strawberry.enum_value("created_at", description="When they were added.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="When they were last changed.")


@input_type
class ContactSort:
    """One level of the order of contacts."""

    field: ContactSortField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")
