"""At which accounts contacts are, and what they are there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from uuid import UUID

from models.bounds import ACCOUNTS_OF_CONTACT
from models.command import Change, command
from models.database import sql
from models.errors import RuleBroken
from models.events import Changes, Event, changes_of
from models.gathered import Rules, checked
from models.ids import AccountContactId, AccountId, ContactId, Kind, new_id
from models.reasons import Reason
from models.rights import Right
from models.rows import Account, register
from models.rows.contacts import AccountContact, Contact
from models.scope import Place
from models.sign_in import end_client_sessions_at
from models.texts import LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContactEvent(Event):
    """Something happened to what a contact is at an account."""

    subject = "account_contact"
    beside = ("account", "contact")

    account_contact: AccountContactId
    account: AccountId
    contact: ContactId

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLinked(AccountContactEvent):
    """A contact came to an account.

    Whoever sees the account sees the contact from then on."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountContactUpdated(AccountContactEvent):
    """What a contact is at an account changed: their title, whether they sign, whether they get mail; or, when two
    contacts were merged, which of them it is."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUnlinked(AccountContactEvent):
    """A contact is at an account no longer. Where `contact` is null, it left your sight: forget what you know of it."""

    ends = True


register(AccountContact)


class AccountContactFields(TypedDict, total=False):
    """What `update_account_contact` may change; what is left out stays."""

    title: str | None
    signs: bool
    gets_mail: bool


_RULES: Rules = {"title": LABEL.check}


@command("linkContact", Right.MANAGE_ACCOUNTS)
async def link_contact(
    change: Change,
    *,
    contact_id: UUID,
    account_id: UUID,
    title: str | None = None,
    signs: bool = False,
    gets_mail: bool = False,
    expected_version: int | None = None,
) -> AccountContact:
    """Put a contact at an account. Where it is already, nothing changes."""
    told = checked({"title": title}, _RULES)
    # The contact before the account, and before what it is there: as merging does.
    contact = await change.scope.rows(Contact).lock(contact_id, "contact_id")
    contact.expect(expected_version)
    account = await account_to_be_at(change, account_id)
    there = await AccountContact.filter(contact_id=contact.id, account_id=account.id).first()
    if there is not None:
        return there
    _expect_present(contact)
    await _expect_room(contact)
    link = AccountContact(id=new_id(), signs=signs, gets_mail=gets_mail, **told)
    return await put(change, link, contact, account)


async def account_to_be_at(change: Change, account_id: UUID) -> Account:
    """An account that somebody is to come to, held: it is not archived meanwhile."""
    account = await change.scope.rows(Account).lock(account_id, "account_id")
    if account.archived:
        told = "This account is archived. Restore it before anybody comes to it."
        raise RuleBroken(told, "account_id", reason=Reason.ARCHIVED, kind=Kind.ACCOUNT.value)
    return account


def _expect_present(contact: Contact) -> None:
    if contact.archived:
        told = "This contact is archived. Restore it before it comes to another account."
        raise RuleBroken(told, "contact_id", reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)


async def _expect_room(contact: Contact) -> None:
    if await AccountContact.filter(contact_id=contact.id).count() >= ACCOUNTS_OF_CONTACT.most:
        raise full("contact_id")


def full(field: str) -> RuleBroken:
    """The refusal of one account more than a contact can be at."""
    return RuleBroken(
        f"A contact is at {ACCOUNTS_OF_CONTACT.most} accounts at most, be they in your sight or not. Take it off one "
        "first.",
        field,
        reason=Reason.FULL,
        kind=Kind.ACCOUNT.value,
        maximum=ACCOUNTS_OF_CONTACT.most,
    )


async def put(change: Change, link: AccountContact, contact: Contact, account: Account) -> AccountContact:
    """Write that a contact is at an account, both held, as this row says."""
    link.firm_id, link.account_id, link.contact_id = contact.firm_id, account.id, contact.id
    link.contact_order = contact.name_order
    await link.save(force_create=True)
    tell(change, ContactLinked, link)
    return link


def tell(change: Change, event: Callable[..., Event], link: AccountContact, **fields: Any) -> None:
    """Record an event of what a contact is at an account."""
    change.record(event(account_contact=link.id, account=link.account_id, contact=link.contact_id, **fields))


async def _lock(change: Change, account_contact_id: UUID, expected_version: int | None) -> AccountContact:
    links = change.scope.rows(AccountContact)
    # Whoever changes the contact meanwhile tells it at all of its accounts. After waiting, it may be another one's: the
    # first was merged into them.
    found, held = await links.get(account_contact_id, "account_contact_id"), None
    while found.contact_id != held:
        held = found.contact_id
        await sql("SELECT FROM contact WHERE id = $1 FOR NO KEY UPDATE", held)
        found = await links.get(account_contact_id, "account_contact_id")
    link = await links.lock(account_contact_id, "account_contact_id")
    link.expect(expected_version)
    return link


@command("updateAccountContact", Right.MANAGE_ACCOUNTS)
async def update_account_contact(
    change: Change,
    *,
    account_contact_id: UUID,
    expected_version: int | None = None,
    **fields: Unpack[AccountContactFields],
) -> AccountContact:
    """Change what a contact is at an account: the title there, whether they sign, whether they get mail."""
    link = await _lock(change, account_contact_id, expected_version)
    if changed := link.change_to(checked(link.differing(fields), _RULES)):
        await link.store(*changed)
        tell(change, AccountContactUpdated, link, changes=changes_of(changed))
    return link


@command("unlinkContact", Right.MANAGE_ACCOUNTS)
async def unlink_contact(
    change: Change, *, account_contact_id: UUID, expected_version: int | None = None
) -> AccountContact:
    """Take a contact off an account. The answer's thing is what it was; its contact is null where you do not see it any
    more, at no other account.

    One that is at no other account any more is signed out of the portal."""
    link = await _lock(change, account_contact_id, expected_version)
    await end_client_sessions_at(link.account_id, change.now, link.contact_id)
    await link.delete()
    tell(change, ContactUnlinked, link)
    return link
