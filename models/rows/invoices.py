"""Invoices, their lines, and the credit notes on them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.database import fetch
from models.ids import Kind
from models.money import MOST_DECIMALS, Money, rounded
from models.policies import Policy, for_clients, to_named
from models.rights import Right
from models.rows.base import Link, belongs_to
from models.rows.items import Awaited, Awaiting, Item
from models.search_entries import Parent, Searched
from models.stamps import created_at, created_by
from models.texts import CHARGED, NAME


class InvoiceState(StrEnum):
    """What is owed on an invoice. A draft is UNPAID, and was not sent."""

    UNPAID = "UNPAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    VOID = "VOID"


class Series(StrEnum):
    """What is numbered."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


def an_amount(**options: Any) -> Any:
    """A column of an amount of money, in whatever currency."""
    return fields.DecimalField(max_digits=14, decimal_places=MOST_DECIMALS, **options)


class Invoice(Item):
    """What a client is to pay for, and how much of it was paid."""

    kind = Kind.INVOICE
    searched = Searched("title", "number", of=Parent(Kind.ACCOUNT, "account_id"))
    policy = Policy(
        account="account_id",
        clients=for_clients(account="account_id", which="{row}.sent_at IS NOT NULL", addressed=to_named("payer_id")),
    )
    withheld = dict.fromkeys(
        (
            *("memo", "lines", "net", "taxes", "total", "credited", "credit_notes"),
            *("paid", "pending", "balance"),
        ),
        Right.MANAGE_INVOICES,
    )
    may_await = (Awaited.SENDING, Awaited.PAYMENT)
    until = "it is PAID in full, to which a pending bank debit counts where `countPendingAch` says so, or VOID"

    created_by: Any = belongs_to("Member", null=True, index=True)
    currency = fields.CharField(max_length=3)
    number: int | None = fields.IntField(null=True)
    state = fields.CharEnumField(InvoiceState, max_length=20, default=InvoiceState.UNPAID)
    sent_at: datetime | None = fields.DatetimeField(null=True)
    # The firm's day on which it was sent.
    issue_date: date | None = fields.DateField(null=True)
    due_date: date | None = fields.DateField(null=True)
    payer: Any = belongs_to("Contact", null=True, index=True)
    payer_id: UUID | None
    memo: str = fields.TextField(default="")
    # The signed proposal that it invoices: made with it, and never another one.
    proposal: Any = belongs_to("Proposal", null=True)
    proposal_id: UUID | None
    # What its lines, its credit notes and what was applied to it add up to, kept as these are written: lists and boards
    # ask for the state, which follows from them.
    net: Decimal = an_amount(default=Decimal())
    total: Decimal = an_amount(default=Decimal())
    credited: Decimal = an_amount(default=Decimal())
    applied: Decimal = an_amount(default=Decimal())
    # What of `applied` is still on its way.
    pending: Decimal = an_amount(default=Decimal())

    class Meta:
        table = "invoice"
        unique_together = (("firm", "number"),)
        indexes = (
            ("firm_id", "created_at", "id"),
            ("firm_id", "due_date", "id"),
            ("firm_id", "state", "id"),
        )

    @property
    def sent(self) -> bool:
        """Whether the client was sent it: then it has a number, and its lines stay as they are."""
        return self.sent_at is not None

    @property
    def title(self) -> str:
        """Its number, which is no secret."""
        return f"Invoice {self.number}" if self.number is not None else "Invoice (draft)"

    @property
    def awaited(self) -> Awaited | None:
        """To be sent, and then to be paid in full."""
        if self.state in (InvoiceState.PAID, InvoiceState.VOID):
            return None
        return Awaited.PAYMENT if self.sent else Awaited.SENDING

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Those who are to pay, of those that were sent."""
        return {invoice: Awaiting(contacts=(payer,)) for invoice, payer in await fetch(_PAYERS, items)}

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"invoice": self.id, "account": self.account_id}

    @property
    def balance(self) -> Decimal:
        """What nobody has paid or is paying. What is on its way is not owed once more."""
        return self.total - self.credited - self.applied

    def state_where(self, *, pending_counts: bool) -> InvoiceState:
        """Its state by what is owed, in a firm that counts what is on its way or does not. Void stays void."""
        if self.state is InvoiceState.VOID or not self.sent:
            return self.state
        settled = self.applied if pending_counts else self.applied - self.pending
        if settled + self.credited >= self.total:
            return InvoiceState.PAID
        return InvoiceState.PARTIALLY_PAID if settled else InvoiceState.UNPAID

    def money(self, amount: Decimal) -> Money:
        """An amount in its currency."""
        return Money(rounded(amount, self.currency), self.currency)


_PAYERS = "SELECT id, payer_id FROM invoice WHERE id = ANY($1) AND sent_at IS NOT NULL AND payer_id IS NOT NULL"


class InvoiceLine(Link):
    """One of the things that an invoice charges."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    invoice: Any = belongs_to("Invoice", on_delete=fields.CASCADE)
    invoice_id: UUID
    place: int = fields.IntField()
    description: Any = fields.CharField(max_length=CHARGED.most)
    unit_price: Decimal = an_amount()
    # One of the two: how many of it, or for how long, at the price of an hour.
    quantity: Decimal | None = an_amount(null=True)
    minutes: int | None = fields.IntField(null=True)
    # In percent.
    discount: Decimal = fields.DecimalField(max_digits=6, decimal_places=3, default=Decimal())
    tax_rate: Decimal = fields.DecimalField(max_digits=6, decimal_places=3, default=Decimal())
    # The entry whose time it is. That says itself which invoice bills it now.
    time_entry_id: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "invoice_line"
        unique_together = (("invoice", "place"),)


class InvoiceSeries(Link):
    """What a firm numbers from 1 on without gaps: whoever takes a number holds the row."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    series = fields.CharEnumField(Series, max_length=20)
    reached: int = fields.IntField()

    class Meta:
        table = "invoice_series"
        unique_together = (("firm", "series"),)


class CreditNote(Link):
    """A part of an invoice that the client need not pay after all. Never changed, nor deleted."""

    firm: Any = belongs_to("Firm")
    firm_id: UUID
    invoice: Any = belongs_to("Invoice", index=True)
    invoice_id: UUID
    number: int = fields.IntField()
    amount: Decimal = an_amount()
    reason: Any = fields.CharField(max_length=NAME.most)
    created_at: datetime = created_at()
    created_by_id: UUID | None = created_by()

    class Meta:
        table = "credit_note"
        unique_together = (("firm", "number"),)
