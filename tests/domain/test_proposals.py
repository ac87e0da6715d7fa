"""Proposals: what they offer, what a client chooses of it and signs, and what of it holds a job."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.actor import Actor
from models.caller import Caller
from models.command import Change, command
from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind, new_id
from models.items.proposal_services import Offered, Service, checked_services, choose, offered_in, total
from models.items.proposal_signing import (
    record_proposal_signature,
    send_proposal,
    sign_proposal,
    withdraw_proposal,
)
from models.items.proposals import (
    Proposal,
    ProposalState,
    create_proposal,
    delete_proposal,
    link_proposal,
    update_proposal,
)
from models.items.reads import awaiting, outstanding
from models.items.signing import signers_of
from models.money import minor_units, rounded
from models.rights import EVERY_MEMBER
from models.rows import Awaited, Awaiting, Job, SignatureMethod, Signer
from tests.domain.refusal import refused, told
from tests.files import held_by, uploaded
from tests.world import World

BOOKS = Service(name="Books", price=Decimal("99.95"), quantity=12)
#: A service that is part of it, one that need not be, and two of which one is chosen.
OFFER = (
    BOOKS,
    Service(name="Payroll", price=Decimal(40), optional=True),
    Service(name="Monthly calls", price=Decimal(20), group="Calls"),
    Service(name="Weekly calls", price=Decimal(70), group="calls"),
)

services = st.builds(
    Service,
    name=st.just("Service"),
    price=st.decimals(0, 10**6, places=2),
    quantity=st.integers(1, 10_000),
    optional=st.booleans(),
    group=st.none() | st.sampled_from(["Calls", "CALLS", "Visits"]),
)
offers = st.lists(services, min_size=1, max_size=8)


def offered_of(given: Sequence[Service], currency: str = "USD") -> list[Offered]:
    """What a proposal of them offers."""
    kept = checked_services(given, currency)
    return [Offered(number, service, currency) for number, service in enumerate(kept, 1)]


@given(offers, st.sets(st.integers(1, 8)))
def test_what_is_chosen_is_what_may_be(given: list[Service], wanted: set[int]) -> None:
    offered = offered_of(given)
    options = {one.number for one in offered if one.service.optional or one.service.group}
    groups = {one.service.group for one in offered} - {None}
    # Groups are one however they are spelled.
    assert len({group.casefold() for group in groups if group}) == len(groups)
    fits = wanted <= options
    for group in groups:
        of_it = [one for one in offered if one.service.group == group]
        least = 0 if any(one.service.optional for one in of_it) else 1
        fits = fits and least <= sum(one.number in wanted for one in of_it) <= 1
    if not fits:
        with pytest.raises(RuleBroken) as caught:
            choose(offered, wanted)
        assert caught.value.path == ("chosen",)
        return
    taken = choose(offered, wanted)
    assert [one.number for one in taken if one.chosen] == [
        one.number for one in offered if one.number in wanted or one.number not in options
    ]
    assert all(one.chosen is not None for one in taken)
    assert total(taken, "USD").amount == sum(
        (one.service.price * one.service.quantity for one in taken if one.chosen), Decimal()
    )


@given(offers, st.sampled_from(["USD", "JPY", "KWD"]))
def test_amounts_have_the_decimals_of_their_currency(given: list[Service], currency: str) -> None:
    priced = [Service(name=one.name, price=rounded(one.price, currency), quantity=one.quantity) for one in given]
    offered = offered_of(priced, currency)
    for money in [total(offered, currency), *(each for one in offered for each in (one.price, one.amount))]:
        assert -int(money.amount.as_tuple().exponent) == minor_units(currency)
        assert money.currency == currency


def test_a_digest_is_of_all_that_is_signed() -> None:
    def digest(offer: Sequence[Service] = OFFER, chosen: set[int] | None = None, **fields: Any) -> str:
        given: dict[str, Any] = {
            "id": id,
            "name": "Books",
            "introduction": "Dear",
            "currency": "USD",
            "content_version": 1,
        } | fields
        offered = offered_of(offer, given["currency"])
        return Proposal(**given).digest(offered if chosen is None else choose(offered, chosen))

    id, other = new_id(), Service(name="Books", price=Decimal("99.96"), quantity=12)
    digests = [
        digest(),
        digest(name="Bookkeeping"),
        digest(introduction="Dear Ada"),
        digest(currency="EUR"),
        digest(content_version=2),
        digest(id=new_id()),
        digest([other, *OFFER[1:]]),
        digest([OFFER[1], BOOKS, *OFFER[2:]]),
        digest(chosen={3}),
        digest(chosen={4}),
        digest(chosen={2, 4}),
    ]
    assert len(set(digests)) == len(digests)
    assert digest(chosen={4, 2}) == digests[-1]
    assert digest([Service(name="Books", price=Decimal("99.9500"), quantity=12), *OFFER[1:]]) == digests[0]


class Desk:
    """A proposal on a job, and contacts at its account."""

    def __init__(self, world: World, job: Job, proposal: Proposal, people: dict[str, UUID]) -> None:
        self.world, self.job, self.id, self.people = world, job, proposal.id, people
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World, *names: str, offer: tuple[Service, ...] = OFFER, **more: Any) -> "Desk":
        owner, job = world.acting(world.owner), await world.job()
        proposal = (await create_proposal(owner, name="Books", services=offer, job_id=job.id, **more)).value
        people = {
            name: (await create_contact(owner, name=name, account_id=world.account.id)).value.id for name in names
        }
        return cls(world, job, proposal, people)

    async def row(self) -> Proposal:
        return await Proposal.get(id=self.id)

    async def send(self, *names: str, in_order: bool = False) -> Proposal:
        who = [self.people[name] for name in names]
        return (await send_proposal(self.owner, proposal_id=self.id, signer_ids=who, in_order=in_order)).value

    async def record(self, name: str, **more: Any) -> Proposal:
        more = {"evidence": "Scanned, in the safe", **more}
        signing = record_proposal_signature(self.owner, proposal_id=self.id, contact_id=self.people[name], **more)
        return (await signing).value

    async def change(self, **fields: Any) -> Proposal:
        return (await update_proposal(self.owner, proposal_id=self.id, **fields)).value

    async def withdraw(self) -> Proposal:
        return (await withdraw_proposal(self.owner, proposal_id=self.id)).value

    async def chosen(self) -> list[bool | None]:
        return [one.chosen for one in await offered_in(await self.row())]

    async def waits(self) -> tuple[Awaited, list[str]] | None:
        """What holds the job, and of whom it is awaited."""
        held = (await outstanding([self.job.id])).get(self.job.id, [])
        if not held:
            return None
        (item,) = held
        who = (await awaiting([(Kind.PROPOSAL, self.id)])).get(self.id, Awaiting()).contacts
        return item.awaited, [name for name, id in self.people.items() if id in who]


async def test_the_evidence_of_a_signature_may_be_a_file(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    await desk.send("Ada", "Bo")
    others = (await uploaded(world.acting(world.employee))).id
    async with refused(world, NotFound, "evidence_file_id"):
        await desk.record("Ada", chosen=[4], evidence_file_id=others)
    scan = (await uploaded(desk.owner, "Signed.txt")).id
    await desk.record("Ada", chosen=[4], evidence_file_id=scan)
    async with refused(world, RuleBroken, "evidence_file_id"):
        await desk.record("Bo", evidence_file_id=scan)
    await desk.record("Bo")
    kept = {signer.contact_id: signer.evidence_file_id for signer in await signers_of(desk.id)}
    assert {name: kept[id] for name, id in desk.people.items()} == {"Ada": scan, "Bo": None}
    assert await held_by(desk.id) == [scan]


async def test_a_proposal_holds_the_job_until_all_have_signed(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    assert await desk.waits() == (Awaited.SENDING, [])
    sent = await desk.send("Ada", "Bo", in_order=True)
    assert (sent.state, sent.sent_at is not None) == (ProposalState.PENDING, True)
    assert await desk.waits() == (Awaited.SIGNATURE, ["Ada"])
    async with refused(world, RuleBroken, "contact_id", match="turn"):
        await desk.record("Bo", chosen=[4])
    assert (await desk.record("Ada", chosen=[4, 2])).state is ProposalState.PARTIALLY_SIGNED
    assert await desk.chosen() == [True, True, False, True]
    assert await desk.waits() == (Awaited.SIGNATURE, ["Bo"])
    async with refused(world, RuleBroken, "chosen", match="all sign the same: 2, 4"):
        await desk.record("Bo", chosen=[3])
    assert (await desk.record("Bo", chosen=[2, 4])).state is ProposalState.SIGNED
    assert await desk.waits() is None
    for signer in await signers_of(desk.id):
        assert (signer.method, signer.digest, signer.address) == (SignatureMethod.RECORDED, None, None)


@pytest.mark.parametrize(
    ("chosen", "match"),
    [
        ([1, 3], "not all options"),
        ([3, 5], "Those are: 2, 3, 4"),
        ([3, 4], "one is chosen, and not 2"),
        ([2], "one is chosen, and not 0"),
        (None, "one is chosen, and not 0"),
    ],
)
async def test_what_is_not_offered_is_not_chosen(world: World, chosen: list[int] | None, match: str) -> None:
    desk = await Desk.of(world, "Ada")
    await desk.send("Ada")
    async with refused(world, RuleBroken, "chosen", match=match):
        await desk.record("Ada", chosen=chosen)


async def test_what_was_sent_changes_when_it_is_withdrawn(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    before = await world.revision()
    await desk.change(services=[*OFFER, BOOKS])
    assert (await desk.change(services=[*OFFER, BOOKS], name="Books")).content_version == 2
    await desk.send("Ada", "Bo")
    for fields in ({"name": "Other"}, {"services": OFFER}, {"introduction": "Dear"}):
        async with refused(world, RuleBroken, "proposal_id", match="Withdraw"):
            await desk.change(**fields)
    await desk.record("Ada", chosen=[3])
    draft = await desk.withdraw()
    assert (draft.state, draft.sent_at, await signers_of(desk.id)) == (ProposalState.DRAFT, None, [])
    assert await desk.chosen() == [None] * 5
    assert (await desk.change(name="Other")).content_version == 3
    await desk.send("Bo")
    async with refused(world, Conflict, "expected_content_version"):
        await desk.record("Bo", chosen=[3], expected_content_version=2)
    await desk.record("Bo", chosen=[3], expected_content_version=3)
    async with refused(world, RuleBroken, "proposal_id", match="all have signed"):
        await desk.withdraw()
    steps = ("Updated", "StateChanged", "Signed", "StateChanged", "Updated", "StateChanged", "Signed")
    assert (await told(world, before))[::2] == [f"Proposal{step}" for step in steps]


async def test_nothing_is_signed_after_its_last_day(world: World) -> None:
    today = world.firm.today(datetime.now(UTC))
    desk = await Desk.of(world, "Ada", "Bo", offer=(BOOKS,), expires_on=today - timedelta(days=1))
    async with refused(world, RuleBroken, "proposal_id", match="may be signed until"):
        await desk.send("Ada")
    await desk.change(expires_on=today)
    await desk.send("Ada", "Bo")
    async with refused(world, RuleBroken, "proposal_id", match="may be signed until"):
        await desk.record("Ada", signed_on=today + timedelta(days=1))
    await desk.record("Ada")
    # What was signed in time is recorded whenever it arrives.
    proposal = await desk.change(expires_on=today - timedelta(days=3))
    assert (proposal.expired(today), proposal.content_version) == (True, 1)
    async with refused(world, RuleBroken, "proposal_id", match="may be signed until"):
        await desk.record("Bo")
    proposal = await desk.record("Bo", signed_on=today - timedelta(days=3))
    assert (proposal.state, proposal.expired(today)) == (ProposalState.SIGNED, False)
    async with refused(world, RuleBroken, "proposal_id", match="does not expire"):
        await desk.change(expires_on=None)


@command("signProposalInTheTests", EVERY_MEMBER)
async def signed(change: Change, *, proposal_id: UUID, contact_id: UUID, shown: str, chosen: list[int]) -> Proposal:
    """What a client's own command will do."""
    return await sign_proposal(change, proposal_id, contact_id, shown, chosen)


