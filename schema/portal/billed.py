"""What clients are to sign and to pay, and what they paid."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from models.bounds import ASKED, CREDIT_NOTES, INVOICE_LINES, REFUNDS, SERVICES
from models.ids import Kind
from models.items import invoice_lines, invoice_states, payment_allocations, proposal_services, signing
from models.items.proposal_services import Offered
from models.items.signing import ShownSigner
from models.money import shortest
from schema.field_resolvers import TypeCheck
from schema.items.invoices import InvoiceState
from schema.items.payments import PaymentMethod, PaymentState
from schema.items.proposals import ProposalState
from schema.per_viewer import always
from schema.portal.base import shown
from schema.portal.items import PortalItem, items
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, loaded, value
from schema.types.money import Money

_EXACT = "exact, and without zeros at its end"


@strawberry.type(description="Who is asked to sign something.")
class Signer:
    """Its objects are `models.items.signing.ShownSigner`."""

    name: str = column("What they were called when they were asked.")
    you: bool = loaded(
        lambda signer, context: signer.contact_id == context.viewer.member_id, "Whether that is you.", depends=always
    )
    signed_at: DateTime | None = value(
        lambda signer: signer.signature and signer.signature.signed_at,
        "When they signed, or when that was recorded; null while they have not.",
    )
    signed_on: Date | None = value(
        lambda signer: signer.signature and signer.signature.signed_on,
        "The day on which they signed, also of what was signed elsewhere; null while they have not.",
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, ShownSigner))


@strawberry.type(description="A service that a proposal offers.")
class ProposalService:
    """Its objects are `models.items.proposal_services.Offered`."""

    number: int = column("Its place among those of the proposal, from 1: options are chosen by it.")
    name: str = value(lambda offered: offered.service.name, "What it is called.")
    description: str = value(lambda offered: offered.service.description, "What it is, in Markdown.")
    price: Money = column("What one of it costs.")
    quantity: int = value(lambda offered: offered.service.quantity, "How many of it there are.")
    amount: Money = column("What all of it costs.")
    tax_rate: Decimals = value(
        lambda offered: shortest(offered.service.tax_rate),
        f"The rate of its tax in percent, where it is invoiced: {_EXACT}.",
    )
    optional: bool = value(lambda offered: offered.service.optional, "Whether you may do without it.")
    group: str | None = value(
        lambda offered: offered.service.group,
        "What it is one of: of the services with the same group you choose one, or none where one is optional.",
    )
    chosen: bool | None = column(
        "Whether it is part of what is signed: always, unless it is an option. Null while nobody has signed."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Offered))


def _expired(proposal: Any, today: date) -> bool:
    return bool(proposal.expired(today))


@shown(Kind.PROPOSAL)
class Proposal(PortalItem):
    """Services that you are asked to sign for, once that was sent: you are one of its signers."""

    name: str = column("What it is called.")
    introduction: str = column(
        "What it says before its services, in Markdown. It may hold HTML: clean what you make of it before you show it."
    )
    currency: str = column("The ISO 4217 code of what its prices are in.")
    services: list[ProposalService] = loaded(
        lambda proposal, context: context.load.parts(proposal_services.services_of, proposal.id),
        f"What it offers, in its order; at most {SERVICES.most}.",
        size=5,
    )
    total: Money = loaded(
        lambda proposal, context: context.load.made_of_parts(
            proposal_services.services_of, proposal_services.total_of, proposal
        ),
        "What it comes to without tax: what is no option, and the options that were chosen.",
    )
    expires_on: Date | None = column("The last day on which somebody may sign it; null for no end.")
    expired: bool = loaded(
        lambda proposal, context: context.load.on_its_day(_expired, proposal),
        "Whether nobody may sign it any more, in the firm's calendar.",
    )
    state: ProposalState = column("Where it stands.")
    sent_at: DateTime | None = column("When it was sent.")
    signs_in_order: bool = column("Whether each signer signs after the one before.")
    signers: list[Signer] = loaded(
        lambda proposal, context: context.load.parts(signing.signers_of_items, proposal.id),
        f"Who is asked to sign it, in their order; at most {ASKED.most}.",
        size=2,
    )


@strawberry.type(description="One of the things that an invoice charges.")
class InvoiceLine:
    """Its objects are `models.items.invoice_lines.Line`."""

    description: str = column("What is charged.")
    unit_price: Money = value(
        lambda line: line.money(line.unit_price), "What one of it costs, or of time an hour, without tax."
    )
    quantity: Decimals | None = value(
        lambda line: None if line.quantity is None else shortest(line.quantity),
        f"How many of it, {_EXACT}; null of what is charged by time.",
    )
    minutes: int | None = column("For how many minutes, at the price of an hour; null of what is counted.")
    discount: Decimals = value(lambda line: shortest(line.discount), f"What is taken off, in percent, {_EXACT}.")
    tax_rate: Decimals = value(lambda line: shortest(line.tax_rate), f"The rate of its tax in percent, {_EXACT}.")
    net: Money = value(lambda line: line.money(line.net), "What it comes to, less its discount and without tax.")

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_lines.Line))


@strawberry.type(description="The tax at one rate, on all that an invoice charges at it.")
class InvoiceTax:
    """Its objects are `models.items.invoice_lines.Tax`."""

    rate: Decimals = value(lambda tax: shortest(tax.rate), f"The rate in percent, {_EXACT}.")
    net: Money = column("What is charged at it: the sum of its lines.")
    amount: Money = column("The tax on that sum, rounded once.")

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_lines.Tax))


@strawberry.type(description="A part of an invoice that you need not pay after all.")
class CreditNote:
    """Its objects are `models.items.invoice_states.Credited`."""

    number: int = column("Its number among the firm's credit notes.")
    amount: Money = column("How much.")
    reason: str = column("Why.")
    created_at: DateTime = column("When it was made.")

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_states.Credited))


@shown(Kind.INVOICE)
class Invoice(PortalItem):
    """What you are to pay for, once it was sent, and how much of it was paid: you are to pay it, or nobody is named."""

    number: int | None = column("Its number among the firm's invoices.")
    state: InvoiceState = column("What is owed on it.")
    sent_at: DateTime | None = column("When it was sent.")
    issue_date: Date | None = column("The firm's day on which it was sent.")
    due_date: Date | None = column("By when it is to be paid.")
    currency: str = column("The ISO 4217 code of the currency of all of its amounts.")
    memo: str = column("What it says besides its lines.")
    lines: list[InvoiceLine] = loaded(
        lambda invoice, context: context.load.parts(invoice_lines.lines_of, invoice.id),
        f"What it charges, in order: at most {INVOICE_LINES.most} lines.",
        size=5,
    )
    taxes: list[InvoiceTax] = loaded(
        lambda invoice, context: context.load.made_of_parts(invoice_lines.lines_of, invoice_lines.taxes_on, invoice),
        "The tax at each rate that its lines have, the lowest first; of lines without tax nothing.",
        size=2,
    )
    net: Money = value(lambda invoice: invoice.money(invoice.net), "What its lines come to without tax.")
    total: Money = value(lambda invoice: invoice.money(invoice.total), "What its lines come to with tax.")
    credited: Money = value(
        lambda invoice: invoice.money(invoice.credited), "What its credit notes come to: you need not pay it."
    )
    paid: Money = value(
        lambda invoice: invoice.money(invoice.applied - invoice.pending), "What of payments that have cleared it has."
    )
    pending: Money = value(
        lambda invoice: invoice.money(invoice.pending), "What of payments that are still on their way it has."
    )
    balance: Money = value(
        lambda invoice: invoice.money(invoice.balance),
        "What nobody has paid or is paying: the total, less what was credited, what is paid and what is on its way.",
    )
    credit_notes: list[CreditNote] = loaded(
        lambda invoice, context: context.load.parts(invoice_states.credit_notes_of, invoice.id),
        f"The credit notes on it, the first one first: at most {CREDIT_NOTES.most}.",
        size=1,
    )


@strawberry.type(description="A part of a payment that was given back.")
class PaymentRefund:
    """Its objects are `models.items.payment_allocations.Refunded`."""

    amount: Money = column("How much.")
    created_at: DateTime = column("When it was recorded.")

    is_type_of = TypeCheck(lambda source: isinstance(source, payment_allocations.Refunded))


@shown(Kind.PAYMENT)
class Payment(PortalItem):
    """What you paid, or somebody at your account of whom nobody said who they are."""

    method: PaymentMethod = column("By what it was paid.")
    state: PaymentState = column("Whether the money is there.")
    currency: str = column("The ISO 4217 code of the currency of all of its amounts.")
    received_date: Date = column("The day on which it was paid.")
    amount: Money = value(lambda payment: payment.money(payment.amount), "How much was paid.")
    refunded: Money = value(lambda payment: payment.money(payment.refunded), "How much of it was given back.")
    unapplied: Money = value(
        lambda payment: payment.money(payment.unapplied),
        "What is left of it: your credit. Of one that failed nothing.",
    )
    refunds: list[PaymentRefund] = loaded(
        lambda payment, context: context.load.parts(payment_allocations.refunds_of, payment.id),
        f"What was given back of it, the first first: at most {REFUNDS.most}.",
        size=1,
    )


LISTS = (
    items(Kind.PROPOSAL, "What the firm proposes to you, newest first.", "A proposal."),
    items(Kind.INVOICE, "Your invoices, newest first.", "An invoice."),
    items(Kind.PAYMENT, "What you paid, newest first.", "A payment."),
)
