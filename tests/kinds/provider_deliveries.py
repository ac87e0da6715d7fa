"""What payment providers told: how it comes about, and how its events do."""

from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import provider_deliveries as deliveries
from models.providers.provider import Told
from models.rights import Right
from models.rows.payment_providers import ProviderDelivery, ProviderFact
from tests.kinds.invoices import make_sent
from tests.live.scenarios import causes, owner_of
from tests.planting import hidden_amount, hidden_text
from tests.specimens import Specimens, Spot
from tests.telling import number, take, told
from tests.world import World


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """That a payment of an invoice was received. How much, its invoice says as well."""
    invoice = await make_sent(actor, word, spot)
    # Numbered in each firm: two firms with the same things have the same ones.
    place = await ProviderDelivery.filter(firm_id=actor.firm_id).count()
    reference = hidden_text(f"pi_{word}_{place}"[:80], Right.MANAGE_PAYMENTS).replace(" ", "_")
    amount = str(hidden_amount("500", 6, Right.MANAGE_PAYMENTS, Right.MANAGE_INVOICES))
    paid = told(ProviderFact.RECEIVED, reference, amount, invoice=invoice, event_id=f"evt_{word}_{place}"[:80])
    return (await take(actor.firm_id, paid)).id


def _received(invoice: UUID | str | None, reference: str | None = None) -> Told:
    return told(ProviderFact.RECEIVED, reference or f"pi_{number()}", "5", invoice=invoice)


SPECIMENS = Specimens(
    kind=Kind.PROVIDER_DELIVERY,
    make=make,
    hidden_with=frozenset({"account"}),
)


@causes(deliveries.ProviderDeliveryRecorded)
async def recorded(world: World) -> AsyncIterator[None]:
    invoice = await make_sent(owner_of(world), "Advice", Spot(world.account.id, (await world.job()).id))
    yield
    await take(world.firm.id, _received(invoice))
    await take(world.firm.id, _received(None))


@causes(deliveries.ProviderDeliveryUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    invoice = await make_sent(owner_of(world), "Advice", Spot(world.account.id))
    reference = f"pi_{number()}"
    back = told(ProviderFact.RETURNED, reference, "2", returned=f"re_{number()}")
    await take(world.firm.id, back)
    yield
    await take(world.firm.id, _received(invoice, reference))
    assert (await deliveries.ProviderDelivery.get(event_id=back.event_id, firm_id=world.firm.id)).amount == Decimal(2)
