"""Contacts: how one is made, and how their events come about."""

import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from models.actor import Actor
from models.commands.accounts import create_account
from models.firm import contact_merging, contacts, portal_access
from models.firm.account_contacts import link_contact
from models.ids import Kind, encode
from models.rows.contacts import AccountContact, Contact
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """A contact who signs at the account and gets its mail."""
    made = await contacts.create_contact(
        actor,
        name=f"{word} Contact",
        emails=[f"{re.sub(r'[^a-z0-9]', '', word.lower())}@contact.example"],
        phone=f"{word[:40]} 12",
        language="de",
        account_id=spot.account,
        title=f"{word} title",
        signs=True,
        gets_mail=True,
    )
    return made.value.id


async def make_elsewhere(actor: Actor, word: str, _spot: Spot) -> UUID:
    """A contact at an account of its own."""
    account = (await create_account(actor, name=f"{word} elsewhere")).value
    return await make(actor, word, Spot(account.id))


async def make_archived(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that is archived."""
    contact = await make(actor, word, spot)
    await contacts.archive_contact(actor, contact_id=contact)
    return contact


async def make_invited(actor: Actor, word: str, spot: Spot) -> UUID:
    """One who may sign in to the portal."""
    contact = await make(actor, word, spot)
    await portal_access.invite_contact(actor, contact_id=contact)
    return contact


async def _accounts(contact: Contact) -> set[str]:
    found = await AccountContact.filter(contact_id=contact.id).values_list("account_id", flat=True)
    return {encode(Kind.ACCOUNT, account) for account in found}


async def _found_by(contact: Contact) -> tuple[str, str]:
    return contact.name, re.sub(r"\W", " ", f"{contact.emails} {contact.phone}")


async def _emails(contact: Contact) -> set[str]:
    return set(contact.emails)


async def _language(contact: Contact) -> set[Any]:
    return {contact.language}


SPECIMENS = Specimens(
    kind=Kind.CONTACT,
    make=make,
    hidden_with=frozenset({"account"}),
    further={
        "second contact": make,
        "contact elsewhere": make_elsewhere,
        "archived contact": make_archived,
        "invited contact": make_invited,
    },
    chosen={
        "endPortalAccess.contactId": "invited contact",
        "linkContact.contactId": "contact elsewhere",
        "mergeContacts.intoId": "second contact",
        "restoreContact.contactId": "archived contact",
    },
    not_any_more={"updateContact": ["UPDATE contact SET name = E'\\t', phone = '', language = 'xx' WHERE id = $1"]},
    facts={"account": _accounts, "search": _found_by, "email": _emails, "language": _language},
)


async def at_two(world: World) -> tuple[UUID, UUID]:
    """A contact at an account that the employee sees, and at one that they do not: that one."""
    hidden = await world.new_account("Hidden")
    contact = await make(owner_of(world), "Ada", Spot(world.account.id))
    await link_contact(owner_of(world), contact_id=contact, account_id=hidden.id)
    return contact, hidden.id


@causes(contacts.ContactCreated)
async def created(world: World) -> AsyncIterator[None]:
    yield
    await make(owner_of(world), "Ada", Spot(world.account.id))
    # Which nobody sees who does not see every account.
    await contacts.create_contact(owner_of(world), name="Nobody's")


@causes(contacts.ContactUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    contact, _ = await at_two(world)
    loose = (await contacts.create_contact(owner_of(world), name="Nobody's")).value
    yield
    for id in (contact, loose.id):
        await contacts.update_contact(owner_of(world), contact_id=id, name="Ada Countess", emails=["a@b.example"])


@causes(contacts.ContactInvited)
async def invited(world: World) -> AsyncIterator[None]:
    contact, _ = await at_two(world)
    yield
    await portal_access.invite_contact(owner_of(world), contact_id=contact)


@causes(contacts.PortalAccessEnded)
async def access_ended(world: World) -> AsyncIterator[None]:
    contact, _ = await at_two(world)
    await portal_access.invite_contact(owner_of(world), contact_id=contact)
    yield
    await portal_access.end_portal_access(owner_of(world), contact_id=contact)


@causes(contacts.ContactArchived)
async def archived(world: World) -> AsyncIterator[None]:
    contact, _ = await at_two(world)
    yield
    await contacts.archive_contact(owner_of(world), contact_id=contact)


@causes(contacts.ContactRestored)
async def restored(world: World) -> AsyncIterator[None]:
    contact, _ = await at_two(world)
    await contacts.archive_contact(owner_of(world), contact_id=contact)
    yield
    await contacts.restore_contact(owner_of(world), contact_id=contact)


@causes(contacts.ContactMerged)
async def merged(world: World) -> AsyncIterator[None]:
    contact, hidden = await at_two(world)
    into = await make(owner_of(world), "Augusta", Spot(hidden))
    yield
    await contact_merging.merge_contacts(owner_of(world), contact_id=contact, into_id=into)
