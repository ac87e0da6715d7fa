"""A proposal is sent to those who are to sign it, signed by them, or withdrawn."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from uuid import UUID

from models import checks
from models.bounds import ASKED, SERVICES
from models.command import Change, command
from models.errors import RuleBroken
from models.items import item as items
from models.items import proposal_invoices, signing
from models.items.item import Held
from models.items.proposal_services import Offered, choose, expect_same_choice, keep_choice, offered_in
from models.items.proposals import (
    DRAFT,
    SENT,
    Proposal,
    ProposalSigned,
    ProposalState,
    expect_state,
    lock_in_use,
    put_into,
)
from models.reasons import Reason
from models.rights import Right
from models.rows.signing import Signature


@command("sendProposal", Right.MANAGE_PROPOSALS)
async def send_proposal(
    change: Change,
    *,
    proposal_id: UUID,
    signer_ids: Sequence[UUID],
    in_order: bool = False,
    expected_version: int | None = None,
) -> Proposal:
    """Ask contacts of a proposal's account to sign it, all of them: at once, or each after the one before."""
    wanted = checks.several(signer_ids, "signer_ids", most=ASKED.most)
    proposal = await change.scope.rows(Proposal).get(proposal_id, "proposal_id")
    contacts = await signing.contacts_to_ask(change, proposal.account_id, wanted, "signer_ids")
    held = await lock_in_use(change, proposal_id, expected_version)
    proposal = held.item
    expect_state(proposal, DRAFT, "This proposal was sent already. Withdraw it to ask others.")
    _expect_in_time(proposal, change.today)
    await signing.ask_to_sign(proposal, contacts)
    proposal.sent_at, proposal.signs_in_order = change.now, in_order
    await put_into(change, held, ProposalState.PENDING, "sent_at", "signs_in_order", asked=contacts)
    return proposal


def _expect_in_time(proposal: Proposal, day: date) -> None:
    """`RuleBroken` where this day comes after the last one on which it may be signed."""
    last = proposal.expires_on
    if last is not None and day > last:
        told = f"This proposal may be signed until {last}. Give it another day on which it expires."
        raise RuleBroken(told, "proposal_id", reason=Reason.EXPIRED, day=last)


@command("recordProposalSignature", Right.MANAGE_PROPOSALS)
async def record_proposal_signature(
    change: Change,
    *,
    proposal_id: UUID,
    contact_id: UUID,
    evidence: str,
    signed_on: date | None = None,
    evidence_file_id: UUID | None = None,
    chosen: Sequence[int] | None = None,
    expected_content_version: int | None = None,
    expected_version: int | None = None,
) -> Proposal:
    """Record the signature of one of a proposal's signers that was obtained elsewhere, with its evidence. It is shown
    as that, and never as signed electronically. With the first one it is said which options were chosen."""
    signature = signing.recorded(change, evidence, signed_on)
    if chosen is not None:
        chosen = checks.at_most(chosen, "chosen", most=SERVICES.most)
    await _hold_signer(change, proposal_id, contact_id)
    held = await lock_in_use(change, proposal_id, expected_version)
    held.item.expect_content(expected_content_version)
    signature = await signing.with_file(change, held.item, signature, evidence_file_id)
    return await _sign(change, held, contact_id, chosen, lambda _digest: signature)


async def _hold_signer(change: Change, proposal_id: UUID, contact_id: UUID) -> None:
    proposal = await change.scope.rows(Proposal).get(proposal_id, "proposal_id")
    await signing.hold_signer(change, proposal.id, contact_id)


async def sign_proposal(
    change: Change, proposal_id: UUID, contact_id: UUID, shown: str, chosen: Collection[int] | None = None
) -> Proposal:
    """Sign a proposal as one of its signers, who was shown what has this digest: a step of the command of the client
    who signs. No member calls it."""
    await _hold_signer(change, proposal_id, contact_id)
    held = await lock_in_use(change, proposal_id, None)
    held.item.expect_shown(held.item.digest(await offered_in(held.item)), shown)
    return await _sign(change, held, contact_id, chosen, partial(signing.electronic, change))


async def _sign(
    change: Change,
    held: Held[Proposal],
    contact_id: UUID,
    chosen: Collection[int] | None,
    sign: Callable[[str], Signature],
) -> Proposal:
    """Sign as a contact for what is chosen; `sign` makes the signature of the digest of that."""
    proposal = held.item
    signers = await signing.signers_of(proposal.id)
    expect_state(proposal, SENT, "This proposal waits for no signature.")
    signer = signing.place_of(signers, contact_id, proposal.signs_in_order)
    taken = await _chosen(proposal, chosen)
    signature = sign(proposal.digest(taken))
    _expect_in_time(proposal, signature.signed_on)
    await signer.sign(signature)
    from_state = proposal.state
    all_signed = all(signer.signed for signer in signers)
    proposal.state = ProposalState.SIGNED if all_signed else ProposalState.PARTIALLY_SIGNED
    lines = proposal_invoices.charged(proposal, taken) if all_signed else []
    invoice = proposal_invoices.draft(change, proposal, lines) if lines else None
    proposal.invoice_awaited = None if invoice is None else invoice.awaited
    await items.store(change, held, "state", "invoice_awaited")
    items.tell(
        change,
        ProposalSigned,
        held,
        from_state=from_state,
        to_state=proposal.state,
        acting_contact=contact_id,
        method=signature.method,
        chosen=tuple(one.number for one in taken if one.chosen),
        invoice=None if invoice is None else invoice.id,
    )
    if invoice is not None:
        await proposal_invoices.write(change, held, invoice, lines)
    return proposal


async def _chosen(proposal: Proposal, chosen: Collection[int] | None) -> list[Offered]:
    """What is signed for: the first signer chooses it, for those who come after."""
    offered = await offered_in(proposal)
    if proposal.state is ProposalState.PENDING:
        taken = choose(offered, chosen)
        await keep_choice(proposal, taken)
        return taken
    expect_same_choice(offered, chosen)
    return offered


@command("withdrawProposal", Right.MANAGE_PROPOSALS)
async def withdraw_proposal(change: Change, *, proposal_id: UUID, expected_version: int | None = None) -> Proposal:
    """Take a proposal back that not all have signed: it is a draft again. What was signed of it counts no more, and
    stays in the log."""
    held = await lock_in_use(change, proposal_id, expected_version)
    proposal = held.item
    expect_state(proposal, SENT, "There is nothing to take back: this proposal was not sent, or all have signed it.")
    await signing.forget_signers(proposal)
    await keep_choice(proposal, [replace(one, chosen=None) for one in await offered_in(proposal)])
    proposal.sent_at, proposal.signs_in_order = None, False
    await put_into(change, held, ProposalState.DRAFT, "sent_at", "signs_in_order")
    return proposal
