"""A firm's payment providers, what they told, and what is known of each thing by what they call it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.money import Money, rounded
from models.policies import Policy
from models.rights import Right
from models.rows.base import Link, Row, belongs_to
from models.rows.invoices import an_amount
from models.stamps import created_at, created_by
from models.texts import LABEL


class PaymentService(StrEnum):
    """Which payment providers there are."""

    STRIPE = "STRIPE"


class ProviderFact(StrEnum):
    """What a payment provider says."""

    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"
    RETURN_FAILED = "RETURN_FAILED"
    DISPUTED = "DISPUTED"
    UNREADABLE = "UNREADABLE"


class DeliveryOutcome(StrEnum):
    """What became of what a payment provider told."""

    APPLIED = "APPLIED"
    IGNORED = "IGNORED"
    UNMATCHED = "UNMATCHED"


class DeliveryReason(StrEnum):
    """Why nothing was done, or not all."""

    ALREADY_KNOWN = "ALREADY_KNOWN"
    OUT_OF_DATE = "OUT_OF_DATE"
    OTHER_MODE = "OTHER_MODE"
    NO_INVOICE = "NO_INVOICE"
    INVOICE_UNKNOWN = "INVOICE_UNKNOWN"
    INVOICE_NOT_SENT = "INVOICE_NOT_SENT"
    INVOICE_VOID = "INVOICE_VOID"
    OTHER_CURRENCY = "OTHER_CURRENCY"
    ABOVE_BALANCE = "ABOVE_BALANCE"
    PAYMENT_UNKNOWN = "PAYMENT_UNKNOWN"
    PAYMENT_FAILED = "PAYMENT_FAILED"
    ABOVE_PAYMENT = "ABOVE_PAYMENT"
    OTHER_AMOUNT = "OTHER_AMOUNT"
    GIVEN_BACK = "GIVEN_BACK"
    RETURN_FAILED = "RETURN_FAILED"
    DISPUTED = "DISPUTED"
    TOO_MANY = "TOO_MANY"
    UNREADABLE = "UNREADABLE"


class PaymentProvider(Row):
    """A payment provider of the firm's, and where it sends its messages. Its secrets are elsewhere: what is read of
    this row by whoever sees it has none."""

    kind = Kind.PAYMENT_PROVIDER
    policy = Policy(right=Right.MANAGE_PAYMENTS)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    service = fields.CharEnumField(PaymentService, max_length=20)
    name = fields.CharField(max_length=LABEL.most)
    test_mode = fields.BooleanField(default=False)
    # What nobody guesses: the end of the path.
    path = fields.CharField(max_length=64, unique=True)
    # Of the one that is set, and whether the one before is still good.
    secret_set_at: datetime | None = fields.DatetimeField(null=True)
    former_secret_good = fields.BooleanField(default=False)

    class Meta:
        table = "payment_provider"
        indexes = (("firm_id", "created_at", "id"),)


class PaymentProviderSecret(Link):
    """With what a payment provider signs. As it is: signatures are verified with it."""

    payment_provider: Any = belongs_to("PaymentProvider", on_delete=fields.CASCADE, index=True)
    payment_provider_id: UUID
    secret = fields.CharField(max_length=255)

    class Meta:
        table = "payment_provider_secret"


class ProviderDelivery(Row):
    """What a payment provider told, and what became of it. Seen with the account of the payment; what is of none, by
    whoever sees every account."""

    kind = Kind.PROVIDER_DELIVERY
    policy = Policy(account="account_id", right=Right.MANAGE_PAYMENTS)

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    created_by_id: UUID | None = created_by()
    service = fields.CharEnumField(PaymentService, max_length=20)
    event_id = fields.CharField(max_length=255)
    happened_at: datetime = fields.DatetimeField()
    fact = fields.CharEnumField(ProviderFact, max_length=20)
    reference: Any = fields.CharField(max_length=255, null=True)
    returned: Any = fields.CharField(max_length=255, null=True)
    currency: Any = fields.CharField(max_length=3, null=True)
    amount: Decimal | None = an_amount(null=True)
    outcome = fields.CharEnumField(DeliveryOutcome, max_length=20)
    reason: Any = fields.CharEnumField(DeliveryReason, max_length=30, null=True)
    account: Any = belongs_to("Account", null=True, index=True)
    account_id: UUID | None
    payment: Any = belongs_to("Payment", null=True, index=True)
    payment_id: UUID | None
    # The revision that it was last looked at in.
    revision: int | None = fields.BigIntField(null=True)

    class Meta:
        table = "provider_delivery"
        unique_together = (("firm", "service", "event_id"),)
        indexes = (("firm_id", "created_at", "id"), ("firm_id", "outcome", "created_at", "id"))

    @property
    def money(self) -> Money | None:
        """How much it is about."""
        if self.amount is None or self.currency is None:
            return None
        return Money(rounded(self.amount, self.currency), self.currency)


class ReferenceState(StrEnum):
    """What a payment provider has said last of something: of a payment, or of a refund or a dispute."""

    PENDING = "PENDING"
    RECEIVED = "RECEIVED"
    FAILED = "FAILED"
    WAITING = "WAITING"
    RETURNED = "RETURNED"


class ProviderReference(Link):
    """What is known of a payment, a refund or a dispute by what the payment provider calls it: so that what is told of
    it several times, or in another order, is done once."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    service = fields.CharEnumField(PaymentService, max_length=20)
    reference = fields.CharField(max_length=255)
    # The payment that a refund or a dispute is of.
    of_reference: Any = fields.CharField(max_length=255, null=True)
    state: Any = fields.CharEnumField(ReferenceState, max_length=20, null=True)
    happened_at: datetime | None = fields.DatetimeField(null=True)
    payment: Any = belongs_to("Payment", null=True, index=True)
    payment_id: UUID | None
    currency: Any = fields.CharField(max_length=3, null=True)
    amount: Decimal | None = an_amount(null=True)
    created_at: datetime = created_at()

    class Meta:
        table = "provider_reference"
        unique_together = (("firm", "service", "reference"),)
        indexes = (("firm_id", "service", "of_reference"),)
