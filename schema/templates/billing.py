"""What is in templates of invoices and of proposals, as clients give it and are shown it."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from models.bounds import INVOICE_DUE_DAYS, INVOICE_LINES, SERVICES
from models.items import invoice_lines
from models.items.proposal_services import Service
from models.templates.invoice_content import InvoiceContent
from models.templates.proposal_content import ProposalContent
from models.templates.relative_dates import RelativeDate as DateOfContent
from models.texts import DESCRIPTION, MEMO, NAME
from schema.inputs.base import input_type, needed, optional
from schema.items.invoices import NewInvoiceLineInput
from schema.items.proposals import ProposalServiceInput
from schema.scalars import Decimals
from schema.templates.dates import DATE, RelativeDate, RelativeDateInput
from schema.types.base import column, value

_CURRENCY = "The ISO 4217 code of what its amounts are in: it stays, whatever the firm's becomes."
_DUE, _EXPIRES = "By when it is to be paid", "The last day on which somebody may sign it"
_INVOICED = "Whether the last signature makes a draft of an invoice of it."
_WITHIN = "How many days after the last signature that invoice is due"


@strawberry.type(description="Something that an invoice of a template charges.")
class InvoiceLineTemplate:
    """Its objects are `models.items.invoice_lines.NewLine`."""

    description: str = column("What is charged; with shortcodes.")
    unit_price: Decimals = column("What one of it costs, or of time an hour, without tax.")
    quantity: Decimals | None = column("How many of it; null of time.")
    minutes: int | None = column("For how many minutes at the price of an hour; null of what is no time.")
    discount: Decimals = column("What is taken off, in percent.")
    tax_rate: Decimals = column("The rate of its tax, in percent.")


@strawberry.type(description="What is in a template of invoices.")
class InvoiceTemplate:
    """Its objects are `models.templates.invoice_content.InvoiceContent`."""

    currency: str = column(_CURRENCY)
    lines: list[InvoiceLineTemplate] = value(
        lambda content: content.lines, f"What it charges, in order; at most {INVOICE_LINES.most}.", size=5
    )
    memo: str = column("What it says besides its lines; with shortcodes.")
    due_date: RelativeDate | None = column(f"{_DUE}.")


@strawberry.type(description="A service that a proposal of a template offers.")
class ProposalServiceTemplate:
    """Its objects are `models.items.proposal_services.Service`."""

    name: str = column("What it is called; with shortcodes.")
    description: str = column("What it is; in Markdown, with shortcodes.")
    price: Decimals = column("What one of it costs.")
    quantity: int = column("How many of it there are.")
    group: str | None = column("What it is one of: of the services with the same group the client chooses one.")
    optional: bool = column("Whether the client may do without it.")
    tax_rate: Decimals = column("The rate of its tax, in percent.")


@strawberry.type(description="What is in a template of proposals.")
class ProposalTemplate:
    """Its objects are `models.templates.proposal_content.ProposalContent`."""

    name: str = column("What it is called; with shortcodes.")
    currency: str = column(_CURRENCY)
    services: list[ProposalServiceTemplate] = value(
        lambda content: content.services, f"What it offers, in order; at most {SERVICES.most}.", size=5
    )
    introduction: str = column("What it says before its services; in Markdown, with shortcodes.")
    expires_on: RelativeDate | None = column(f"{_EXPIRES}.")
    invoiced_once: bool = column(_INVOICED)
    invoice_due_days: int | None = column(f"{_WITHIN}; null for no day.")


@input_type
class InvoiceTemplateInput:
    """What is in a template of invoices."""

    currency: str = needed(_CURRENCY)
    lines: list[NewInvoiceLineInput] | None = optional(
        f"What it charges, in order: at most {INVOICE_LINES.most} lines. Shortcodes of descriptions are filled in."
    )
    memo: str | None = optional(f"What it says besides its lines: {MEMO.bounds}. Shortcodes are filled in.")
    due_date: RelativeDateInput | None = optional(f"{_DUE}: {DATE}.")

    @staticmethod
    def build(
        currency: str,
        lines: Sequence[invoice_lines.NewLine] = (),
        memo: str = "",
        due_date: DateOfContent | None = None,
    ) -> InvoiceContent:
        """The content that the command takes."""
        return InvoiceContent(currency, tuple(lines), memo, due_date)


@input_type
class ProposalTemplateInput:
    """What is in a template of proposals."""

    name: str = needed(f"What it is called: {NAME.bounds}. Shortcodes are filled in.")
    currency: str = needed(_CURRENCY)
    services: list[ProposalServiceInput] = needed(
        f"What it offers, in order: {SERVICES} services. Shortcodes of their texts are filled in."
    )
    introduction: str | None = optional(
        f"What it says before its services, in Markdown: {DESCRIPTION.bounds}. Shortcodes are filled in."
    )
    expires_on: RelativeDateInput | None = optional(f"{_EXPIRES}: {DATE}.")
    invoiced_once: bool | None = optional(
        f"{_INVOICED} False when left out; to say so newly needs the right MANAGE_INVOICES."
    )
    invoice_due_days: int | None = optional(f"{_WITHIN}, {INVOICE_DUE_DAYS}; no day when left out.")

    @staticmethod
    def build(
        name: str,
        currency: str,
        services: Sequence[Service],
        introduction: str = "",
        expires_on: DateOfContent | None = None,
        invoiced_once: bool = False,
        invoice_due_days: int | None = None,
    ) -> ProposalContent:
        """The content that the command takes."""
        return ProposalContent(
            name, currency, tuple(services), introduction, expires_on, invoiced_once, invoice_due_days
        )
