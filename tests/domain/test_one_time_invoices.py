"""The one-time invoice of a proposal: made of what was chosen once all have signed, and the proposal holds its jobs
until that is paid."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.commands.jobs import delete_job
from models.commands.moves import complete_job
from models.errors import Forbidden, Invalid, RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind
from models.items.invoice_lines import NewLine, lines_of
from models.items.invoice_states import credit_invoice, send_invoice, void_invoice
from models.items.invoices import delete_invoice, link_invoice, unlink_invoice, update_invoice
from models.items.payment_allocations import Allocation
from models.items.payments import apply_payment, clear_payment, fail_payment, record_payment
from models.items.proposal_services import Service, offered_in
from models.items.proposal_signing import record_proposal_signature, send_proposal, withdraw_proposal
from models.items.proposals import (
    Proposal,
    ProposalState,
    create_proposal,
    link_proposal,
    unlink_proposal,
    update_proposal,
)
from models.items.reads import awaiting, open_item_counts, outstanding
from models.rights import Right, Role
from models.rows import Job, JobItem, Party
from models.rows.invoices import Invoice, InvoiceState
from models.rows.payments import Payment, PaymentMethod
from tests.domain.refusal import counted, refused, told
from tests.locks import held, until_waiting
from tests.world import World

BOOKS = Service(name="Books", price=Decimal("99.95"), quantity=12, tax_rate=Decimal("8.875"))
PAYROLL = Service(name="Payroll", price=Decimal(40), optional=True)
OFFER = (
    BOOKS,
    PAYROLL,
    Service(name="Gold", price=Decimal(70), group="Care"),
    Service(name="Tin", price=Decimal(7), group="Care"),
)


class Deal:
    """A proposal that is invoiced once, on a job, and the contacts who are to sign it."""

    def __init__(self, world: World, job: Job, id: UUID, people: dict[str, UUID]) -> None:
        self.world, self.job, self.id, self.people = world, job, id, people
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World, *names: str, offer: Sequence[Service] = (BOOKS,), **more: Any) -> "Deal":
        owner, job = world.acting(world.owner), await world.job()
        more = {"invoiced_once": True, **more}
        made = (await create_proposal(owner, name="Books", services=offer, job_id=job.id, **more)).value
        people = {
            name: (await create_contact(owner, name=name, account_id=world.account.id)).value.id for name in names
        }
        return cls(world, job, made.id, people)

    async def send(self) -> None:
        await send_proposal(self.owner, proposal_id=self.id, signer_ids=list(self.people.values()))

    async def sign(self, name: str, **more: Any) -> None:
        signer = self.people[name]
        await record_proposal_signature(
            self.owner, proposal_id=self.id, contact_id=signer, evidence="In the safe", **more
        )

    @classmethod
    async def signed(cls, world: World, **more: Any) -> "Deal":
        """One that its signer has signed."""
        deal = await cls.of(world, "Ada", **more)
        await deal.send()
        await deal.sign("Ada")
        return deal

    @classmethod
    async def invoiced(cls, world: World) -> "Deal":
        """One whose invoice, over 1,305.85, was sent."""
        deal = await cls.signed(world)
        await send_invoice(deal.owner, invoice_id=(await deal.invoice()).id)
        return deal

    async def proposal(self) -> Proposal:
        return await Proposal.get(id=self.id)

    async def invoice(self) -> Invoice:
        return await Invoice.get(proposal_id=self.id)

    async def pay(self, amount: Any, method: PaymentMethod = PaymentMethod.CHEQUE) -> Payment:
        allocations = [Allocation((await self.invoice()).id, Decimal(amount))]
        account = self.world.account.id
        paying = record_payment(
            self.owner, method=method, amount=Decimal(amount), account_id=account, allocations=allocations
        )
        return (await paying).value

    async def waits(self, job: UUID | None = None) -> dict[Kind, str]:
        """What holds the job, by kind, which is as many things as it says; and that the links say the same."""
        id = job or self.job.id
        held = (await outstanding([id])).get(id, [])
        assert (await open_item_counts([id])).get(id, 0) == len(held)
        open_links = await JobItem.filter(job_id=id, open=True, unlinked_at=None).count()
        assert open_links == len(held)
        return {each.kind: each.awaited.value for each in held}

    async def payers(self) -> list[UUID]:
        """Of whom it is awaited."""
        found = (await awaiting([(Kind.PROPOSAL, self.id)])).get(self.id)
        return list(found.contacts) if found is not None else []


def both(awaited: str) -> dict[Kind, str]:
    """The invoice and the proposal hold the job alike."""
    return {Kind.PROPOSAL: awaited, Kind.INVOICE: awaited}


async def test_the_last_signature_makes_it_of_what_was_chosen(world: World) -> None:
    deal = await Deal.of(world, "Ada", "Bo", offer=OFFER, invoice_due_days=14)
    other = await world.job()
    await link_proposal(deal.owner, proposal_id=deal.id, job_id=other.id)
    await deal.send()
    await deal.sign("Ada", chosen=[3])
    assert not await Invoice.exists(proposal_id=deal.id)
    before = await world.revision()
    await deal.sign("Bo")
    assert await world.revision() == before + 1
    # Each is told with each job, and with the account alone.
    assert await told(world, before) == ["ProposalSigned"] * 3 + ["InvoiceCreated"] * 3
    proposal, invoice = await deal.proposal(), await deal.invoice()
    event: Any = (await world.events(before))[0].event
    assert event.invoice == invoice.id
    assert (proposal.state, proposal.open) == (ProposalState.SIGNED, True)
    (lines,) = (await lines_of([invoice.id])).values()
    assert [(line.description, line.unit_price, line.quantity, line.tax_rate) for line in lines] == [
        ("Books", Decimal("99.95"), Decimal(12), Decimal("8.875")),
        ("Gold", Decimal(70), Decimal(1), Decimal()),
    ]
    assert (invoice.net, invoice.total) == (Decimal("1269.40"), Decimal("1375.85"))
    due = world.firm.today(datetime.now(UTC)) + timedelta(14)
    assert (invoice.account_id, invoice.currency, invoice.due_date) == (world.account.id, "USD", due)
    assert (invoice.number, invoice.created_by_id) == (None, world.owner.id)
    for job in (deal.job, other):
        assert await deal.waits(job.id) == both("SENDING")
        held = (await outstanding([job.id]))[job.id]
        assert {each.awaited.party for each in held} == {Party.TEAM}


async def test_the_proposal_holds_its_jobs_until_it_is_paid(world: World) -> None:
    deal = await Deal.signed(world)
    invoice = await deal.invoice()
    await update_invoice(deal.owner, invoice_id=invoice.id, payer_id=deal.people["Ada"])
    assert await deal.payers() == []
    await send_invoice(deal.owner, invoice_id=invoice.id)
    assert (await deal.waits(), await deal.payers()) == (both("PAYMENT"), [deal.people["Ada"]])
    await deal.pay(5)
    assert await deal.waits() == both("PAYMENT")
    before = await world.revision()
    payment = await deal.pay("1300.85")
    assert await world.revision() == before + 1
    ours = [kind for kind in await told(world, before) if not kind.startswith("Payment")]
    assert ours == ["InvoiceBalanceChanged"] * 2 + ["ProposalInvoiceChanged"] * 2
    assert (await deal.waits(), (await deal.proposal()).open) == ({}, False)
    # Taken back, it is to be paid again, and both wait anew.
    nothing = [Allocation(invoice.id, Decimal())]
    await apply_payment(deal.owner, payment_id=payment.id, allocations=nothing)
    assert await deal.waits() == both("PAYMENT")
    await apply_payment(deal.owner, payment_id=payment.id, allocations=[Allocation(invoice.id, payment.amount)])
    assert await deal.waits() == {}
    await fail_payment(deal.owner, payment_id=payment.id)
    assert await deal.waits() == both("PAYMENT")


async def test_the_jobs_of_each_are_its_own(world: World) -> None:
    deal, later = await Deal.invoiced(world), await world.job()
    invoice = await deal.invoice()
    await link_proposal(deal.owner, proposal_id=deal.id, job_id=later.id)
    await unlink_invoice(deal.owner, invoice_id=invoice.id, job_id=deal.job.id)
    for job in (deal.job, later):
        assert await deal.waits(job.id) == {Kind.PROPOSAL: "PAYMENT"}
    await unlink_proposal(deal.owner, proposal_id=deal.id, job_id=later.id)
    assert await deal.waits(later.id) == {}
    await deal.pay("1305.85")
    assert await deal.waits() == {}


async def test_a_pending_debit_counts_for_both_where_the_firm_says_so(world: World) -> None:
    deal = await Deal.invoiced(world)
    payment = await deal.pay("1305.85", PaymentMethod.BANK_DEBIT)
    assert await deal.waits() == both("PAYMENT")
    before = await world.revision()
    await update_firm(deal.owner, count_pending_ach=True)
    assert (await deal.waits(), await world.revision()) == ({}, before + 1)
    await update_firm(deal.owner, count_pending_ach=False)
    assert await deal.waits() == both("PAYMENT")
    await clear_payment(deal.owner, payment_id=payment.id)
    assert await deal.waits() == {}


@pytest.mark.parametrize("end", ["void", "credit", "delete", "emptied"])
async def test_one_that_nobody_is_to_pay_holds_nothing(world: World, end: str) -> None:
    deal = await Deal.signed(world) if end in ("delete", "emptied") else await Deal.invoiced(world)
    invoice = await deal.invoice()
    before = await world.revision()
    match end:
        case "void":
            await void_invoice(deal.owner, invoice_id=invoice.id)
        case "credit":
            await credit_invoice(deal.owner, invoice_id=invoice.id, amount=invoice.total, reason="A gift")
        case "delete":
            await delete_invoice(deal.owner, invoice_id=invoice.id)
            assert not await Invoice.exists(proposal_id=deal.id)
        case "emptied":
            await update_invoice(deal.owner, invoice_id=invoice.id, lines=[NewLine("Nothing", Decimal())])
            before = await world.revision()
            await send_invoice(deal.owner, invoice_id=invoice.id)
    assert (await deal.waits(), (await deal.proposal()).state) == ({}, ProposalState.SIGNED)
    assert await world.revision() == before + 1
    assert (await told(world, before))[-2:] == ["ProposalInvoiceChanged"] * 2
    # It is made once: nothing makes another one.
    with pytest.raises(RuleBroken):
        await deal.sign("Ada")


@pytest.mark.parametrize(
    ("offer", "more"),
    [
        ((BOOKS,), {"invoiced_once": False, "invoice_due_days": 3}),
        ((PAYROLL,), {}),
        ((Service(name="Free", price=Decimal()),), {}),
    ],
    ids=["not invoiced", "nothing chosen", "nothing to pay"],
)
async def test_where_there_is_nothing_to_pay_none_is_made(
    world: World, offer: tuple[Service, ...], more: dict[str, Any]
) -> None:
    deal = await Deal.signed(world, offer=offer, **more)
    assert (await deal.proposal()).state is ProposalState.SIGNED
    assert (await deal.waits(), await Invoice.exists(firm_id=world.firm.id)) == ({}, False)


async def test_how_it_is_invoiced_is_part_of_what_is_signed(world: World) -> None:
    deal = await Deal.of(world, "Ada", "Bo", invoiced_once=False)

    async def digest() -> str:
        proposal = await deal.proposal()
        return proposal.digest(await offered_in(proposal))

    digests = [await digest()]
    steps: list[dict[str, Any]] = [
        {"invoiced_once": True},
        {"invoice_due_days": 0},
        {"services": [Service(name="Books", price=Decimal("99.95"), quantity=12)]},
    ]
    for version, step in enumerate(steps, 2):
        assert (await update_proposal(deal.owner, proposal_id=deal.id, **step)).value.content_version == version
        digests.append(await digest())
    assert len(set(digests)) == 4
    await deal.send()
    await deal.sign("Ada")
    for step in steps[:2]:
        changed: dict[str, Any] = {name: None if name.endswith("days") else not value for name, value in step.items()}
        async with refused(world, RuleBroken, "proposal_id", match="Withdraw"):
            await update_proposal(deal.owner, proposal_id=deal.id, **changed)
    # Withdrawn, it is to be signed anew, and by other terms.
    await withdraw_proposal(deal.owner, proposal_id=deal.id)
    await update_proposal(deal.owner, proposal_id=deal.id, invoiced_once=False)
    await deal.send()
    for name in deal.people:
        await deal.sign(name)
    assert await deal.waits() == {}


async def test_to_have_it_invoiced_takes_the_right_and_to_record_a_signature_does_not(world: World) -> None:
    few = world.acting(await world.member("Fay", Role.EMPLOYEE, Right.MANAGE_PROPOSALS, Right.VIEW_ALL_ACCOUNTS))
    deal = await Deal.of(world, "Ada", invoiced_once=False)
    async with refused(world, Forbidden, "invoiced_once"):
        await update_proposal(few, proposal_id=deal.id, invoiced_once=True)
    async with refused(world, Forbidden, "invoiced_once"):
        await create_proposal(few, name="B", services=[BOOKS], invoiced_once=True, account_id=world.account.id)
    await update_proposal(deal.owner, proposal_id=deal.id, invoiced_once=True)
    # Who sends back what they were shown changes nothing.
    await update_proposal(few, proposal_id=deal.id, invoiced_once=True, name="The books")
    await deal.send()
    await record_proposal_signature(few, proposal_id=deal.id, contact_id=deal.people["Ada"], evidence="Here")
    assert await deal.waits() == both("SENDING")


async def test_all_that_is_wrong_with_it_is_told_at_once(world: World) -> None:
    dear = [Service(name="Dear", price=Decimal(9 * 10**9), quantity=2)]
    more: dict[str, Any] = {"name": "N", "account_id": world.account.id, "invoiced_once": True}
    for services, path in (
        (dear, ("services",)),
        ([Service(name="B", price=Decimal(1), tax_rate=Decimal("100.1"))], ("services", 0, "tax_rate")),
    ):
        with pytest.raises(Invalid) as caught:
            await create_proposal(world.acting(world.owner), services=services, invoice_due_days=367, **more)
        assert {refusal.path for refusal in caught.value.all} == {("invoice_due_days",), path}
    deal = await Deal.of(world, offer=dear, invoiced_once=False)
    async with refused(world, Invalid, "services", match="come to more than"):
        await update_proposal(deal.owner, proposal_id=deal.id, invoiced_once=True)


async def test_what_a_bank_says_counts_on_an_archived_account_too(world: World) -> None:
    deal = await Deal.invoiced(world)
    payment = await deal.pay("1305.85")
    await complete_job(deal.owner, job_id=deal.job.id)
    await archive_account(deal.owner, account_id=world.account.id)
    await fail_payment(deal.owner, payment_id=payment.id)
    assert await deal.waits() == both("PAYMENT")
    await void_invoice(deal.owner, invoice_id=(await deal.invoice()).id)
    assert await deal.waits() == {}


async def test_that_somebody_else_is_to_pay_is_told_of_the_proposal(world: World) -> None:
    deal = await Deal.invoiced(world)
    invoice, version = await deal.invoice(), (await deal.proposal()).version
    before = await world.revision()
    await update_invoice(deal.owner, invoice_id=invoice.id, payer_id=deal.people["Ada"], memo="Thanks")
    assert await told(world, before) == ["InvoiceUpdated"] * 2 + ["ProposalInvoiceChanged"] * 2
    assert (await deal.payers(), (await deal.proposal()).version) == ([deal.people["Ada"]], version)
    await deal.pay("1305.85")
    before = await world.revision()
    await update_invoice(deal.owner, invoice_id=invoice.id, payer_id=None)
    assert await told(world, before) == ["InvoiceUpdated"] * 2


async def test_whoever_comes_at_once_none_waits_for_ever(world: World) -> None:
    deals = [await Deal.invoiced(world) for _ in range(3)]
    spare = [await world.job() for _ in range(3)]
    ids = [(await deal.invoice()).id for deal in deals]
    for deal, job in zip(deals, spare, strict=True):
        await link_proposal(deal.owner, proposal_id=deal.id, job_id=job.id)
    open_ones = [await Deal.of(world, "Ada") for _ in range(2)]
    for deal in open_ones:
        await deal.send()
    owner, whole = deals[0].owner, Decimal("1305.85")

    async def settle(order: Sequence[UUID]) -> None:
        paid = record_payment(
            owner,
            method=PaymentMethod.CHEQUE,
            amount=whole * len(order),
            account_id=world.account.id,
            job_id=spare[0].id,
            allocations=[Allocation(id, whole) for id in order],
        )
        payment = (await paid).value
        await apply_payment(owner, payment_id=payment.id, allocations=[Allocation(id, Decimal()) for id in order])
        await apply_payment(owner, payment_id=payment.id, allocations=[Allocation(id, whole) for id in order])

    done = await asyncio.gather(
        settle(ids[:2]),
        settle(ids[2:]),
        *(deal.sign("Ada") for deal in open_ones),
        *(link_invoice(owner, invoice_id=id, job_id=spare[1].id) for id in ids),
        *(unlink_proposal(owner, proposal_id=deal.id, job_id=deal.job.id) for deal in deals),
        update_firm(owner, count_pending_ach=True),
        delete_job(owner, job_id=spare[2].id),
        return_exceptions=True,
    )
    assert [each for each in done if isinstance(each, BaseException)] == []
    assert {invoice.state for invoice in await Invoice.filter(id__in=ids)} == {InvoiceState.PAID}
    for deal in deals:
        assert await deal.waits() == {Kind.INVOICE: "PAYMENT"} or await deal.waits() == {}
        assert not (await deal.proposal()).open
    for deal in open_ones:
        assert await deal.waits() == both("SENDING")


async def test_who_switches_what_counts_waits_for_a_proposal_and_lets_others_go_on(world: World, database: str) -> None:
    deal = await Deal.invoiced(world)
    await deal.pay("1305.85", PaymentMethod.BANK_DEBIT)
    async with held(database, "proposal", deal.id):
        switching = asyncio.create_task(update_firm(deal.owner, count_pending_ach=True))
        await until_waiting(switching)
        # Whatever changes the firm takes its row.
        async with asyncio.timeout(10):
            await create_contact(deal.owner, name="Cy", account_id=world.account.id)
        assert not switching.done()
    await switching
    assert await deal.waits() == {}


async def test_of_two_who_sign_last_one_makes_it(world: World) -> None:
    deal = await Deal.of(world, "Ada", "Bo")
    await deal.send()
    await asyncio.gather(deal.sign("Ada"), deal.sign("Bo"))
    assert await Invoice.filter(proposal_id=deal.id).count() == 1
    assert await deal.waits() == both("SENDING")


async def test_it_takes_no_more_statements_for_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    signing, paying = [], []
    for number in (1, 4):
        deals = [await Deal.invoiced(world) for _ in range(number)]
        deal = await Deal.of(world, "Ada")
        for _ in range(number):
            job = await world.job()
            for each in (*deals, deal):
                await link_proposal(deal.owner, proposal_id=each.id, job_id=job.id)
        await deal.send()
        with counted(caplog) as statements:
            await deal.sign("Ada")
        signing.append(len(statements))
        owed = [Allocation((await each.invoice()).id, Decimal("1305.85")) for each in deals]
        with counted(caplog) as statements:
            await record_payment(
                deal.owner,
                method=PaymentMethod.CARD,
                amount=Decimal("1305.85") * number,
                account_id=world.account.id,
                allocations=owed,
            )
        paying.append(len(statements))
    assert len(set(signing)) == 1, signing
    assert len(set(paying)) == 1, paying
