"""Contacts, as clients add, change and merge them. The types are in schema/types/contacts.py: accounts show them."""

from __future__ import annotations

import strawberry

from models.bounds import ADDRESSES, SORT
from models.firm import contact_merging, contacts, portal_access
from models.ids import Kind
from models.seen import named
from models.texts import EMAIL, LABEL, NAME, PHONE
from schema.declarations import listing, mutation
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.contacts import ContactFilter, ContactSort

_EMAILS = (
    f"Their addresses, at most {ADDRESSES.most} of {EMAIL.bounds}, the one to write to first. Others may share one"
)
_LANGUAGE = "A tag of BCP 47 that names a language, such as `de` or `en-US`"


@input_type
class CreateContactInput(Keyed):
    """Whom to add."""

    id: strawberry.ID | None = own_id(Kind.CONTACT)
    name: str = needed(f"{NAME.bounds}.")
    emails: list[str] | None = optional(f"{_EMAILS}; none when left out.")
    phone: str | None = optional(f"{PHONE.bounds}, kept as they are.")
    language: str | None = optional(f"{_LANGUAGE}.")
    account_id: strawberry.ID | None = maybe_id_of(
        Kind.ACCOUNT, "Where they are. Needed of whoever does not see every account: else they would not see them."
    )
    title: str | None = optional(f"What they are called there: {LABEL.bounds}.")
    signs: bool | None = optional("Whether they sign there; false when left out.")
    gets_mail: bool | None = optional("Whether mail about the account goes to them; false when left out.")


@input_type
class UpdateContactInput(Expecting):
    """What to change about a contact. What is left out stays."""

    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The contact.")
    name: str | None = change(f"{NAME.bounds}.")
    emails: list[str] | None = change(f"{_EMAILS}. Just these; others are taken off.")
    phone: str | None = clearable(f"{PHONE.bounds}, kept as they are.")
    language: str | None = clearable(f"{_LANGUAGE}.")


@input_type
class ContactInput(Expecting):
    """Which contact."""

    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The contact.")


@input_type
class MergeContactsInput(Expecting):
    """Which contacts are one person."""

    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The one that goes: the expected version is its own.")
    into_id: strawberry.ID = id_of(Kind.CONTACT, "The one that stays, and that the answer has.")
    into_expected_version: int | None = optional("The version that you saw of the one that stays, as of the other.")


MUTATIONS = (
    mutation(contacts.create_contact, CreateContactInput),
    mutation(contacts.update_contact, UpdateContactInput),
    mutation(portal_access.invite_contact, ContactInput),
    mutation(portal_access.end_portal_access, ContactInput),
    mutation(contacts.archive_contact, ContactInput),
    mutation(contacts.restore_contact, ContactInput),
    mutation(contact_merging.merge_contacts, MergeContactsInput),
)
LISTS = (
    listing(
        named(Kind.CONTACT),
        ContactFilter,
        filter_description="Which ones; archived ones too.",
        sort=ContactSort,
        sort_description=f"In which order, at most {SORT.most} levels; by name when there is none.",
        order="name_order",
        description="The contacts that you see, archived ones too.",
        one="A contact.",
    ),
)
