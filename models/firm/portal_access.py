"""Who of the clients may sign in to the portal, and with which address: contacts are invited, and shut out again."""

from uuid import UUID

from models import attempts
from models.command import Change, command
from models.database import sql
from models.errors import RuleBroken
from models.firm.contacts import ContactInvited, PortalAccessEnded, accounts_of, lock, tell
from models.identities import forget_identity
from models.ids import Kind
from models.one_time.letters import send_portal_invitation
from models.reasons import Reason
from models.rights import Right
from models.rows.contacts import Contact
from models.sign_in import end_client_sessions
from models.texts import sameness

_OF_CONTACT = attempts.Tries("invitations of this contact", path="contact_id", name="invitation")
# Whatever contacts of the firm they are of: the mail is somebody's. No firm is told of another's.
_TO_ADDRESS = attempts.Tries("invitations to this address", path="contact_id", name="invitation to an address")


@command("inviteContact", Right.MANAGE_ACCOUNTS, in_person=True)
async def invite_contact(change: Change, *, contact_id: UUID, expected_version: int | None = None) -> Contact:
    """Let a contact sign in to the client portal with the first of their addresses, and have a mail sent there with a
    link to begin with. They see what is shown to clients of each account that they are at.

    The link is good for seven days, and once. Invited with another address, they are let in with that one alone."""
    contact = await lock(change, contact_id, expected_version)
    address = await _to_be_invited(contact)
    key = sameness(address)
    for counted, tries in ((str(contact.id), _OF_CONTACT), (f"{contact.firm_id} {key}", _TO_ADDRESS)):
        await attempts.count_attempt(counted, change.now, tries=tries)
    # Whoever was let in with it before may be somebody else.
    await forget_identity(key, change.now)
    if contact.portal_email != address:
        await end_client_sessions([contact.id], change.now)
    contact.portal_email, contact.invited_at = address, change.now
    await contact.store("portal_email", "invited_at")
    await send_portal_invitation(contact.id, key, change.now)
    tell(change, ContactInvited, contact, await accounts_of(contact))
    return contact


async def _to_be_invited(contact: Contact) -> str:
    """The address to invite a contact with."""
    if contact.archived:
        told = "This contact is archived. Restore them before you invite them."
        raise RuleBroken(told, "contact_id", reason=Reason.ARCHIVED, kind=Kind.CONTACT.value)
    if not contact.emails:
        told = f"{contact.name} has no e-mail address. Add one first."
        raise RuleBroken(told, "contact_id", reason=Reason.NO_ADDRESS, name=contact.name)
    if not await _at_an_account(contact.id):
        told = "This contact is at no account that is in use: there is nothing to show them. Put them at one first."
        raise RuleBroken(told, "contact_id", reason=Reason.NONE_YET, kind=Kind.ACCOUNT.value)
    address: str = contact.emails[0]
    if sameness(address) != address.lower():
        told = (
            f"The address of {contact.name} is taken for another one here, at which mail may be somebody else's. "
            "Put another address first."
        )
        raise RuleBroken(told, "contact_id", reason=Reason.LOOKS_ALIKE, name=contact.name)
    return address


_PLACES = """
SELECT EXISTS (
    SELECT FROM account_contact link JOIN account a ON a.id = link.account_id
    WHERE link.contact_id = $1 AND a.archived_at IS NULL
) AS placed
"""


async def _at_an_account(contact_id: UUID) -> bool:
    (row,) = await sql(_PLACES, contact_id)
    return bool(row["placed"])


@command("endPortalAccess", Right.MANAGE_ACCOUNTS)
async def end_portal_access(change: Change, *, contact_id: UUID, expected_version: int | None = None) -> Contact:
    """Let a contact sign in to the client portal no longer. Their sessions end at once, and invitations are good for
    nothing.

    To let them in again, invite them."""
    contact = await lock(change, contact_id, expected_version)
    if contact.portal_email is not None:
        contact.portal_email = None
        await contact.store("portal_email")
        await end_client_sessions([contact.id], change.now)
        tell(change, PortalAccessEnded, contact, await accounts_of(contact))
    return contact
