"""Proposals, as clients see them, and as they are drafted, sent and signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from models.bounds import ASKED, INVOICE_DUE_DAYS, JOBS_OF_ITEM, PERCENT, SERVICE_QUANTITY, SERVICES
from models.filtering import Among, LinkedToJob, Within
from models.ids import Kind
from models.items import invoice_lines, proposal_services, proposal_signing, proposals, signing
from models.items.proposal_services import Offered, Service
from models.items.proposals import ProposalState as _ProposalState
from models.money import shortest
from models.searching import Matches
from models.seen import named
from models.texts import DESCRIPTION, EVIDENCE, LABEL, NAME, SERVICE
from schema.declarations import listing, mutation
from schema.describing import described
from schema.field_resolvers import TypeCheck
from schema.inputs.base import Expecting, Keyed, change, clearable, id_of, input_type, needed, optional, own_id
from schema.inputs.filters import FOUND_BY, DateFilter, IdFilter, asks, asks_ids, filter_type
from schema.inputs.tasks import AtAccountOrJob
from schema.items.invoices import Invoice
from schema.items.linking import links
from schema.items.signing import Signature, Signer, evidence_file
from schema.scalars import Date, DateTime, Decimals
from schema.types.base import column, jobs_of_item, loaded, value
from schema.types.items import LinkedItem, linked_item
from schema.types.jobs import Job
from schema.types.money import Money

_NAME = f"{NAME.bounds}. Whoever sees the account reads it."
_INTRODUCTION = f"What it says before its services, in Markdown: {DESCRIPTION.bounds}."
_SERVICES = f"{SERVICES} of them, in their order"
_EXPIRES = "The last day on which somebody may sign it"
_PROPOSAL = "The proposal."
_INVOICED = (
    "Whether an invoice is made of what was chosen as soon as all have signed: a draft, linked to the jobs that the "
    "proposal is linked to then. The proposal holds its jobs until that is paid."
)
_DUE = "Within how many days after the last signature that invoice is to be paid"


ProposalState: Any = described(
    _ProposalState,
    "ProposalState",
    "Where a proposal stands.",
    DRAFT="It is yet to be sent.",
    PENDING="Its signers are to sign it, and none has yet.",
    PARTIALLY_SIGNED="Some of its signers have signed it.",
    SIGNED="All of its signers have signed it. It holds its jobs no more, once an invoice made of it is settled.",
)


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
        "The rate of its tax in percent, where it is invoiced: exact, and without zeros at its end.",
    )
    optional: bool = value(lambda offered: offered.service.optional, "Whether the client may do without it.")
    group: str | None = value(
        lambda offered: offered.service.group,
        "What it is one of: of the services with the same group the client chooses one, or none where one is optional.",
    )
    chosen: bool | None = column(
        "Whether it is part of what is signed: always, unless it is an option. Null while nobody has signed."
    )

    is_type_of = TypeCheck(lambda source: isinstance(source, Offered))


def _digest(proposal: Any, offered: Sequence[Offered]) -> str:
    return str(proposal.digest(offered))


def _expired(proposal: Any, today: date) -> bool:
    return bool(proposal.expired(today))


@linked_item(Kind.PROPOSAL)
class Proposal(LinkedItem):
    """Services that a client is asked to sign for, on an account, linked to any number of its jobs. Whoever sees the
    account sees it."""

    name: str = column("What it is called.")
    introduction: str | None = column(
        "What it says before its services, in Markdown. It may hold HTML: clean what you make of it before you show it."
    )
    currency: str = column("The ISO 4217 code of what its prices are in. It stays, whatever the firm's becomes.")
    services: list[ProposalService] | None = loaded(
        lambda proposal, context: context.load.parts(proposal_services.services_of, proposal.id),
        f"What it offers, in its order; at most {SERVICES.most}.",
        size=5,
    )
    total: Money | None = loaded(
        lambda proposal, context: context.load.made_of_parts(
            proposal_services.services_of, proposal_services.total_of, proposal
        ),
        "What it comes to without tax: what is no option, and the options that were chosen.",
    )
    content_version: int = column(
        "Rises with every change of its name, introduction or services, or of how it is invoiced: what is signed is "
        "one of them."
    )
    digest: str | None = loaded(
        lambda proposal, context: context.load.made_of_parts(proposal_services.services_of, _digest, proposal),
        "The SHA-256 of what would be signed now, in hexadecimal digits: see docs/domain.md for what it is made of.",
    )
    expires_on: Date | None = column(f"{_EXPIRES}; null for no end.")
    expired: bool = loaded(
        lambda proposal, context: context.load.on_its_day(_expired, proposal),
        "Whether it is sent, and nobody may sign it any more, in the firm's calendar.",
    )
    invoiced_once: bool = column(_INVOICED)
    invoice_due_days: int | None = column(f"{_DUE}; null for no due date.")
    invoice: Invoice | None = loaded(
        lambda proposal, context: (
            context.load.naming(Kind.INVOICE, "proposal_id", proposal.id) if context.holds(1) else None
        ),
        "The invoice that was made of it; null where there is none, or it was deleted.",
    )
    state: ProposalState = column("Where it stands.")
    sent_at: DateTime | None = column("When it was sent; null of a draft.")
    signs_in_order: bool = column("Whether each signer signs after the one before.")
    signers: list[Signer] = loaded(
        lambda proposal, context: context.load.parts(signing.signers_of_items, proposal.id),
        f"The contacts who are asked to sign it, in their order; at most {ASKED.most}.",
        size=2,
    )
    signatures: list[Signature] | None = loaded(
        lambda proposal, context: context.load.made_of_parts(signing.signers_of_items, signing.signed_by, proposal),
        "What is kept of the signatures that there are, in the order of the signers.",
        size=2,
    )
    jobs: list[Job] = jobs_of_item(
        f"The jobs it is linked to, at most {JOBS_OF_ITEM.most}, as far as you see them, in the order in which it was."
    )


@input_type
class ProposalServiceInput:
    """A service to offer. It is part of the proposal unless it is optional, or one of a group."""

    name: str = needed(f"{NAME.bounds}.")
    price: Decimals = needed("What one of it costs, in the proposal's currency, with at most its decimals.")
    description: str | None = optional(f"What it is, in Markdown: {SERVICE.bounds}.")
    quantity: int | None = optional(f"How many of it there are, {SERVICE_QUANTITY}; 1 when left out.")
    group: str | None = optional(
        f"What it is one of: {LABEL.bounds}. Of the services with the same group, however it is spelled, the client "
        "chooses one, or none where one of them is optional."
    )
    tax_rate: Decimals | None = optional(
        f"The rate of its tax in percent, {PERCENT}, with at most {invoice_lines.PERCENT_DECIMALS} decimals; 0 when "
        "left out. It is charged where the proposal is invoiced."
    )
    optional: bool | None = optional("Whether the client may do without it; false when left out.")

    @staticmethod
    def build(
        name: str,
        price: Decimal,
        description: str = "",
        quantity: int = 1,
        optional: bool = False,
        group: str | None = None,
        tax_rate: Decimal = Decimal(),
    ) -> Service:
        """The service that the command takes."""
        return Service(
            name=name,
            price=price,
            description=description,
            quantity=quantity,
            optional=optional,
            group=group,
            tax_rate=tax_rate,
        )


@input_type
class CreateProposalInput(AtAccountOrJob, Keyed):
    """What is to be proposed."""

    id: strawberry.ID | None = own_id(Kind.PROPOSAL)
    name: str = needed(_NAME)
    services: list[ProposalServiceInput] = needed(f"{_SERVICES}.")
    introduction: str | None = optional(_INTRODUCTION)
    currency: str | None = optional("The ISO 4217 code of what its prices are in; the firm's currency when left out.")
    expires_on: Date | None = optional(f"{_EXPIRES}; no end when left out.")
    invoiced_once: bool | None = optional(f"{_INVOICED} False when left out; true needs the right MANAGE_INVOICES.")
    invoice_due_days: int | None = optional(f"{_DUE}, {INVOICE_DUE_DAYS}; no due date when left out.")


@input_type
class UpdateProposalInput(Expecting):
    """What to change about a proposal. What is left out stays."""

    proposal_id: strawberry.ID = id_of(Kind.PROPOSAL, _PROPOSAL)
    name: str | None = change(_NAME)
    services: list[ProposalServiceInput] | None = change(f"Just these, {_SERVICES}.")
    introduction: str | None = change(_INTRODUCTION)
    expires_on: Date | None = clearable(f"{_EXPIRES}; also of one that was sent. Null for no end.")
    invoiced_once: bool | None = change(f"{_INVOICED} To say so needs the right MANAGE_INVOICES.")
    invoice_due_days: int | None = clearable(f"{_DUE}, {INVOICE_DUE_DAYS}. Null for no due date.")


@input_type
class SendProposalInput(Expecting):
    """Who is to sign a proposal."""

    proposal_id: strawberry.ID = id_of(Kind.PROPOSAL, _PROPOSAL)
    signer_ids: list[strawberry.ID] = id_of(
        Kind.CONTACT, f"{ASKED} contacts of its account, in the order in which they are asked."
    )
    in_order: bool | None = optional("Whether each signs after the one before; false when left out: at any time.")


@input_type
class RecordProposalSignatureInput(Expecting):
    """A signature that was obtained elsewhere."""

    proposal_id: strawberry.ID = id_of(Kind.PROPOSAL, _PROPOSAL)
    contact_id: strawberry.ID = id_of(Kind.CONTACT, "The signer whose signature it is.")
    evidence: str = needed(f"Where it is, and what there is of it: {EVIDENCE.bounds}.")
    signed_on: Date | None = optional("The day on which they signed, tomorrow at the latest; today when left out.")
    evidence_file_id: strawberry.ID | None = evidence_file()
    chosen: list[int] | None = optional(
        f"The numbers of the options that were chosen, at most {SERVICES.most}, said with the first signature; none "
        "when left out. Later ones are for the same."
    )
    expected_content_version: int | None = optional(
        "The version of the content that they signed. If the proposal has another one by now, nothing is changed and "
        "you get CONFLICT with its present state."
    )


@input_type
class ProposalInput(Expecting):
    """Which proposal."""

    proposal_id: strawberry.ID = id_of(Kind.PROPOSAL, _PROPOSAL)


@filter_type
class ProposalFilter:
    """Which proposals. All that is given must hold."""

    account: IdFilter | None = asks_ids(Kind.ACCOUNT, Among("account_id"), "On one of these accounts.")
    job: IdFilter | None = asks_ids(Kind.JOB, LinkedToJob(), "Linked to one of these jobs.")
    search: str | None = asks(Matches(Kind.PROPOSAL), FOUND_BY)
    state: list[ProposalState] | None = asks(Among("state"), "In one of these states.")
    expires: DateFilter | None = asks(Within("expires_on"), "By the last day on which they may be signed.")


MUTATIONS = (
    mutation(proposals.create_proposal, CreateProposalInput),
    mutation(proposals.update_proposal, UpdateProposalInput),
    mutation(proposal_signing.send_proposal, SendProposalInput),
    mutation(proposal_signing.record_proposal_signature, RecordProposalSignatureInput),
    mutation(proposal_signing.withdraw_proposal, ProposalInput),
    *links(proposals.link_proposal, proposals.unlink_proposal),
    mutation(proposals.delete_proposal, ProposalInput),
)
LISTS = (
    listing(
        named(Kind.PROPOSAL),
        ProposalFilter,
        order="-created_at",
        description="The proposals that you see, newest first.",
        one="A proposal.",
    ),
)
