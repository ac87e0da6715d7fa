"""Proposals: how one is made, and how their events come about."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

from models.actor import Actor
from models.ids import Kind
from models.items import invoice_states, proposal_signing, proposals
from models.items.proposal_services import Service
from models.rights import Right
from models.rows.invoices import Invoice
from tests.kinds.documents import contacts_of, file_of, hidden_job, new_contact
from tests.live.scenarios import causes, owner_of
from tests.lives import Cast, Life, Object, Step, given
from tests.planting import hidden_amount, hidden_one, hidden_text
from tests.specimens import Specimens, Spot
from tests.world import World


def services(word: str) -> list[Service]:
    """One that is part of it, one that need not be, and two of which one is chosen."""
    return [*plain_services(word), Service(name=f"{word} option", price=_price(50), optional=True), *choice(word)]


def plain_services(word: str, *told_by: Right) -> list[Service]:
    """One that is part of it. With these rights it is told elsewhere."""
    word = hidden_text(word, Right.MANAGE_PROPOSALS, *told_by)
    return [Service(name=word, price=_price("100.10", *told_by), description=word, quantity=12)]


def choice(word: str) -> list[Service]:
    """Two of which one is chosen."""
    word = hidden_text(word, Right.MANAGE_PROPOSALS)
    return [
        Service(name=f"{word} one", price=_price(7), description=word, group=word),
        Service(name=f"{word} other", price=_price(8), description=word, group=word),
    ]


def _price(usual: str | int, *told_by: Right) -> Decimal:
    return hidden_amount(usual, 5, Right.MANAGE_PROPOSALS, *told_by)


async def make_plain(actor: Actor, word: str, spot: Spot) -> UUID:
    """A draft on the account alone, with nothing to choose."""
    made = proposals.create_proposal(
        actor,
        name=word,
        introduction=hidden_text(word, Right.MANAGE_PROPOSALS),
        services=plain_services(word),
        account_id=spot.account,
    )
    return (await made).value.id


async def make_to_sign(actor: Actor, word: str, spot: Spot) -> UUID:
    """One that all contacts of the account are asked to sign, of whose two options one is to be chosen."""
    made = proposals.create_proposal(actor, name=word, services=choice(word), account_id=spot.account)
    proposal, contacts = (await made).value.id, await contacts_of(actor, word, spot)
    await proposal_signing.send_proposal(actor, proposal_id=proposal, signer_ids=contacts)
    return proposal


async def make_invoiced(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on the job that is signed, and of which there is an invoice, yet to be sent."""
    made = await proposals.create_proposal(
        actor,
        name=word,
        services=plain_services(word, Right.MANAGE_INVOICES),
        invoiced_once=True,
        invoice_due_days=14,
        account_id=spot.account,
        job_id=spot.job,
    )
    (contact, *_) = await contacts_of(actor, word, spot)
    await proposal_signing.send_proposal(actor, proposal_id=made.value.id, signer_ids=[contact])
    evidence = hidden_text(word, Right.MANAGE_PROPOSALS)
    await proposal_signing.record_proposal_signature(
        actor, proposal_id=made.value.id, contact_id=contact, evidence=evidence
    )
    return made.value.id


async def make(actor: Actor, word: str, spot: Spot) -> UUID:
    """One on the job, with options, that the first of its signers has signed."""
    made = await proposals.create_proposal(
        actor,
        name=word,
        introduction=hidden_text(word, Right.MANAGE_PROPOSALS),
        services=services(word),
        expires_on=date(2999, 12, 31),
        account_id=spot.account,
        job_id=spot.job,
    )
    contacts = await contacts_of(actor, word, spot)
    await proposal_signing.send_proposal(actor, proposal_id=made.value.id, signer_ids=contacts, in_order=True)
    await proposal_signing.record_proposal_signature(
        actor,
        proposal_id=made.value.id,
        contact_id=contacts[0],
        evidence=hidden_text(word, Right.MANAGE_PROPOSALS),
        evidence_file_id=await file_of(actor, f"{word} signed", Right.MANAGE_PROPOSALS),
        chosen=hidden_one([2, 4], [2, 4], [3], Right.MANAGE_PROPOSALS),
    )
    return made.value.id


