"""Payments, as clients see and record them."""

from __future__ import annotations

from typing import Any

import strawberry

from models.bounds import ALLOCATED, JOBS_OF_ITEM, REFUNDS
from models.filtering import Among, AmongSeen, LinkedToJob, Within
from models.ids import Kind
from models.items import payment_allocations, payments
from models.searching import Matches
from models.seen import PaymentMethod as _PaymentMethod
from models.seen import PaymentState as _PaymentState
from models.seen import named
from models.texts import LABEL, NAME
from schema.declarations import listing, mutation
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import Expecting, Keyed, id_of, input_type, maybe_id_of, needed, optional, own_id
from schema.inputs.filters import FOUND_BY, DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.invoices import Invoice
from schema.items.linking import links
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, jobs_of_item, loaded, one, value
from schema.types.contacts import Contact
from schema.types.firm import Member
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job
from schema.types.money import Money

PaymentMethod: Any = described(
    _PaymentMethod,
    "PaymentMethod",
    "By what a client pays.",
    CARD="A card.",
    BANK_DEBIT="A debit of their bank account, such as ACH: pending until it clears or fails.",
    CHEQUE="A cheque.",
    CASH="Cash.",
)

PaymentState: Any = described(
    _PaymentState,
    "PaymentState",
    "Whether the money of a payment is there.",
    PENDING="It is on its way.",
    CLEARED="It is there.",
    FAILED="It never came, or went back.",
)


@strawberry.type(description="What an invoice has of a payment.")
class PaymentAllocation:
    """Its objects are `models.items.payment_allocations.Allocated`."""

    invoice: Invoice | None = one(Kind.INVOICE, "invoice_id", "The invoice.")
    amount: Money = column("How much of the payment it has.")

    is_type_of = TypeCheck(lambda source: isinstance(source, payment_allocations.Allocated))


@strawberry.type(description="A part of a payment that was given back. It is never changed.")
class PaymentRefund:
    """Its objects are `models.items.payment_allocations.Refunded`."""

    amount: Money = column("How much.")
    reason: str | None = column("Why.")
    created_at: DateTime = column("When it was recorded.")
    created_by: Member | None = one(
        Kind.MEMBER, "created_by_id", "The member who recorded it; null where it was none, or is not known any more."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, payment_allocations.Refunded))


@linked_item(Kind.PAYMENT)
class Payment(LinkedItem):
    """Money that a client paid. Whoever sees the account sees that it was, but not how much without the right to
    payments. What is recorded of it is never changed."""

    method: PaymentMethod = column("By what it was paid.")
    state: PaymentState = column("Whether the money is there.")
    currency: str = column("The ISO 4217 code of the currency of all of its amounts.")
    received_date: Date = column("The day on which it was paid.")
    payer: Contact | None = one(Kind.CONTACT, "payer_id", "The contact who paid; null where nobody is named.")
    amount: Money | None = value(lambda payment: payment.money(payment.amount), "How much was paid.")
    applied: Money | None = value(lambda payment: payment.money(payment.applied), "How much of it invoices have.")
    refunded: Money | None = value(lambda payment: payment.money(payment.refunded), "How much of it was given back.")
    unapplied: Money | None = value(
        lambda payment: payment.money(payment.unapplied),
        "What is left of it: the client's credit, to be applied or given back. Of one that failed nothing.",
    )
    reference: str | None = column("The number of a cheque, or whatever else it is known by.")
    failure: str | None = column("Why it failed, where somebody said so.")
    allocations: list[PaymentAllocation] | None = loaded(
        lambda payment, context: context.load.parts(payment_allocations.allocations_of, payment.id),
        f"What invoices have of it: at most {ALLOCATED.most}.",
        size=2,
    )
    refunds: list[PaymentRefund] | None = loaded(
        lambda payment, context: context.load.parts(payment_allocations.refunds_of, payment.id),
        f"What was given back of it, the first first: at most {REFUNDS.most}.",
        size=1,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class AllocationInput:
    """How much of a payment an invoice is to have."""

    invoice_id: strawberry.ID = id_of(Kind.INVOICE, "An invoice of the client, in the currency of the payment.")
    amount: Decimals = needed("How much: not more than its balance, nor than what is left of the payment.")

    build = payment_allocations.Allocation


@input_type
class RecordPaymentInput(AtAccountOrJob, Keyed):
    """What a client paid."""

    id: strawberry.ID | None = own_id(Kind.PAYMENT)
    method: PaymentMethod = needed("By what it was paid.")
    amount: Decimals = needed("How much, with at most the decimals of the currency.")
    currency: str | None = optional("The ISO 4217 code of the currency; the firm's present one when left out.")
    received_date: Date | None = optional("The day on which it was paid; the firm's today when left out.")
    contact_id: strawberry.ID | None = maybe_id_of(
        Kind.CONTACT, "The contact of the client who paid, on whose behalf you record it."
    )
    reference: str | None = optional(f"The number of a cheque, or whatever else it is known by: {LABEL.bounds}.")
    allocations: list[AllocationInput] | None = optional(
        f"What to apply to which invoices, at most {ALLOCATED.most}; none when left out."
    )


@input_type
class ApplyPaymentInput(Expecting):
    """What invoices are to have of a payment."""

    payment_id: strawberry.ID = id_of(Kind.PAYMENT, "The payment.")
    allocations: list[AllocationInput] = needed(
        f"How much of it each of these is to have from now on, or 0: 1 to {ALLOCATED.most} invoices. Others keep what "
        "they have."
    )


@input_type
class PaymentInput(Expecting):
    """Which payment."""

    payment_id: strawberry.ID = id_of(Kind.PAYMENT, "The payment.")


@input_type
class FailPaymentInput(Expecting):
    """Which payment failed."""

    payment_id: strawberry.ID = id_of(Kind.PAYMENT, "The payment.")
    failure: str | None = optional(f"Why: {NAME.bounds}, one line.")


@input_type
class RefundPaymentInput(Expecting):
    """What was given back of a payment."""

    payment_id: strawberry.ID = id_of(Kind.PAYMENT, "The payment.")
    amount: Decimals = needed("How much, in its currency: something, and not more than what is left of it.")
    reason: str | None = optional(f"Why: {NAME.bounds}, one line.")


@filter_type
class PaymentFilter:
    """Which payments. All that is given must hold."""

    search: str | None = asks(Matches(Kind.PAYMENT), FOUND_BY)
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "Of one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    payer: IdFilter | None = asks_ids(
        Kind.CONTACT, AmongSeen("payer_id", named(Kind.CONTACT)), "That one of these contacts paid."
    )
    method: list[PaymentMethod] | None = asks(Among("method"), "Paid by one of these.")
    state: list[PaymentState] | None = asks(Among("state"), "In one of these states.")
    received: DateFilter | None = asks(Within("received_date"), "By the day on which it was paid.")


MUTATIONS = (
    mutation(payments.record_payment, RecordPaymentInput),
    mutation(payments.apply_payment, ApplyPaymentInput),
    mutation(payments.clear_payment, PaymentInput),
    mutation(payments.fail_payment, FailPaymentInput),
    mutation(payments.refund_payment, RefundPaymentInput),
    *links(payments.link_payment, payments.unlink_payment),
)
LISTS = (
    listing(
        named(Kind.PAYMENT),
        PaymentFilter,
        order="-created_at",
        description="The payments of the clients that you see, newest first.",
        one="A payment.",
    ),
)
