"""Invoices, as clients see, write and send them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from models.bounds import BILLED, CREDIT_NOTES, INVOICE_LINES, JOBS_OF_ITEM, MINUTES_CHARGED, PERCENT, QUANTITY, SORT
from models.filtering import Among, AmongSeen, Filled, LinkedToJob, Within
from models.ids import Kind, encode
from models.items import invoice_lines, invoice_states, invoices, time_billing
from models.money import shortest
from models.searching import Matches
from models.seen import InvoiceState as _InvoiceState
from models.seen import named
from models.texts import CHARGED, MEMO, NAME
from schema.declarations import listing, mutation
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import (
    Expecting,
    Keyed,
    change,
    clearable,
    clearable_id_of,
    id_of,
    input_type,
    maybe_id_of,
    needed,
    optional,
    own_id,
)
from schema.inputs.filters import FOUND_BY, DateFilter, Direction, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.linking import links
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, jobs_of_item, loaded, one, value
from schema.types.contacts import Contact
from schema.types.firm import Member
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job
from schema.types.money import Money

if TYPE_CHECKING:
    from schema.items.proposals import Proposal

_EXACT = "exact, and without zeros at its end"


InvoiceState: Any = described(
    _InvoiceState,
    "InvoiceState",
    "What is owed on an invoice.",
    UNPAID="Nothing that counts was paid yet, or it was not sent.",
    PARTIALLY_PAID="A part of it was paid.",
    PAID="Nothing is owed any more: all of it was paid, or credited.",
    VOID="Nobody is to pay it.",
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
    net: Money = value(
        lambda line: line.money(line.net),
        "What it comes to, less its discount and without tax: rounded to the decimals of the currency, halves away "
        "from zero.",
    )
    time_entry_id: strawberry.ID | None = value(
        lambda line: None if line.time_entry_id is None else encode(Kind.TIME_ENTRY, line.time_entry_id),
        "The id of the time entry that it bills: `node` has it, if you may see it.",
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_lines.Line))


@strawberry.type(description="The tax at one rate, on all that an invoice charges at it.")
class InvoiceTax:
    """Its objects are `models.items.invoice_lines.Tax`."""

    rate: Decimals = value(lambda tax: shortest(tax.rate), f"The rate in percent, {_EXACT}.")
    net: Money = column("What is charged at it: the sum of its lines.")
    amount: Money = column("The tax on that sum, rounded once.")

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_lines.Tax))


@strawberry.type(description="A part of an invoice that the client need not pay after all. It is never changed.")
class CreditNote:
    """Its objects are `models.items.invoice_states.Credited`."""

    number: int = column("Its number among the firm's credit notes, from 1 on without gaps.")
    amount: Money = column("How much.")
    reason: str = column("Why.")
    created_at: DateTime = column("When it was made.")
    created_by: Member | None = one(
        Kind.MEMBER, "created_by_id", "The member who made it; null where it was none, or is not known any more."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, invoice_states.Credited))


@linked_item(Kind.INVOICE)
class Invoice(LinkedItem):
    """What a client is to pay for, and how much of it was paid. Whoever sees the account sees it, but nothing of its
    content and its money without the right to invoices."""

    number: int | None = column(
        "Its number among the firm's invoices, from 1 on without gaps; null of a draft. A void one keeps it."
    )
    state: InvoiceState = column("What is owed on it. A draft is UNPAID.")
    sent_at: DateTime | None = column("When it was sent; null of a draft.")
    issue_date: Date | None = column("The firm's day on which it was sent; null of a draft.")
    due_date: Date | None = column("By when it is to be paid.")
    proposal: Annotated[Proposal, strawberry.lazy("schema.items.proposals")] | None = one(
        Kind.PROPOSAL, "proposal_id", "The signed proposal that it invoices once; null where it was made otherwise."
    )
    payer: Contact | None = one(
        Kind.CONTACT, "payer_id", "The contact who is to pay it; where none is named, any of the client's may."
    )
    currency: str = column("The ISO 4217 code of the currency of all of its amounts. It stays, whatever the firm's is.")
    memo: str | None = column(f"What it says besides its lines: {MEMO.bounds}.")
    lines: list[InvoiceLine] | None = loaded(
        lambda invoice, context: context.load.parts(invoice_lines.lines_of, invoice.id),
        f"What it charges, in order: at most {INVOICE_LINES.most} lines.",
        size=5,
    )
    taxes: list[InvoiceTax] | None = loaded(
        lambda invoice, context: context.load.made_of_parts(invoice_lines.lines_of, invoice_lines.taxes_on, invoice),
        "The tax at each rate that its lines have, the lowest first; of lines without tax nothing.",
        size=2,
    )
    net: Money | None = value(lambda invoice: invoice.money(invoice.net), "What its lines come to without tax.")
    total: Money | None = value(lambda invoice: invoice.money(invoice.total), "What its lines come to with tax.")
    credited: Money | None = value(
        lambda invoice: invoice.money(invoice.credited), "What its credit notes come to: the client need not pay it."
    )
    paid: Money | None = value(
        lambda invoice: invoice.money(invoice.applied - invoice.pending), "What of payments that have cleared it has."
    )
    pending: Money | None = value(
        lambda invoice: invoice.money(invoice.pending), "What of payments that are still on their way it has."
    )
    balance: Money | None = value(
        lambda invoice: invoice.money(invoice.balance),
        "What nobody has paid or is paying: the total, less what was credited, what is paid and what is on its way.",
    )
    credit_notes: list[CreditNote] | None = loaded(
        lambda invoice, context: context.load.parts(invoice_states.credit_notes_of, invoice.id),
        f"The credit notes on it, the first one first: at most {CREDIT_NOTES.most}.",
        size=1,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class NewInvoiceLineInput:
    """Something to charge."""

    description: str = needed(f"What is charged: {CHARGED.bounds}, one line.")
    unit_price: Decimals = needed(
        "What one of it costs, or of time an hour, without tax: with at most the decimals of the invoice's currency."
    )
    quantity: Decimals | None = optional(
        f"How many of it, {QUANTITY}, with at most {invoice_lines.QUANTITY_DECIMALS} decimals; 1 when left out, unless "
        "there are `minutes`."
    )
    minutes: int | None = optional(f"For how many minutes at the price of an hour, {MINUTES_CHARGED}.")
    discount: Decimals | None = optional(
        f"What is taken off, in percent, {PERCENT}, with at most {invoice_lines.PERCENT_DECIMALS} decimals; 0 when "
        "left out."
    )
    tax_rate: Decimals | None = optional(
        f"The rate of its tax in percent, {PERCENT}, with at most {invoice_lines.PERCENT_DECIMALS} decimals; 0 when "
        "left out."
    )

    build = invoice_lines.NewLine


@input_type
class InvoiceLineInput(NewInvoiceLineInput):
    """Something to charge, or time that the invoice bills."""

    time_entry_id: strawberry.ID | None = maybe_id_of(
        Kind.TIME_ENTRY, "The time entry that the line bills, of those that the invoice bills already."
    )


_LINES = f"What to charge, in order: at most {INVOICE_LINES.most} lines"
_DUE, _MEMO = "By when it is to be paid.", f"What it says besides its lines: {MEMO.bounds}."


@input_type
class CreateInvoiceInput(AtAccountOrJob, Keyed):
    """A draft to make."""

    id: strawberry.ID | None = own_id(Kind.INVOICE)
    currency: str | None = optional(
        "The ISO 4217 code of the currency of all of its amounts, for good; the firm's present one when left out."
    )
    lines: list[NewInvoiceLineInput] | None = optional(f"{_LINES}; none yet when left out.")
    due_date: Date | None = optional(_DUE)
    payer_id: strawberry.ID | None = maybe_id_of(Kind.CONTACT, "The contact of the client who is to pay it.")
    memo: str | None = optional(_MEMO)


@input_type
class UpdateInvoiceInput(Expecting):
    """What to change about an invoice. What is left out stays."""

    invoice_id: strawberry.ID = id_of(Kind.INVOICE, "The invoice.")
    lines: list[InvoiceLineInput] | None = change(
        f"{_LINES}, in place of all that the draft has. Time that none of them bills can be billed again."
    )
    due_date: Date | None = clearable(f"{_DUE} Null for none.")
    payer_id: strawberry.ID | None = clearable_id_of(
        Kind.CONTACT, "The contact of the client who is to pay it. Null for none in particular."
    )
    memo: str | None = change(_MEMO)


@input_type
class InvoiceInput(Expecting):
    """Which invoice."""

    invoice_id: strawberry.ID = id_of(Kind.INVOICE, "The invoice.")


@input_type
class CreditInvoiceInput(Expecting):
    """What the client need not pay after all."""

    invoice_id: strawberry.ID = id_of(Kind.INVOICE, "The invoice.")
    amount: Decimals = needed("How much, in the invoice's currency: something, and not more than its balance.")
    reason: str = needed(f"Why, as the client is told: {NAME.bounds}, one line.")


@input_type
class BillTimeEntriesInput(Expecting):
    """Which time to bill on which draft."""

    invoice_id: strawberry.ID = id_of(Kind.INVOICE, "The draft, in the firm's present currency.")
    time_entry_ids: list[strawberry.ID] = id_of(
        Kind.TIME_ENTRY, f"{BILLED} time entries of the client: billable, with a rate, and billed by no other invoice."
    )
    tax_rate: Decimals | None = optional(
        f"The rate of the tax of these lines in percent, {PERCENT}, with at most {invoice_lines.PERCENT_DECIMALS} "
        "decimals; 0 when left out."
    )


@filter_type
class InvoiceFilter:
    """Which invoices. All that is given must hold."""

    search: str | None = asks(Matches(Kind.INVOICE), FOUND_BY)
    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "To one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    payer: IdFilter | None = asks_ids(
        Kind.CONTACT, AmongSeen("payer_id", named(Kind.CONTACT)), "That one of these contacts is to pay."
    )
    state: list[InvoiceState] | None = asks(Among("state"), "In one of these states.")
    sent: bool | None = asks(Filled("sent_at"), "Only those that were sent, or only drafts; both when left out.")
    due: DateFilter | None = asks(Within("due_date"), "By due date.")


@strawberry.enum(description="What invoices can be sorted by.")
class InvoiceSortField(Enum):
    """Indexed columns."""

    CREATED_AT = strawberry.enum_value("created_at", description="When the draft was made.")
    DUE_DATE = strawberry.enum_value("due_date", description="Without a due date: last when ascending.")
    NUMBER = strawberry.enum_value("number", description="Drafts, which have none: last when ascending.")


@input_type
class InvoiceSort:
    """One level of the order of invoices."""

    field: InvoiceSortField = strawberry.field(description="What to sort by.")
    direction: Direction = strawberry.field(default=Direction.ASC, description="Which way.")


MUTATIONS = (
    mutation(invoices.create_invoice, CreateInvoiceInput),
    mutation(invoices.update_invoice, UpdateInvoiceInput),
    mutation(time_billing.bill_time_entries, BillTimeEntriesInput),
    mutation(invoice_states.send_invoice, InvoiceInput),
    mutation(invoice_states.credit_invoice, CreditInvoiceInput),
    mutation(invoice_states.void_invoice, InvoiceInput),
    *links(invoices.link_invoice, invoices.unlink_invoice),
    mutation(invoices.delete_invoice, InvoiceInput),
)
LISTS = (
    listing(
        named(Kind.INVOICE),
        InvoiceFilter,
        sort=InvoiceSort,
        sort_description=f"In which order, at most {SORT.most} levels; newest first when there is none.",
        order="-created_at",
        description="The invoices that you see, newest first.",
        one="An invoice.",
    ),
)
