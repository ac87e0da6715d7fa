"""Two contacts that turned out to be one person become one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.bounds import ACCOUNTS_OF_CONTACT, ADDRESSES
from models.command import Change, command
from models.database import sql
from models.errors import Invalid, RuleBroken
from models.events import changes_of
from models.external_keys import give_to_another
from models.firm import account_contacts
from models.firm.account_contacts import AccountContactUpdated, ContactUnlinked
from models.firm.contacts import ContactMerged, ContactUpdated, tell
from models.ids import Kind
from models.items.approvers import merge_approvers
from models.items.naming import name_another
from models.items.recipients import merge_recipients
from models.items.signing import merge_signers
from models.mail.outbox import merge_mail
from models.reasons import Reason
from models.rights import Right
from models.rows.contacts import AccountContact, Contact
from models.sign_in import end_client_sessions
from models.storing import store_all


@command("mergeContacts", Right.MANAGE_ACCOUNTS)
async def merge_contacts(
    change: Change,
    *,
    contact_id: UUID,
    into_id: UUID,
    expected_version: int | None = None,
    into_expected_version: int | None = None,
) -> Contact:
    """Merge a contact into another one, which turned out to be the same person. What is the one's becomes the other's:
    its accounts and addresses, what it is to pay, approve and sign, and its phone and language where the other has
    none.

    At all accounts, those that the caller does not see among them. In one revision, and as many statements however much
    there is of it."""
    if contact_id == into_id:
        told = "A contact is not merged with itself. Choose another one."
        raise Invalid(told, "into_id", reason=Reason.ITSELF)
    contact, into = await _lock_both(change, contact_id, into_id)
    contact.expect(expected_version)
    into.expect(into_expected_version, "into_expected_version")
    if into.archived:
        told = "This contact is archived. Restore it before another one is merged into it."
        raise RuleBroken(told, "into_id", reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)
    # Of two with portals of their own one is gone; whoever was signed in as it signs in again.
    await end_client_sessions([contact.id], change.now)
    changed = into.change_to(_together(contact, into))
    plan = _planned(await AccountContact.filter(contact_id__in=[contact.id, into.id]).order_by("account_id"), into)
    were_at = [link.account_id for link in [*plan.moved, *plan.given_up]]
    for link, changes in plan.changed:
        account_contacts.tell(change, AccountContactUpdated, link, changes=changes_of(changes))
    for link in plan.given_up:
        account_contacts.tell(change, ContactUnlinked, link)
    tell(change, ContactMerged, contact, were_at, name=contact.name, into=into.id)
    await store_all([link for link, _ in plan.changed], "contact_id", "contact_order", "title", "signs", "gets_mail")
    await sql("DELETE FROM account_contact WHERE id = ANY($1)", [link.id for link in plan.given_up])
    for merge in (merge_recipients, merge_approvers, merge_signers, merge_mail):
        await merge(contact.id, into.id)
    await name_another(change, contact.id, into.id)
    await give_to_another(Kind.CONTACT, contact.id, into.id)
    await sql("DELETE FROM contact WHERE id = $1", contact.id)
    if changed:
        await into.store(*changed)
        tell(change, ContactUpdated, into, plan.accounts, changes=changes_of(changed))
    return into


async def _lock_both(change: Change, contact_id: UUID, into_id: UUID) -> tuple[Contact, Contact]:
    contacts = change.scope.rows(Contact)
    held = await contacts.lock_many([contact_id, into_id])
    for id, field_of_input in ((contact_id, "contact_id"), (into_id, "into_id")):
        if id not in held:
            await contacts.get(id, field_of_input)
    return held[contact_id], held[into_id]


def _together(contact: Contact, into: Contact) -> dict[str, Any]:
    """What the one that stays says of the person: what it said, and what the other one knew besides."""
    emails = list(dict.fromkeys([*into.emails, *contact.emails]))
    if len(emails) > ADDRESSES.most:
        raise RuleBroken(
            f"Together they have {len(emails)} addresses, and a contact has at most {ADDRESSES.most}. Take some off "
            "first.",
            "contact_id",
            reason=Reason.TOO_MANY,
            maximum=ADDRESSES.most,
            actual=len(emails),
        )
    return {
        "emails": emails,
        "phone": into.phone or contact.phone,
        "portal_email": into.portal_email or contact.portal_email,
        "language": into.language or contact.language,
    }


#: Column: (before, after).
_Changed = Mapping[str, tuple[Any, Any]]


@dataclass(slots=True)
class _Plan:
    """What becomes of what the two are at their accounts."""

    #: Where the one that stays is from now on.
    moved: list[AccountContact] = field(default_factory=list)
    #: Where it was already, of the other one.
    given_up: list[AccountContact] = field(default_factory=list)
    changed: list[tuple[AccountContact, _Changed]] = field(default_factory=list)
    #: All accounts of the one that stays.
    accounts: list[UUID] = field(default_factory=list)


def _planned(links: Sequence[AccountContact], into: Contact) -> _Plan:
    plan = _Plan()
    present = {link.account_id: link for link in links if link.contact_id == into.id}
    for link in links:
        if link.contact_id == into.id:
            continue
        there = present.get(link.account_id)
        if there is not None:
            plan.given_up.append(link)
            if changes := there.change_to(_both(there, link)):
                plan.changed.append((there, changes))
        else:
            plan.moved.append(link)
            plan.changed.append((link, link.change_to({"contact_id": into.id})))
            link.contact_order = into.name_order
    plan.accounts = sorted({link.account_id for link in links})
    if len(plan.accounts) > ACCOUNTS_OF_CONTACT.most:
        raise account_contacts.full("contact_id")
    return plan


def _both(there: AccountContact, other: AccountContact) -> dict[str, Any]:
    """What somebody is at an account who was there twice."""
    return {
        "title": there.title or other.title,
        "signs": there.signs or other.signs,
        "gets_mail": there.gets_mail or other.gets_mail,
    }
