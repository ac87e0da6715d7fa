"""What contacts are at accounts, as clients put them there. The type is in schema/types/contacts.py."""

from __future__ import annotations

import strawberry

from models.firm import account_contacts
from models.ids import Kind
from models.seen import named
from models.texts import LABEL
from schema.declarations import listing, mutation
from schema.inputs.base import Expecting, change, clearable, id_of, input_type, optional
from schema.inputs.contacts import AccountContactFilter

_TITLE = f"What they are called there: {LABEL.bounds}."
_SIGNS = "Whether they sign there"
_GETS_MAIL = "Whether mail about the account goes to them"


@input_type
class LinkContactInput(Expecting):
    """Who comes to which account."""

    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The contact: the expected version is the contact's.")
    account_id: strawberry.ID = id_of(Kind.ACCOUNT, "The account. Whoever sees it sees the contact from then on.")
    title: str | None = optional(_TITLE)
    signs: bool | None = optional(f"{_SIGNS}; false when left out.")
    gets_mail: bool | None = optional(f"{_GETS_MAIL}; false when left out.")


@input_type
class UpdateAccountContactInput(Expecting):
    """What to change about what a contact is at an account. What is left out stays."""

    account_contact_id: strawberry.ID = id_of(Kind.ACCOUNT_CONTACT, "What they are there.")
    title: str | None = clearable(_TITLE)
    signs: bool | None = change(f"{_SIGNS}.")
    gets_mail: bool | None = change(f"{_GETS_MAIL}.")


@input_type
class AccountContactInput(Expecting):
    """Which contact, at which account."""

    account_contact_id: strawberry.ID = id_of(Kind.ACCOUNT_CONTACT, "What they are there.")


MUTATIONS = (
    mutation(account_contacts.link_contact, LinkContactInput),
    mutation(account_contacts.update_account_contact, UpdateAccountContactInput),
    mutation(account_contacts.unlink_contact, AccountContactInput),
)
LISTS = (
    listing(
        named(Kind.ACCOUNT_CONTACT),
        AccountContactFilter,
        order="created_at",
        description="Which contacts are at the accounts that you see, and what they are there; in the order in which "
        "they came.",
    ),
)
