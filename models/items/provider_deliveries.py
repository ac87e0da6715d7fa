"""What payment providers tell: taken once, and kept with what became of it, for whoever looks after payments.

See docs/decisions/0078-what-a-payment-provider-says.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from models.actor import Actor
from models.command import Change, command
from models.database import hold_names, sql
from models.events import Event
from models.ids import AccountId, Kind, ProviderDeliveryId
from models.items.payment_providers import Receiver, still_signs
from models.items.provider_money import Effect, take_into_books
from models.once import Earlier, Kept
from models.providers.provider import NotVerified, Provider, Told
from models.providers.stripe import Stripe
from models.pruning import prune
from models.rights import Right
from models.rows import register
from models.rows.payment_providers import (
    DeliveryOutcome,
    DeliveryReason,
    PaymentService,
    ProviderDelivery,
    ProviderFact,
    ProviderReference,
)
from models.scope import NO_ACCOUNT, Place

__all__ = ["ProviderDelivery", "ProviderReference"]

#: By the service.
PROVIDERS: dict[PaymentService, Provider] = {PaymentService.STRIPE: Stripe()}

#: What needs nobody's eye is kept for so long, and what was matched with nothing for so long.
KEPT_FOR = timedelta(days=90)
UNMATCHED_KEPT_FOR = timedelta(days=2 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDeliveryEvent(Event):
    """Something happened to what a payment provider told. Seen with the right to payments, at the account of the
    payment; what is of none, by whoever sees every account."""

    subject = "provider_delivery"
    needs: ClassVar[frozenset[Right]] = frozenset({Right.MANAGE_PAYMENTS})

    provider_delivery: ProviderDeliveryId
    account: AccountId | None

    def now(self) -> tuple[Place, ...]:
        return (Place(account=self.account or NO_ACCOUNT),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDeliveryRecorded(ProviderDeliveryEvent):
    """A payment provider told something of money."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDeliveryUpdated(ProviderDeliveryEvent):
    """What a payment provider told found its payment or its invoice after all, or something else stands in its way."""

    from_outcome: DeliveryOutcome
    to_outcome: DeliveryOutcome


register(ProviderDelivery)


@dataclass(frozen=True, slots=True)
class TakenOnce:
    """That what a provider tells is done once, however often it is sent. What was matched with nothing is looked at
    again when it is sent again: there may be something by then, or it comes where its mode is the right one."""

    service: PaymentService
    event_id: str
    key: None = None

    async def earlier(self, firm_id: UUID, now: datetime) -> Earlier | None:
        """What became of it. Of the same at the same time the second one waits for the first."""
        await hold_names(f"{firm_id} {self.service} {self.event_id}")
        found = await sql(_EARLIER, firm_id, self.service.value, self.event_id)
        if not found or is_open(found[0]["outcome"], found[0]["reason"]):
            return None
        return Earlier(found[0]["revision"], {"kind": Kind.PROVIDER_DELIVERY.value, "id": str(found[0]["id"])})

    def kept(self, result: dict[str, str]) -> Kept:
        """In which revision it was."""
        return Kept(_KEEP, {"id": result["id"]})


def is_open(outcome: str, reason: str | None) -> bool:
    """Whether something may still become of what was told, when it is sent again."""
    return outcome == DeliveryOutcome.UNMATCHED or reason == DeliveryReason.OTHER_MODE


_EARLIER = """
SELECT id, outcome, reason, revision FROM provider_delivery WHERE firm_id = $1 AND service = $2 AND event_id = $3
"""
_KEEP = """
UPDATE provider_delivery SET revision = raised.revision FROM raised
WHERE firm_id = $1 AND id = ($2::jsonb ->> 'id')::uuid
"""


async def take(receiver: Receiver, service: PaymentService, told: Told) -> ProviderDelivery:
    """Take what a provider told a firm, which was verified. When this returns it is committed. `NotVerified` where a
    secret that it was verified with has been revoked meanwhile."""
    once = TakenOnce(service, told.event_id)
    actor = Actor.provider(receiver.firm_id, PROVIDERS[service].label, once)
    return (await take_delivery(actor, receiver=receiver, service=service, told=told)).value


