"""What a payment provider tells: as Stripe has it, signed by its own library, and as it is read."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import stripe

from models.ids import Kind, encode
from models.items import provider_deliveries as deliveries
from models.items.payment_providers import Receiver
from models.providers.provider import Told
from models.providers.stripe import INVOICE
from models.rows.payment_providers import PaymentProvider, PaymentService, ProviderDelivery, ProviderFact

SECRET = "whsec_" + "s" * 32
#: In their order, however fast a test tells them.
_BEGINNING = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
_numbers = itertools.count(1)


def number() -> int:
    """Another one each time."""
    return next(_numbers)


def told(fact: ProviderFact, reference: str, amount: str = "100", **fields: Any) -> Told:
    """Something that was told, of an invoice by its id."""
    count = number()
    if isinstance(fields.get("invoice"), UUID):
        fields["invoice"] = encode(Kind.INVOICE, fields["invoice"])
    usual: dict[str, Any] = {
        "event_id": f"evt_{count}",
        "happened_at": _BEGINNING + timedelta(seconds=count),
        "test_mode": False,
        "amount": Decimal(amount),
        "currency": "USD",
    }
    return Told(fact=fact, reference=reference, **(usual | fields))


async def take(firm_id: UUID, what: Told, *, test_mode: bool = False) -> ProviderDelivery:
    """What became of it, told to a firm that has such a provider."""
    of = {"firm_id": firm_id, "service": PaymentService.STRIPE, "test_mode": test_mode}
    provider = await PaymentProvider.filter(**of).first()
    if provider is None:
        path = f"{firm_id.hex}{test_mode}"
        provider, _ = await PaymentProvider.get_or_create(path=path, defaults=of | {"name": "Stripe"})
    receiver = Receiver(provider.id, firm_id, test_mode, ())
    return await deliveries.take(receiver, PaymentService.STRIPE, what)


def event(kind: str, of: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An event as Stripe has it."""
    usual = {
        "id": f"evt_{number()}",
        "object": "event",
        "api_version": "2024-10-28.acacia",
        "created": int(datetime.now(UTC).timestamp()),
        "livemode": True,
        "type": kind,
        "data": {"object": of},
    }
    return usual | fields


def intent(kind: str = "succeeded", invoice: UUID | str | None = None, **fields: Any) -> dict[str, Any]:
    """What Stripe tells of a payment intent."""
    amount = fields.pop("amount", 10_000)
    told_of = {
        "id": fields.pop("of", None) or f"pi_{number()}",
        "object": "payment_intent",
        "amount": amount,
        "amount_received": amount if kind == "succeeded" else 0,
        "currency": fields.pop("currency", "usd"),
        "metadata": {} if invoice is None else {INVOICE: _id(invoice)},
        "payment_method_types": fields.pop("types", ["card"]),
        "last_payment_error": fields.pop("error", None),
    }
    return event(f"payment_intent.{kind}", told_of, **fields)


def refund(of: str | None, amount: int = 1_000, status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """What Stripe tells of a refund."""
    told_of = {
        "id": fields.pop("id_of", None) or f"re_{number()}",
        "object": "refund",
        "amount": amount,
        "currency": fields.pop("currency", "usd"),
        "status": status,
        "payment_intent": of,
    }
    return event(fields.pop("kind", "refund.created"), told_of, **fields)


def dispute(of: str, kind: str, status: str, amount: int = 10_000, **fields: Any) -> dict[str, Any]:
    """What Stripe tells of a dispute."""
    told_of = {"id": fields.pop("id_of", None) or f"dp_{number()}", "amount": amount, "currency": "usd"}
    return event(f"charge.dispute.{kind}", told_of | {"status": status, "payment_intent": of}, **fields)


def _id(invoice: UUID | str) -> str:
    return encode(Kind.INVOICE, invoice) if isinstance(invoice, UUID) else invoice


def signed(body: bytes | str, secret: str = SECRET, at: datetime | None = None) -> str:
    """The header that Stripe sends along."""
    moment = None if at is None else int(at.timestamp())
    text = body.decode() if isinstance(body, bytes) else body
    return str(stripe.WebhookSignature.generate_signature_header(text, secret, moment))


def as_sent(what: dict[str, Any]) -> bytes:
    """The body."""
    return json.dumps(what, indent=2).encode()
