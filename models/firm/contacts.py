"""Contacts: the people at the firm's clients."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models.command import Change, command
from models.command_steps import made_before
from models.database import sql
from models.errors import Invalid
from models.events import Changes, Event, changes_of
from models.firm.account_contacts import account_to_be_at, put
from models.gathered import Gathered, Rules, checked
from models.ids import AccountId, ContactId, new_id
from models.languages import language as language_tag
from models.mail_addresses import mail_addresses
from models.reasons import Reason
from models.rights import Right
from models.rows import register
from models.rows.contacts import AccountContact, Contact
from models.scope import NO_ACCOUNT, Place
from models.sign_in import end_client_sessions
from models.texts import LABEL, NAME, PHONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEvent(Event):
    """Something happened to a contact. It is told once for each account that the contact is at."""

    subject = "contact"

    contact: ContactId
    account: AccountId | None

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account or NO_ACCOUNT),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCreated(ContactEvent):
    """A contact was added."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUpdated(ContactEvent):
    """A contact's name, addresses, phone or language changed; or with which address they sign in to the portal."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactArchived(ContactEvent):
    """A contact was archived: it comes to no further account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRestored(ContactEvent):
    """An archived contact is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactInvited(ContactEvent):
    """A contact is sent a mail with which they sign in to the portal, and may from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccessEnded(ContactEvent):
    """A contact may sign in to the portal no longer: their sessions are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMerged(ContactEvent):
    """Two contacts turned out to be one person: this one is gone, and what was its own is the other's."""

    ends = True
    called = {"into": "merged_into"}
    says = {
        "into": "The contact that it was merged into, as it is now; null when it is gone, or you may not see it any "
        "more.",
        "into_id": "The id of the contact that it was merged into.",
    }

    name: str
    into: ContactId


register(Contact)


class ContactFields(TypedDict, total=False):
    """What `update_contact` may change; what is left out stays."""

    name: str
    emails: Sequence[str]
    phone: str | None
    language: str | None


_RULES: Rules = {"name": NAME.check, "emails": mail_addresses, "phone": PHONE.check, "language": language_tag}


@command("createContact", Right.MANAGE_ACCOUNTS)
async def create_contact(
    change: Change,
    *,
    name: str,
    emails: Sequence[str] = (),
    phone: str | None = None,
    language: str | None = None,
    account_id: UUID | None = None,
    title: str | None = None,
    signs: bool = False,
    gets_mail: bool = False,
    id: UUID | None = None,
) -> Contact:
    """Add a contact, at an account or, if you see every account, at none.

    Others may have the same address, as couples do: whoever turns out to be one person is merged."""
    if earlier := await made_before(change, Contact, id, ContactCreated):
        return earlier
    with Gathered() as check:
        told = check.each({"name": name, "emails": emails, "phone": phone, "language": language}, _RULES)
        there = {"title": check(LABEL.check, title, "title") if title is not None else None, "signs": signs}
        check(_expect_place, change, account_id, any((title, signs, gets_mail)))
    account = None if account_id is None else await account_to_be_at(change, account_id)
    contact = Contact(id=id or new_id(), firm_id=change.actor.firm_id, **told)
    await contact.save(force_create=True)
    tell(change, ContactCreated, contact, () if account is None else (account.id,))
    if account is not None:
        await put(change, AccountContact(id=new_id(), gets_mail=gets_mail, **there), contact, account)
    return contact


def _expect_place(change: Change, account_id: UUID | None, is_something: bool) -> None:
    """`Invalid` where nobody would see what was made, or know where it is what it is."""
    if account_id is not None:
        return
    if is_something:
        told = "Say at which account the contact is that."
        raise Invalid(told, "account_id", reason=Reason.MISSING, field="account_id")
    if change.scope.accounts is not None:
        told = "Say at which account the contact is: those at none are seen by whoever sees every account."
        raise Invalid(told, "account_id", reason=Reason.MISSING, field="account_id")


def tell(
    change: Change, event: Callable[..., Event], contact: Contact, accounts: Iterable[UUID], **fields: Any
) -> None:
    """Record an event of a contact, once for each of these accounts, at which it is; or once where it is at none."""
    places: list[UUID | None] = [*accounts] or [None]
    for account in places:
        change.record(event(contact=contact.id, account=account, **fields))


async def accounts_of(contact: Contact) -> list[UUID]:
    """The accounts that a contact is at, which is held: so they stay those. All of them, in sight or not."""
    rows = await sql("SELECT account_id FROM account_contact WHERE contact_id = $1 ORDER BY account_id", contact.id)
    return [row["account_id"] for row in rows]


async def lock(change: Change, contact_id: UUID, expected_version: int | None) -> Contact:
    """A contact that is to be changed, held."""
    contact = await change.scope.rows(Contact).lock(contact_id, "contact_id")
    contact.expect(expected_version)
    return contact


@command("updateContact", Right.MANAGE_ACCOUNTS)
async def update_contact(
    change: Change, *, contact_id: UUID, expected_version: int | None = None, **fields: Unpack[ContactFields]
) -> Contact:
    """Change a contact's name, addresses, phone or language.

    Without the address that they sign in to the portal with they sign in no longer."""
    contact = await lock(change, contact_id, expected_version)
    wanted = checked(contact.differing(fields), _RULES)
    if contact.portal_email is not None and contact.portal_email not in wanted.get("emails", contact.emails):
        wanted["portal_email"] = None
        await end_client_sessions([contact.id], change.now)
    if changed := contact.change_to(wanted):
        await store(contact, *changed)
        tell(change, ContactUpdated, contact, await accounts_of(contact), changes=changes_of(changed))
    return contact


async def store(contact: Contact, *columns: str) -> None:
    """Write these columns of a contact, and at its accounts what they list it by."""
    await contact.store(*columns)
    if "name" in columns:
        await AccountContact.filter(contact_id=contact.id).update(contact_order=contact.name_order)


@command("archiveContact", Right.MANAGE_ACCOUNTS)
async def archive_contact(change: Change, *, contact_id: UUID, expected_version: int | None = None) -> Contact:
    """Archive a contact. It stays at its accounts for what was, and comes to no further one. Its sessions at the portal
    end."""
    contact = await lock(change, contact_id, expected_version)
    if not contact.archived:
        contact.archived_at = change.now
        await contact.store("archived_at")
        await end_client_sessions([contact.id], change.now)
        tell(change, ContactArchived, contact, await accounts_of(contact))
    return contact


@command("restoreContact", Right.MANAGE_ACCOUNTS)
async def restore_contact(change: Change, *, contact_id: UUID, expected_version: int | None = None) -> Contact:
    """Take back an archived contact."""
    contact = await lock(change, contact_id, expected_version)
    if contact.archived:
        contact.archived_at = None
        await contact.store("archived_at")
        tell(change, ContactRestored, contact, await accounts_of(contact))
    return contact
