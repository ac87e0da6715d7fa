"""Proposals: services with prices that a client is asked to sign for, on an account and linked to any of its jobs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypedDict, Unpack
from uuid import UUID

from tortoise import fields

from models import checks
from models.bounds import INVOICE_DUE_DAYS
from models.command import Change, command
from models.command_steps import made_before
from models.database import fetch
from models.events import Changes, ClientAction, ItemEvent, ItemLinked, ItemUnlinked, changes_of
from models.files.owners import owns_files
from models.gathered import Gathered, Rules
from models.ids import ContactId, InvoiceId, Kind, ProposalId, new_id
from models.items import item as items
from models.items import signing
from models.items.invoice_lines import expect_payable
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.proposal_services import Offered, Service, checked_services, offer, offered_in, spoken
from models.items.states import wrong_state
from models.policies import Policy, for_clients, to_those
from models.rights import Right
from models.rows import Awaited, Awaiting, Firm, SignatureMethod, SignedItem, register
from models.rows.base import belongs_to
from models.rows.contacts import Contact
from models.scope import Place
from models.search_entries import Searched
from models.texts import DESCRIPTION, NAME


class ProposalState(StrEnum):
    """Where a proposal stands."""

    DRAFT = "DRAFT"
    PENDING = "PENDING"
    PARTIALLY_SIGNED = "PARTIALLY_SIGNED"
    SIGNED = "SIGNED"


DRAFT = frozenset({ProposalState.DRAFT})
#: Those in which a client is asked to sign.
SENT = frozenset({ProposalState.PENDING, ProposalState.PARTIALLY_SIGNED})
_AWAITED = {ProposalState.DRAFT: Awaited.SENDING} | dict.fromkeys(SENT, Awaited.SIGNATURE)


class Proposal(SignedItem):
    """Services that a client is asked to sign for, on an account, linked to any number of its jobs."""

    kind = Kind.PROPOSAL
    searched = Searched("name")
    policy = Policy(
        account="account_id",
        clients=for_clients(account="account_id", which="{row}.state <> 'DRAFT'", addressed=to_those("signer", "item")),
    )
    withheld = dict.fromkeys(("introduction", "services", "total", "digest", "signatures"), Right.MANAGE_PROPOSALS)
    also_changes = {"services": tuple[str, ...]}
    may_await = (Awaited.SENDING, Awaited.SIGNATURE, Awaited.PAYMENT)
    until = "it is SIGNED by all who are to sign, and its one-time invoice, if it has one, is PAID, VOID or deleted"

    created_by: Any = belongs_to("Member", null=True, index=True)
    name = fields.CharField(max_length=NAME.most)
    introduction: str = fields.TextField(default="")
    currency = fields.CharField(max_length=3)
    # The last day on which somebody may sign it.
    expires_on: date | None = fields.DateField(null=True)
    state = fields.CharEnumField(ProposalState, max_length=20, default=ProposalState.DRAFT)
    sent_at: datetime | None = fields.DatetimeField(null=True)
    # Whether an invoice is made of it as soon as all have signed, and within how many days that is to be paid.
    invoiced_once = fields.BooleanField(default=False, db_default=False)
    invoice_due_days: int | None = fields.SmallIntField(null=True)
    # What that invoice waits for, once it is there: kept here as the invoice changes, so that the row alone says
    # whether it holds its jobs.
    invoice_awaited: Any = fields.CharEnumField(Awaited, max_length=20, null=True)

    class Meta:
        table = "proposal"
        indexes = (
            ("firm_id", "created_at", "id"),
            ("firm_id", "state", "created_at", "id"),
            ("firm_id", "expires_on", "id"),
        )

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def awaited(self) -> Awaited | None:
        """What it waits for: to be sent, then to be signed by all, and then what its invoice waits for."""
        of_invoice: Awaited | None = self.invoice_awaited
        return _AWAITED.get(self.state, of_invoice)

    @classmethod
    async def awaiting(cls, items: Sequence[UUID]) -> Mapping[UUID, Awaiting]:
        """Whose turn it is to sign each; of those that all have signed, who is to pay the invoice that was sent."""
        asked = await signing.awaited_signers(cls, items)
        signing_of = {item: Awaiting(contacts=tuple(contacts)) for item, contacts in asked.items()}
        return signing_of | {item: Awaiting(contacts=(payer,)) for item, payer in await fetch(_PAYERS, items)}

    @property
    def named(self) -> Mapping[str, UUID]:
        """What each of its events says of it, beside the job."""
        return {"proposal": self.id, "account": self.account_id}

    def expired(self, today: date) -> bool:
        """Whether it was sent, is not signed by all, and nobody may sign it any more."""
        return self.state in SENT and self.expires_on is not None and today > self.expires_on

    def digest(self, offered: Sequence[Offered]) -> str:
        """The digest of what is signed: its texts, what is offered, and what of it was chosen."""
        chosen = [one.number for one in offered if one.chosen]
        content = {
            "chosen": None if any(one.chosen is None for one in offered) else chosen,
            "contentVersion": self.content_version,
            "currency": self.currency,
            "introduction": self.introduction,
            "invoiceDueDays": self.invoice_due_days,
            "invoicedOnce": self.invoiced_once,
            "name": self.name,
            "services": [one.content for one in offered],
        }
        return signing.digest_of(Kind.PROPOSAL, self.id, content)


_PAYERS = """
SELECT proposal_id, payer_id FROM invoice
WHERE proposal_id = ANY($1) AND sent_at IS NOT NULL AND payer_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEvent(ItemEvent):
    """Something happened to a proposal. It is told once for each job that the proposal is linked to."""

    subject = "proposal"
    beside = ("job",)
    called = {"from_state": "from_proposal_state", "to_state": "to_proposal_state"}

    proposal: ProposalId


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCreated(ProposalEvent):
    """A proposal was drafted."""

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalUpdated(ProposalEvent):
    """A proposal's name, introduction, services or how it is invoiced changed while it was a draft; or the day on which
    it expires did."""

    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalStateChanged(ProposalEvent):
    """A proposal was sent to be signed, or withdrawn: then it is a draft again, and nobody has signed it."""

    from_state: ProposalState
    to_state: ProposalState
    asked: tuple[ContactId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalSigned(ProposalEvent, ClientAction):
    """A contact of the client signed a proposal, or a member recorded a signature that was obtained elsewhere."""

    withheld = {"chosen": Right.MANAGE_PROPOSALS}
    called = {"invoice": "made_invoice"}
    says = {
        "chosen": "The numbers of the services that they signed for.",
        "invoice": "The invoice that was made as all have signed; null where none was, or it is gone.",
        "invoice_id": "The id of the invoice that was made as all have signed; null where none was.",
    }

    from_state: ProposalState
    to_state: ProposalState
    acting_contact: ContactId | None
    method: SignatureMethod
    chosen: tuple[int, ...]
    invoice: InvoiceId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalInvoiceChanged(ProposalEvent):
    """What the one-time invoice of a signed proposal waits for changed, and with it the proposal: the invoice was sent,
    paid, credited, voided or deleted; or it is to be paid again, or by somebody else."""

    called = {"from_awaited": "from_invoice_awaited", "to_awaited": "to_invoice_awaited"}
    says = {
        "from_awaited": "What it waited for; null where it was paid.",
        "to_awaited": "What it waits for; null where nobody is to act any more.",
    }

    invoice: InvoiceId
    from_awaited: Awaited | None
    to_awaited: Awaited | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalLinked(ProposalEvent, ItemLinked):
    """A proposal was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalUnlinked(ProposalEvent, ItemUnlinked):
    """A proposal was unlinked from a job: `linkedJob` is the one that it left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDeleted(ProposalEvent):
    """A proposal was deleted."""

    ends = True

    title: str


register(Proposal)
register_item(Proposal, ProposalLinked, ProposalUnlinked)
# The evidence of signatures.
owns_files(Proposal, needs=Right.MANAGE_PROPOSALS)


class ProposalFields(TypedDict, total=False):
    """What `update_proposal` may change; what is left out stays."""

    name: str
    introduction: str
    expires_on: date | None
    invoiced_once: bool
    invoice_due_days: int | None


_RULES: Rules = {
    "name": NAME.check,
    "introduction": DESCRIPTION.check,
    "currency": checks.currency,
    "invoice_due_days": partial(checks.days, bounds=INVOICE_DUE_DAYS),
}


def _expect_to_invoice(change: Change, invoiced: bool) -> None:
    """`Forbidden` for who makes an invoice of a proposal without the right to make one: whoever then records the last
    signature needs none."""
    if invoiced:
        change.require(Right.MANAGE_INVOICES, "Invoicing a proposal", "invoiced_once")


def _expect_payable(services: Sequence[Service] | None, invoiced: bool | None, currency: str) -> None:
    """`Invalid` where an invoice of all of these services would come to more than any amount."""
    if services is not None and invoiced:
        expect_payable([service.line(currency) for service in services], currency, "services")


@command("createProposal", Right.MANAGE_PROPOSALS)
async def create_proposal(
    change: Change,
    *,
    name: str,
    services: Sequence[Service],
    introduction: str = "",
    currency: str | None = None,
    expires_on: date | None = None,
    invoiced_once: bool = False,
    invoice_due_days: int | None = None,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    id: UUID | None = None,
) -> Proposal:
    """Draft a proposal for an account, or for a job of it. Nobody is asked anything yet. Where it is to be invoiced it
    needs MANAGE_INVOICES as well.

    Its currency is the firm's present one unless it is told, and stays."""
    _expect_to_invoice(change, invoiced_once)
    if earlier := await made_before(change, Proposal, id, ProposalCreated):
        return earlier
    usual = (await change.scope.rows(Firm).get(change.actor.firm_id)).currency
    with Gathered() as check:
        given = {"name": name, "introduction": introduction, "invoice_due_days": invoice_due_days}
        told = check.each({**given, "currency": usual if currency is None else currency}, _RULES)
        kept = check(checked_services, services, told.get("currency", usual))
        check(_expect_payable, kept, invoiced_once, told.get("currency", usual))
        check(items.expect_place, account_id, job_id)
    account, job = await items.open_place(change, account_id, job_id)
    proposal = Proposal(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        **told,
        expires_on=expires_on,
        invoiced_once=invoiced_once,
        created_at=change.now,
    )
    held = await items.create(change, proposal, job)
    await offer(proposal, kept)
    items.tell(change, ProposalCreated, held)
    return proposal


async def _lock(change: Change, proposal_id: UUID, expected_version: int | None) -> Held[Proposal]:
    held = await items.lock(change.scope.rows(Proposal), Proposal, proposal_id, "proposal_id")
    held.item.expect(expected_version)
    return held


async def lock_in_use(change: Change, proposal_id: UUID, expected_version: int | None) -> Held[Proposal]:
    """A proposal of an account that is not archived, held; or why not."""
    held = await _lock(change, proposal_id, expected_version)
    await items.expect_in_use(change, held.item)
    return held


def expect_state(proposal: Proposal, states: frozenset[ProposalState], told: str) -> None:
    """`RuleBroken`, with these words, where a proposal stands elsewhere."""
    if proposal.state not in states:
        raise wrong_state(proposal, proposal.state, told)


@command("updateProposal", Right.MANAGE_PROPOSALS)
async def update_proposal(
    change: Change,
    *,
    proposal_id: UUID,
    services: Sequence[Service] | None = None,
    expected_version: int | None = None,
    **fields: Unpack[ProposalFields],
) -> Proposal:
    """Change what a draft of a proposal says, or the day on which a proposal expires that not all have signed. What the
    client was asked to sign stays as it is: withdraw it first. To have it invoiced needs MANAGE_INVOICES as well."""
    held = await lock_in_use(change, proposal_id, expected_version)
    proposal = held.item
    _expect_to_invoice(change, fields.get("invoiced_once", False) and not proposal.invoiced_once)
    present = await offered_in(proposal)
    before = [one.service for one in present]
    wanted = before
    with Gathered() as check:
        differing = check.each(proposal.differing(fields), _RULES)
        # What is there already is not checked again.
        if services is not None and list(services) != before:
            wanted = check(checked_services, services, proposal.currency)
        invoiced = fields.get("invoiced_once", proposal.invoiced_once)
        check(_expect_payable, wanted, invoiced, proposal.currency)
    offers = wanted != before
    if offers or differing.keys() - {"expires_on"}:
        told = "What a client is asked to sign stays as it is. Withdraw this proposal first."
        expect_state(proposal, DRAFT, told)
        differing["content_version"] = proposal.content_version + 1
    elif differing:
        expect_state(proposal, DRAFT | SENT, "This proposal is signed, and does not expire any more.")
    if changed := proposal.change_to(differing):
        await items.store(change, held, *changed)
        if offers:
            await offer(proposal, wanted)
            changed["services"] = spoken(present), spoken(await offered_in(proposal))
        items.tell(change, ProposalUpdated, held, changes=changes_of(changed))
    return proposal


async def put_into(
    change: Change, held: Held[Proposal], state: ProposalState, *columns: str, asked: Sequence[Contact] = ()
) -> None:
    """Write the new state of a proposal with these columns, and tell of it."""
    from_state, held.item.state = held.item.state, state
    await items.store(change, held, "state", *columns)
    who = tuple(contact.id for contact in asked)
    items.tell(change, ProposalStateChanged, held, from_state=from_state, to_state=state, asked=who)


link_proposal = linking(Proposal, Right.MANAGE_PROPOSALS)
unlink_proposal = unlinking(Proposal, Right.MANAGE_PROPOSALS)


@command("deleteProposal", Right.MANAGE_PROPOSALS)
async def delete_proposal(change: Change, *, proposal_id: UUID, expected_version: int | None = None) -> Proposal:
    """Delete a draft of a proposal. The answer's proposal is what it was.

    Its history stays in the log."""
    held = await _lock(change, proposal_id, expected_version)
    expect_state(held.item, DRAFT, "The client was asked to sign this proposal. Withdraw it first.")
    await items.end(held)
    items.tell(change, ProposalDeleted, held, title=held.item.title)
    return held.item
