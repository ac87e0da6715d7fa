"""What is known of a payment, a refund or a dispute by what a payment provider calls it."""

from datetime import datetime
from uuid import UUID

from models.bounds import REFUNDS
from models.database import sql
from models.rows.payment_providers import PaymentService, ProviderReference, ReferenceState
from models.rows.payments import Payment

_ENTER = """
INSERT INTO provider_reference (firm_id, service, reference, of_reference) VALUES ($1, $2, $3, $4)
ON CONFLICT (firm_id, service, reference) DO NOTHING
"""


async def hold(
    firm_id: UUID, service: PaymentService, reference: str, of_reference: str | None = None
) -> ProviderReference:
    """What is known of it, held until the transaction ends, so that what is told of it is taken one after another.
    Before anything else is held, and a payment before its refunds."""
    await sql(_ENTER, firm_id, service.value, reference, of_reference)
    of_it = ProviderReference.filter(firm_id=firm_id, service=service, reference=reference)
    return await of_it.select_for_update().get()


async def waiting_for(known: ProviderReference) -> list[ProviderReference]:
    """What was given back of a payment before we were told of the payment itself, held: the first first."""
    waiting = ProviderReference.filter(
        firm_id=known.firm_id,
        service=known.service,
        of_reference=known.reference,
        state=ReferenceState.WAITING,
    )
    return await waiting.order_by("id").limit(REFUNDS.most).select_for_update()


_TELLS_OF = """
SELECT EXISTS (
    SELECT FROM provider_reference AS known JOIN payment_provider AS provider
    ON provider.firm_id = known.firm_id AND provider.service = known.service WHERE known.payment_id = $1
) AS does
"""


async def provider_tells_of(payment: Payment) -> bool:
    """Whether a payment is one that a provider told of, which the firm still has."""
    return bool((await sql(_TELLS_OF, payment.id))[0]["does"])


async def know(
    known: ProviderReference, state: ReferenceState, at: datetime | None, payment_id: UUID | None = None
) -> None:
    """Keep what was told of it, and of which payment it was."""
    known.state, known.happened_at = state, at
    if payment_id is not None:
        known.payment_id = payment_id
    await known.save(update_fields=["state", "happened_at", "payment_id", "amount", "currency"])