async def test_a_signature_that_is_given_here_is_of_what_was_chosen(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    proposal = await desk.send("Ada", "Bo")
    shown = proposal.digest(await offered_in(proposal))
    caller = Actor.member(world.firm.id, world.owner.id, Caller("2001:db8::/64"))
    await signed(caller, proposal_id=desk.id, contact_id=desk.people["Ada"], shown=shown, chosen=[3])
    bo: dict[str, Any] = {"proposal_id": desk.id, "contact_id": desk.people["Bo"], "chosen": [3]}
    # What Bo was shown before Ada chose is something else.
    async with refused(world, Conflict, "shown"):
        await signed(caller, **bo, shown=shown)
    shown = proposal.digest(await offered_in(proposal))
    await signed(caller, **bo, shown=shown)
    for signer in await signers_of(desk.id):
        assert (signer.method, signer.digest) == (SignatureMethod.ELECTRONIC, shown)
        assert signer.address == "2001:db8::/64"


async def test_its_currency_is_its_own(world: World) -> None:
    owner = world.acting(world.owner)
    desk = await Desk.of(world, offer=(BOOKS,))
    await update_firm(owner, currency="JPY")
    assert total(await offered_in(await desk.row()), "USD").amount == Decimal("1199.40")
    async with refused(world, Invalid, "services", 0, "price", match="without decimals"):
        await create_proposal(owner, name="Books", services=[BOOKS], job_id=desk.job.id)
    async with refused(world, Invalid, "services", 1, "price"):
        await desk.change(services=[BOOKS, Service(name="More", price=Decimal("0.001"))])
    await create_proposal(owner, name="Books", services=[BOOKS], currency="EUR", job_id=desk.job.id)


async def test_all_that_is_wrong_with_it_is_told_at_once(world: World) -> None:
    owner = world.acting(world.owner)
    wrong = [BOOKS, Service(name=" ", price=Decimal(-1), quantity=0), Service(name="N", price=Decimal(1), group="")]
    with pytest.raises(Invalid) as caught:
        await create_proposal(owner, name="", services=wrong, currency="gold")
    assert {refusal.path for refusal in caught.value.all} == {
        *(("name",), ("currency",), ("account_id",)),
        *(("services", 1, "name"), ("services", 1, "price"), ("services", 1, "quantity"), ("services", 2, "group")),
    }
    for number in (0, 51):
        async with refused(world, Invalid, "services", match="from 1 to 50 services"):
            await create_proposal(owner, name="N", services=[BOOKS] * number, account_id=world.account.id)


async def test_what_is_asked_of_clients_is_a_proposal_that_was_sent_by_who_may(world: World) -> None:
    desk, employee = await Desk.of(world, "Ada", offer=(BOOKS,)), world.acting(world.employee)
    for step in (
        create_proposal(employee, name="Books", services=[BOOKS], job_id=desk.job.id),
        link_proposal(employee, proposal_id=desk.id, job_id=(await world.job()).id),
    ):
        async with refused(world, Forbidden):
            await step
    async with refused(world, RuleBroken, "proposal_id", match="waits for no signature"):
        await desk.record("Ada")
    async with refused(world, RuleBroken, "proposal_id", match="not sent"):
        await desk.withdraw()
    await desk.send("Ada")
    async with refused(world, RuleBroken, "proposal_id", match="sent already"):
        await desk.send("Ada")
    async with refused(world, RuleBroken, "proposal_id", match="Withdraw it first"):
        await delete_proposal(desk.owner, proposal_id=desk.id)
    await desk.withdraw()
    await delete_proposal(desk.owner, proposal_id=desk.id)
    assert not await Signer.exists(item=desk.id)


async def test_nothing_is_proposed_to_the_client_of_an_archived_account(world: World) -> None:
    owner, other = world.acting(world.owner), (await world.new_account("Gone")).id
    contact = (await create_contact(owner, name="Ada", account_id=other)).value.id
    ids = [(await create_proposal(owner, name="Old", services=[BOOKS], account_id=other)).value.id for _ in range(2)]
    await send_proposal(owner, proposal_id=ids[1], signer_ids=[contact])
    await archive_account(owner, account_id=other)
    steps: list[Any] = [
        lambda: update_proposal(owner, proposal_id=ids[0], name="New"),
        lambda: send_proposal(owner, proposal_id=ids[0], signer_ids=[contact]),
        lambda: record_proposal_signature(owner, proposal_id=ids[1], contact_id=contact, evidence="Here"),
        lambda: withdraw_proposal(owner, proposal_id=ids[1]),
    ]
    for step in steps:
        async with refused(world, RuleBroken, "proposal_id", match="archived"):
            await step()
    await delete_proposal(owner, proposal_id=ids[0])


async def test_of_two_who_sign_first_one_chooses(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    await desk.send("Ada", "Bo")
    answers = await asyncio.gather(
        desk.record("Ada", chosen=[3]), desk.record("Bo", chosen=[4]), return_exceptions=True
    )
    (refusal,) = [answer for answer in answers if isinstance(answer, BaseException)]
    assert isinstance(refusal, Refusal)
    assert (refusal.path, (await desk.row()).state) == (("chosen",), ProposalState.PARTIALLY_SIGNED)
