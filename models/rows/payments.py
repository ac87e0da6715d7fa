"""Payments of clients, what each invoice has of them, and what was given back.

Money that has moved is a row that is never changed: a payment's amount, each change of what an invoice has of it, each
refund. What the payment keeps besides is what these add up to."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.ids import Kind
from models.money import Money, rounded
from models.policies import Policy, for_clients, to_named
from models.rights import Right
from models.rows.base import Link, belongs_to
from models.rows.invoices import an_amount
from models.rows.items import Item
from models.search_entries import Parent, Searched
from models.stamps import created_at, created_by
from models.texts import LABEL, NAME


class PaymentMethod(StrEnum):
    """By what a client pays."""

    CARD = "CARD"
    BANK_DEBIT = "BANK_DEBIT"
    CHEQUE = "CHEQUE"
    CASH = "CASH"


class PaymentState(StrEnum):
    """Whether the money is there. A bank debit is on its way at first, all else is there."""

    PENDING = "PENDING"
    CLEARED = "CLEARED"
    FAILED = "FAILED"


_SPOKEN = {
    PaymentMethod.CARD: "Card payment",
    PaymentMethod.BANK_DEBIT: "Bank debit",
    PaymentMethod.CHEQUE: "Cheque",
    PaymentMethod.CASH: "Cash payment",
}


class Payment(Item):
    """Money that a client paid, applied to any number of their invoices."""

    kind = Kind.PAYMENT
    searched = Searched("title", of=Parent(Kind.ACCOUNT, "account_id"))
    policy = Policy(account="account_id", clients=for_clients(account="account_id", addressed=to_named("payer_id")))
    withheld = dict.fromkeys(
        ("amount", "applied", "refunded", "unapplied", "reference", "failure", "allocations", "refunds"),
        Right.MANAGE_PAYMENTS,
    )

    created_by: Any = belongs_to("Member", null=True, index=True)
    method = fields.CharEnumField(PaymentMethod, max_length=20)
    state = fields.CharEnumField(PaymentState, max_length=20)
    currency = fields.CharField(max_length=3)
    amount: Decimal = an_amount()
    # What its allocations and its refunds add up to, kept as these are written.
    applied: Decimal = an_amount(default=Decimal())
    refunded: Decimal = an_amount(default=Decimal())
    received_date: date = fields.DateField()
    payer: Any = belongs_to("Contact", null=True, index=True)
    payer_id: UUID | None
    reference: Any = fields.CharField(max_length=LABEL.most, null=True)
    failure: Any = fields.CharField(max_length=NAME.most, null=True)

    class Meta:
        table = "payment"
        indexes = (
            ("firm_id", "created_at", "id"),
            ("firm_id", "received_date", "id"),
        )

    @property
    def title(self) -> str:
        """How it was paid, and when: neither is a secret."""
        return f"{_SPOKEN[self.method]} of {self.received_date}"

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"payment": self.id, "account": self.account_id}

    @property
    def unapplied(self) -> Decimal:
        """What is left of it: the client's credit. Of one that failed there is nothing."""
        return Decimal() if self.state is PaymentState.FAILED else self.amount - self.applied - self.refunded

    def money(self, amount: Decimal) -> Money:
        """An amount in its currency."""
        return Money(rounded(amount, self.currency), self.currency)


class PaymentAllocation(Link):
    """How much more an invoice has of a payment, or, with a minus, how much less."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    payment: Any = belongs_to("Payment", index=True)
    payment_id: UUID
    invoice: Any = belongs_to("Invoice", index=True)
    invoice_id: UUID
    amount: Decimal = an_amount()
    created_at: datetime = created_at()
    created_by_id: UUID | None = created_by()

    class Meta:
        table = "payment_allocation"


class PaymentRefund(Link):
    """A part of a payment that was given back."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    payment: Any = belongs_to("Payment", index=True)
    payment_id: UUID
    amount: Decimal = an_amount()
    reason: Any = fields.CharField(max_length=NAME.most, null=True)
    created_at: datetime = created_at()
    created_by_id: UUID | None = created_by()

    class Meta:
        table = "payment_refund"