async def _state(proposal: proposals.Proposal) -> set[str]:
    return {proposal.state.value}


async def _found_by(proposal: proposals.Proposal) -> tuple[str, str]:
    return proposal.name, ""


async def _expires(proposal: proposals.Proposal) -> date | None:
    return proposal.expires_on


_BOOKS = [{"name": "Books", "price": "100", "quantity": 12}, {"name": "Advice", "price": "50", "optional": True}]
_drafted = partial(Step, event="ProposalStateChanged", awaits="SENDING")
_sent = Step(
    mutation="sendProposal",
    given=lambda cast: {"signerIds": [cast.contact]},
    event="ProposalStateChanged",
    awaits="SIGNATURE",
)
_made = _drafted(mutation="createProposal", given=given(name="Books", services=_BOOKS), event="ProposalCreated")

_invoiced = partial(Step, event="ProposalInvoiceChanged")


def _of_invoice(**more: str) -> Callable[[Cast], Object]:
    return lambda cast: {"invoiceId": cast.item["invoice"]["id"], **more}


def _paying(cast: Cast) -> Object:
    allocations = [{"invoiceId": cast.item["invoice"]["id"], "amount": "1200"}]
    return {"accountId": cast.account, "method": "CHEQUE", "amount": "1200", "allocations": allocations}


def _failing(cast: Cast) -> Object:
    return {"paymentId": cast.made["recordPayment"]["id"]}


LIVES = [
    Life(
        made=_made,
        steps=[
            _drafted(mutation="updateProposal", given=given(name="The books"), event="ProposalUpdated"),
            _sent,
            _drafted(mutation="withdrawProposal"),
            _sent,
            Step(
                mutation="recordProposalSignature",
                given=given(evidence="In the safe", chosen=[2]),
                event="ProposalSigned",
                for_client=True,
            ),
        ],
    ),
    # One that is invoiced: it is paid, to be paid again, and not after all.
    Life(
        made=_drafted(
            mutation="createProposal",
            given=given(name="Books", services=_BOOKS, invoicedOnce=True, invoiceDueDays=14),
            event="ProposalCreated",
        ),
        steps=[
            _sent,
            Step(
                mutation="recordProposalSignature",
                given=given(evidence="In the safe"),
                event="ProposalSigned",
                awaits="SENDING",
                for_client=True,
                also=frozenset({"InvoiceCreated"}),
            ),
            _invoiced(
                mutation="sendInvoice",
                given=_of_invoice(),
                awaits="PAYMENT",
                answers="invoice",
                also=frozenset({"InvoiceSent"}),
            ),
            _invoiced(
                mutation="recordPayment",
                given=_paying,
                answers="payment",
                also=frozenset({"PaymentRecorded", "InvoiceBalanceChanged"}),
            ),
            _invoiced(
                mutation="failPayment",
                given=_failing,
                awaits="PAYMENT",
                answers="payment",
                also=frozenset({"PaymentStateChanged", "InvoiceBalanceChanged"}),
            ),
            _invoiced(
                mutation="voidInvoice",
                given=_of_invoice(),
                answers="invoice",
                also=frozenset({"InvoiceVoided"}),
            ),
        ],
        reads="invoice { id }",
    ),
    # One that nobody is sent.
    Life(
        made=_made,
        end=Step(mutation="deleteProposal", event="ProposalDeleted"),
    ),
]

SPECIMENS = Specimens(
    kind=Kind.PROPOSAL,
    make=make,
    hidden_with=frozenset({"account"}),
    further={"plain proposal": make_plain, "proposal to sign": make_to_sign, "invoiced proposal": make_invoiced},
    chosen={
        "updateProposal.proposalId": "plain proposal",
        "sendProposal.proposalId": "plain proposal",
        "recordProposalSignature.proposalId": "proposal to sign",
        "recordProposalSignature.evidenceFileId": "own file",
        "linkProposal.proposalId": "plain proposal",
        "deleteProposal.proposalId": "plain proposal",
    },
    not_any_more={"updateProposal": ["UPDATE proposal SET introduction = repeat(' ', 30000) WHERE id = $1"]},
    facts={"state": _state, "search": _found_by, "expires": _expires},
    lives=LIVES,
)


