"""What contacts are at accounts: how one comes to one, and how the events come about."""

from collections.abc import AsyncIterator
from uuid import UUID

from models.actor import Actor
from models.firm import account_contacts
from models.ids import Kind
from models.rows.contacts import AccountContact
from tests.kinds import contacts
from tests.live.scenarios import causes, owner_of
from tests.specimens import Specimens, Spot
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """That of a contact who signs at the account."""
    contact = await contacts.make(actor, word, spot)
    return (await AccountContact.get(contact_id=contact, account_id=spot.account)).id


SPECIMENS = Specimens(
    kind=Kind.ACCOUNT_CONTACT,
    make=make,
    hidden_with=frozenset({"account"}),
    not_any_more={"updateAccountContact": ["UPDATE account_contact SET title = E'\\t' WHERE id = $1"]},
)


@causes(account_contacts.ContactLinked)
async def linked(world: World) -> AsyncIterator[None]:
    elsewhere = await contacts.make(owner_of(world), "Ada", Spot((await world.new_account("Hidden")).id))
    yield
    await account_contacts.link_contact(owner_of(world), contact_id=elsewhere, account_id=world.account.id, signs=True)


@causes(account_contacts.AccountContactUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    link = await make(owner_of(world), "Ada", Spot(world.account.id))
    yield
    await account_contacts.update_account_contact(owner_of(world), account_contact_id=link, title=None, signs=False)


@causes(account_contacts.ContactUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    contact, _ = await contacts.at_two(world)
    link = await AccountContact.get(contact_id=contact, account_id=world.account.id)
    yield
    await account_contacts.unlink_contact(owner_of(world), account_contact_id=link.id)
