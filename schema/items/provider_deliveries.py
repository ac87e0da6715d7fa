"""What payment providers told, as whoever looks after payments reads it."""

from __future__ import annotations

from typing import Any

from models.filtering import Among
from models.ids import Kind
from models.seen import DeliveryOutcome as _DeliveryOutcome
from models.seen import DeliveryReason as _DeliveryReason
from models.seen import ProviderFact as _ProviderFact
from models.seen import named
from schema.declarations import listing
from schema.describing import described
from schema.inputs.filters import IdFilter, asks, asks_ids, filter_type
from schema.items.payment_providers import PaymentService
from schema.items.payments import Payment
from schema.scalars import DateTime
from schema.types.accounts import Account
from schema.types.base import Versioned, column, entity, one, value
from schema.types.money import Money

ProviderFact: Any = described(
    _ProviderFact,
    "ProviderFact",
    "What a payment provider told.",
    PENDING="Money is on its way.",
    RECEIVED="Money is there.",
    FAILED="An attempt to pay failed, or was called off.",
    RETURNED="Money went back: a refund, or a dispute that was lost.",
    RETURN_FAILED="A refund failed or was called off, or a dispute was not lost: the money did not go back.",
    DISPUTED="The client's bank disputes a payment.",
    UNREADABLE="Something about a payment that lacks what it should say, or says what cannot be.",
)

DeliveryOutcome: Any = described(
    _DeliveryOutcome,
    "DeliveryOutcome",
    "What became of what a payment provider told.",
    APPLIED="It is in the books.",
    IGNORED="There was nothing to do any more, or nothing that counts.",
    UNMATCHED="It is not in the books: somebody has to look at it. Sent again by the provider, it is tried again.",
)

DeliveryReason: Any = described(
    _DeliveryReason,
    "DeliveryReason",
    "Why nothing was done about what a payment provider told, or not all.",
    ALREADY_KNOWN="It was known already.",
    OUT_OF_DATE="What happened later was told before.",
    OTHER_MODE="It is about a test payment, or about a real one where only test payments are expected.",
    NO_INVOICE="The payment does not say which invoice it is for.",
    INVOICE_UNKNOWN="The payment is for an invoice that the firm does not have.",
    INVOICE_NOT_SENT="The payment is for a draft. All of it is the client's credit.",
    INVOICE_VOID="The payment is for a void invoice. All of it is the client's credit.",
    OTHER_CURRENCY="It is in another currency than what it is about. What was paid is the client's credit.",
    ABOVE_BALANCE="More was paid than was still owed. The rest is the client's credit.",
    PAYMENT_UNKNOWN="It is about a payment that is not known. What was given back counts when the payment is told of.",
    PAYMENT_FAILED="Something was given back of a payment that failed, or was said to have failed.",
    ABOVE_PAYMENT="More was given back than was paid: a member may have recorded it before.",
    OTHER_AMOUNT="Another amount came than the one that a member said had cleared.",
    GIVEN_BACK="A payment failed of which something was given back.",
    RETURN_FAILED="What was given back by the books did not reach the client.",
    DISPUTED="The payment is disputed: answer it where the provider says. What is lost will be told of.",
    TOO_MANY="So often was something given back of the payment, or taken back from invoices, that no more fits.",
    UNREADABLE="It lacks what it should say, or says what cannot be.",
)


@entity(named(Kind.PROVIDER_DELIVERY))
class ProviderDelivery(Versioned):
    """What a payment provider told, and what became of it. Seen with the right to payments, at the account of the
    payment; what is of none, by whoever sees every account. What was seen to is forgotten after 90 days, what was
    matched with nothing after two years."""

    service: PaymentService = column("Who told.")
    event: str = value(lambda delivery: delivery.event_id, "What the provider calls the event.")
    happened_at: DateTime = column("When it happened, by the provider's clock.")
    fact: ProviderFact = column("What was told.")
    reference: str | None = column("What the provider calls the payment; null where it did not say.")
    returned: str | None = column("What the provider calls the refund, or the dispute.")
    amount: Money | None = value(lambda delivery: delivery.money, "How much it is about.")
    outcome: DeliveryOutcome = column("What became of it.")
    reason: DeliveryReason | None = column("Why nothing was done, or not all of it.")
    account: Account | None = one(Kind.ACCOUNT, "account_id", "The client whose payment it is.")
    payment: Payment | None = one(Kind.PAYMENT, "payment_id", "The payment.")


@filter_type
class ProviderDeliveryFilter:
    """Which ones. All that is given must hold."""

    outcome: list[DeliveryOutcome] | None = asks(Among("outcome"), "Of which one of these became.")
    fact: list[ProviderFact] | None = asks(Among("fact"), "That told one of these.")
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of payments of one of these clients.")


LISTS = (
    listing(
        named(Kind.PROVIDER_DELIVERY),
        ProviderDeliveryFilter,
        order="-created_at",
        description="What payment providers told, newest first.",
    ),
)
