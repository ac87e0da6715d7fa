"""Stripe: its signatures are verified with its own library, its events read as what they say of money.

https://docs.stripe.com/webhooks/signature, https://docs.stripe.com/api/events/types
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import BaseModel, ConfigDict, Field

from models.checks import LARGEST_AMOUNT
from models.money import is_currency, rounded
from models.providers.provider import Malformed, NotVerified, Told
from models.rows.payment_providers import ProviderFact
from models.rows.payments import PaymentMethod

#: How old a signature may be, or how far ahead the clock of whoever made it.
TOLERANCE = timedelta(minutes=5)
#: Where a payment intent says what it is for: the id of an invoice, among its metadata.
INVOICE = "jobwire_invoice"
HEADER = "stripe-signature"

_SIGNATURE = re.compile(r"t=([0-9]{1,12})(,[a-z0-9]{1,10}=[0-9A-Za-z]{1,128}){1,20}")

# https://docs.stripe.com/currencies#zero-decimal and #three-decimal. All others have two, also those that are without
# decimals elsewhere: of these (ISK, UGX) the last two digits are zeros.
_WITHOUT_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
_BANK_DEBITS = frozenset(
    ("acss_debit", "au_becs_debit", "bacs_debit", "nz_bank_account", "sepa_debit", "us_bank_account")
)
#: Stripe is older than no event of it.
_FIRST = datetime(2011, 1, 1, tzinfo=UTC)

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,255}$")]
_Word = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,100}$")]


class _Read(BaseModel):
    """As strict as JSON is: an amount is a whole number, and neither a text nor 1.0."""

    model_config = ConfigDict(strict=True)


class _Data(_Read):
    object: dict[str, Any]


class _Event(_Read):
    id: _Id
    type: str
    created: int
    livemode: bool
    data: _Data


class _Error(_Read):
    code: _Word | None = None


class _Intent(_Read):
    id: _Id
    amount: int
    amount_received: int = 0
    currency: str
    metadata: dict[str, Any] = {}
    payment_method_types: list[str] = []
    last_payment_error: _Error | None = None


class _MoneyBack(_Read):
    """A refund, or a dispute: both are of a payment intent."""

    id: _Id
    amount: int
    currency: str
    status: str | None = None
    payment_intent: _Id | None = None


class Stripe:
    """The payment provider Stripe."""

    label = "Stripe"

    def is_plausible(self, headers: Mapping[str, str], now: datetime) -> bool:
        """Whether there is a signature of about now."""
        return _signed_at(headers, now)

    def prepare(self) -> None:
        """Have its library loaded: that takes a tenth of a second and 28 MB, of those processes that need it."""
        import stripe  # noqa: F401

    def read(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Told | None:
        """What an event says."""
        if not _signed_at(headers, now) or not _is_signed(headers[HEADER], body, secrets):
            raise NotVerified
        try:
            event = _Event.model_validate(orjson.loads(body))
            happened_at = datetime.fromtimestamp(event.created, UTC)
        except (ValueError, OverflowError, OSError):
            raise Malformed from None
        if not _FIRST <= happened_at <= now + timedelta(days=1):
            raise Malformed
        try:
            said = _said(event)
        except ValueError:
            said = {"fact": ProviderFact.UNREADABLE}
        if said is None:
            return None
        return Told(event_id=event.id, happened_at=happened_at, test_mode=not event.livemode, **said)


def _signed_at(headers: Mapping[str, str], now: datetime) -> bool:
    found = _SIGNATURE.fullmatch(headers.get(HEADER, ""))
    return found is not None and abs(now.timestamp() - int(found[1])) <= TOLERANCE.total_seconds()


def _is_signed(signature: str, body: bytes, secrets: Sequence[str]) -> bool:
    import stripe

    signed = False
    # With each of them, so that which one it was cannot be told by the time.
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(body, signature, secret, int(TOLERANCE.total_seconds()))
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        signed = True
    return signed


def _said(event: _Event) -> dict[str, Any] | None:
    """What it says of money, in our words. `ValueError` where its words are none of those that it should have."""
    of, kind = event.data.object, event.type
    match kind.split("."):
        case ["payment_intent", ("processing" | "succeeded" | "payment_failed" | "canceled") as what]:
            return _of_intent(_Intent.model_validate(of), what)
        case ["refund", "created" | "updated" | "failed"]:
            return _of_refund(_MoneyBack.model_validate(of))
        case ["charge", "dispute", ("created" | "closed") as what]:
            return _of_dispute(_MoneyBack.model_validate(of), what)
    return None


def _of_intent(intent: _Intent, what: str) -> dict[str, Any]:
    received = what == "succeeded"
    fact = {"processing": ProviderFact.PENDING, "succeeded": ProviderFact.RECEIVED}.get(what, ProviderFact.FAILED)
    debit = what == "processing" or (
        bool(intent.payment_method_types) and _BANK_DEBITS.issuperset(intent.payment_method_types)
    )
    return {
        "fact": fact,
        "reference": intent.id,
        **_money(intent.amount_received if received else intent.amount, intent.currency),
        "method": PaymentMethod.BANK_DEBIT if debit else PaymentMethod.CARD,
        "invoice": _named(intent.metadata.get(INVOICE)),
        "failure": intent.last_payment_error and intent.last_payment_error.code,
    }


def _named(invoice: Any) -> str | None:
    return invoice or None if isinstance(invoice, str) else None


def _of_refund(refund: _MoneyBack) -> dict[str, Any] | None:
    facts = {
        "succeeded": ProviderFact.RETURNED,
        "failed": ProviderFact.RETURN_FAILED,
        "canceled": ProviderFact.RETURN_FAILED,
    }
    # It may be on its way as well, and then nothing has moved.
    return None if refund.status not in facts else _of_money_back(facts[refund.status], refund)


def _of_dispute(dispute: _MoneyBack, what: str) -> dict[str, Any]:
    if what == "created":
        return _of_money_back(ProviderFact.DISPUTED, dispute)
    # What was lost is gone. What was won, or ended otherwise, did not go back.
    lost = dispute.status == "lost"
    return _of_money_back(ProviderFact.RETURNED if lost else ProviderFact.RETURN_FAILED, dispute)


def _of_money_back(fact: ProviderFact, back: _MoneyBack) -> dict[str, Any]:
    money = _money(back.amount, back.currency)
    return {"fact": fact, "reference": back.payment_intent, "returned": back.id, **money}


def _money(amount: int, currency: str) -> dict[str, Any]:
    code = currency.upper() if re.fullmatch("[a-z]{3}", currency) else ""
    if not is_currency(code):
        raise ValueError("This is no currency.")
    decimals = 0 if code in _WITHOUT_DECIMALS else 3 if code in _THREE_DECIMALS else 2
    exact = Decimal(amount).scaleb(-decimals)
    if not 0 < exact <= LARGEST_AMOUNT or exact != rounded(exact, code):
        raise ValueError("This is no amount.")
    return {"amount": rounded(exact, code), "currency": code}