async def on_jobs(world: World) -> UUID:
    """A draft on a job that the employee sees, and on one that they do not."""
    owner, proposal = owner_of(world), await make_plain(owner_of(world), "Books", Spot(world.account.id))
    for job in ((await world.job()).id, await hidden_job(world)):
        await proposals.link_proposal(owner, proposal_id=proposal, job_id=job)
    return proposal


@causes(proposals.ProposalCreated)
async def created(world: World) -> AsyncIterator[None]:
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await proposals.create_proposal(owner_of(world), name="Books", services=services("Books"), job_id=job)


@causes(proposals.ProposalUpdated)
async def updated(world: World) -> AsyncIterator[None]:
    proposal = await on_jobs(world)
    yield
    await proposals.update_proposal(
        owner_of(world),
        proposal_id=proposal,
        name="Payroll",
        services=services("Payroll"),
        expires_on=date(2999, 12, 31),
    )


@causes(proposals.ProposalStateChanged)
async def state_changed(world: World) -> AsyncIterator[None]:
    sent, withdrawn, owner = await on_jobs(world), await on_jobs(world), owner_of(world)
    contacts = [await new_contact(world)]
    await proposal_signing.send_proposal(owner, proposal_id=withdrawn, signer_ids=contacts)
    yield
    await proposal_signing.send_proposal(owner, proposal_id=sent, signer_ids=contacts)
    await proposal_signing.withdraw_proposal(owner, proposal_id=withdrawn)


@causes(proposals.ProposalSigned)
async def signed(world: World) -> AsyncIterator[None]:
    proposal, contact, owner = await on_jobs(world), await new_contact(world), owner_of(world)
    await proposals.update_proposal(owner, proposal_id=proposal, invoiced_once=True)
    await proposal_signing.send_proposal(owner, proposal_id=proposal, signer_ids=[contact])
    yield
    signing = proposal_signing.record_proposal_signature(
        owner, proposal_id=proposal, contact_id=contact, evidence="In the safe"
    )
    await signing


@causes(proposals.ProposalInvoiceChanged)
async def invoice_changed(world: World) -> AsyncIterator[None]:
    proposal, owner = await on_jobs(world), owner_of(world)
    await proposals.update_proposal(owner, proposal_id=proposal, invoiced_once=True)
    contact = await new_contact(world)
    await proposal_signing.send_proposal(owner, proposal_id=proposal, signer_ids=[contact])
    yield
    await proposal_signing.record_proposal_signature(
        owner, proposal_id=proposal, contact_id=contact, evidence="In the safe"
    )
    invoice = await Invoice.get(proposal_id=proposal)
    await invoice_states.send_invoice(owner, invoice_id=invoice.id)
    await invoice_states.credit_invoice(owner, invoice_id=invoice.id, amount=invoice.total, reason="A gift")


@causes(proposals.ProposalLinked)
async def linked(world: World) -> AsyncIterator[None]:
    proposal = await make_plain(owner_of(world), "Books", Spot(world.account.id))
    jobs = [(await world.job()).id, await hidden_job(world)]
    yield
    for job in jobs:
        await proposals.link_proposal(owner_of(world), proposal_id=proposal, job_id=job)


@causes(proposals.ProposalUnlinked)
async def unlinked(world: World) -> AsyncIterator[None]:
    proposal = await make_plain(owner_of(world), "Books", Spot(world.account.id))
    jobs = [(await world.job()).id, await hidden_job(world)]
    for job in jobs:
        await proposals.link_proposal(owner_of(world), proposal_id=proposal, job_id=job)
    yield
    for job in jobs:
        await proposals.unlink_proposal(owner_of(world), proposal_id=proposal, job_id=job)


@causes(proposals.ProposalDeleted)
async def deleted(world: World) -> AsyncIterator[None]:
    proposal = await on_jobs(world)
    yield
    await proposals.delete_proposal(owner_of(world), proposal_id=proposal)