@command("takeDelivery", Right.MANAGE_PAYMENTS, internal=True)
async def take_delivery(change: Change, *, receiver: Receiver, service: PaymentService, told: Told) -> ProviderDelivery:
    """Do what follows from what a payment provider told, and keep that."""
    if not await still_signs(receiver):
        raise NotVerified
    if receiver.test_mode != told.test_mode:
        # Real money at a provider that was set up for tests is somebody's to look at.
        outcome = DeliveryOutcome.IGNORED if told.test_mode else DeliveryOutcome.UNMATCHED
        effect = Effect(outcome, DeliveryReason.OTHER_MODE)
    else:
        effect = await take_into_books(change, service, told)
    # As what waited for a payment is of that payment, so it is told of after it.
    delivery = await _keep(change, service, told, effect)
    if effect.caught_up:
        waited = {"firm_id": change.actor.firm_id, "service": service, "returned__in": list(effect.caught_up)}
        for earlier in await ProviderDelivery.filter(**waited, outcome=DeliveryOutcome.UNMATCHED).order_by("id"):
            await _become(change, earlier, effect.caught_up[earlier.returned])
    return delivery


async def _keep(change: Change, service: PaymentService, told: Told, effect: Effect) -> ProviderDelivery:
    firm_id = change.actor.firm_id
    earlier = await ProviderDelivery.filter(firm_id=firm_id, service=service, event_id=told.event_id).first()
    if earlier is not None:
        # Meanwhile it may have been caught up with. Where it has no business it does not become another's.
        if is_open(earlier.outcome, earlier.reason) and effect.reason is not DeliveryReason.OTHER_MODE:
            if earlier.fact is ProviderFact.UNREADABLE:
                # By now it may be read: the words of a provider are learnt.
                read = {"fact": told.fact, "reference": told.reference, "returned": told.returned}
                await _become(change, earlier, effect, **read, currency=told.currency, amount=told.amount)
            else:
                await _become(change, earlier, effect)
        return earlier
    delivery = ProviderDelivery(
        firm_id=firm_id,
        service=service,
        event_id=told.event_id,
        happened_at=told.happened_at,
        fact=told.fact,
        reference=told.reference,
        returned=told.returned,
        currency=told.currency,
        amount=told.amount,
        **_columns(effect),
    )
    await delivery.save(force_create=True)
    change.record(ProviderDeliveryRecorded(provider_delivery=delivery.id, account=delivery.account_id))
    return delivery


async def _become(change: Change, delivery: ProviderDelivery, effect: Effect, **read: object) -> None:
    before = delivery.outcome
    if changed := delivery.change_to(_columns(effect) | read):
        await delivery.store(*changed)
        event = ProviderDeliveryUpdated(
            provider_delivery=delivery.id,
            account=delivery.account_id,
            from_outcome=before,
            to_outcome=delivery.outcome,
        )
        change.record(event)


def _columns(effect: Effect) -> dict[str, object]:
    payment = effect.payment
    return {
        "outcome": effect.outcome,
        "reason": effect.reason,
        "account_id": payment and payment.account_id,
        "payment_id": payment and payment.id,
    }


_PRUNE = """
WITH old AS (
    SELECT id FROM provider_delivery WHERE created_at < $1 {which} ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM provider_delivery AS delivery USING old WHERE delivery.id = old.id RETURNING delivery.id
)
SELECT count(*) AS number FROM gone
"""


_PRUNE_REFERENCES = """
WITH old AS (
    SELECT id FROM provider_reference
    WHERE created_at < $1 AND payment_id IS NULL AND state IS DISTINCT FROM 'WAITING'
    LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM provider_reference AS known USING old WHERE known.id = old.id RETURNING known.id
)
SELECT count(*) AS number FROM gone
"""


async def prune_deliveries(now: datetime) -> int:
    """Forget what was told long ago. What is known of payments, and keeps them from being taken twice, stays; of what
    came to nothing it goes. Returns how many deliveries."""
    await prune(_PRUNE_REFERENCES, now - UNMATCHED_KEPT_FOR)
    seen_to = await prune(_PRUNE.format(which="AND outcome <> 'UNMATCHED'"), now - KEPT_FOR)
    return seen_to + await prune(_PRUNE.format(which=""), now - UNMATCHED_KEPT_FOR)
