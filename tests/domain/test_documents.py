"""Documents: what is asked of a client, what the client answers, and what of it holds a job."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from models.actor import Actor
from models.caller import Caller
from models.command import Change, command
from models.commands.accounts import archive_account
from models.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, RuleBroken
from models.firm.account_contacts import link_contact, unlink_contact
from models.firm.contact_merging import merge_contacts
from models.firm.contacts import archive_contact, create_contact
from models.ids import Kind
from models.items.document_requests import (
    decide_document,
    record_document_signature,
    request_approval,
    request_signatures,
    sign_document,
)
from models.items.documents import (
    Document,
    DocumentState,
    create_document,
    delete_document,
    link_document,
    unlink_document,
    update_document,
    void_document,
)
from models.items.reads import awaiting, open_item_counts, outstanding
from models.items.signing import signers_of
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right, Role
from models.rows import Awaited, Awaiting, Job, SignatureMethod, Signer
from models.rows.contacts import AccountContact
from tests.domain.refusal import refused, told
from tests.world import World


class Desk:
    """A document on a job, and contacts at its account."""

    def __init__(self, world: World, job: Job, document: Document, people: dict[str, UUID]) -> None:
        self.world, self.job, self.id, self.people = world, job, document.id, people
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World, *names: str) -> "Desk":
        owner, job = world.acting(world.owner), await world.job()
        document = (await create_document(owner, name="Form 8879", description="*Sign* here", job_id=job.id)).value
        people = {
            name: (await create_contact(owner, name=name, account_id=world.account.id)).value.id for name in names
        }
        return cls(world, job, document, people)

    def who(self, *names: str) -> list[UUID]:
        return [self.people[name] for name in names]

    async def row(self) -> Document:
        return await Document.get(id=self.id)

    async def ask_approval(self, *names: str) -> Document:
        return (await request_approval(self.owner, document_id=self.id, approver_ids=self.who(*names))).value

    async def ask_signatures(self, *names: str, in_order: bool = False) -> Document:
        asked = request_signatures(self.owner, document_id=self.id, signer_ids=self.who(*names), in_order=in_order)
        return (await asked).value

    async def decide(self, name: str, approved: bool, note: str = "") -> Document:
        who = self.people[name]
        decided = decide_document(self.owner, document_id=self.id, contact_id=who, approved=approved, note=note)
        return (await decided).value

    async def record(self, name: str, **more: Any) -> Document:
        more = {"evidence": "Scanned, in the safe", **more}
        return (
            await record_document_signature(self.owner, document_id=self.id, contact_id=self.people[name], **more)
        ).value

    async def waits(self) -> tuple[Awaited, list[str]] | None:
        """What holds the job, and of whom it is awaited."""
        held = (await outstanding([self.job.id])).get(self.job.id, [])
        assert len(held) == (await open_item_counts([self.job.id])).get(self.job.id, 0)
        if not held:
            return None
        (item,) = held
        who = (await awaiting([(Kind.DOCUMENT, self.id)])).get(self.id, Awaiting()).contacts
        return item.awaited, [name for name, id in self.people.items() if id in who]


async def test_what_is_approved_holds_the_job_until_it_is(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo", "Cy")
    assert await desk.waits() is None
    await desk.ask_approval("Ada", "Bo")
    assert await desk.waits() == (Awaited.APPROVAL, ["Ada", "Bo"])
    before = await world.revision()
    await desk.ask_approval("Bo", "Ada")
    assert await told(world, before) == []
    document = await desk.decide("Bo", False, "The address is wrong")
    assert (document.state, document.decided_by_id) == (DocumentState.DISAPPROVED, desk.people["Bo"])
    assert document.decision_note == "The address is wrong"
    assert await desk.waits() == (Awaited.REVISION, [])
    await update_document(desk.owner, document_id=desk.id, description="Another address")
    document = await desk.ask_approval("Cy")
    assert (document.decided_at, document.decided_by_id, document.decision_note) == (None, None, "")
    document = await desk.decide("Cy", True)
    assert (document.state, document.content_version, await desk.waits()) == (DocumentState.APPROVED, 2, None)
    assert await told(world, before) == [
        name
        for event in ("Decided", "Updated", "StateChanged", "Decided")
        for name in [f"Document{event}"] * 2  # On the job, and for those who see the account alone.
    ]


@pytest.mark.parametrize("in_order", [False, True])
async def test_what_is_signed_holds_the_job_until_all_have(world: World, in_order: bool) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    await desk.ask_signatures("Bo", "Ada", in_order=in_order)
    assert await desk.waits() == (Awaited.SIGNATURE, ["Bo"] if in_order else ["Ada", "Bo"])
    if in_order:
        async with refused(world, RuleBroken, "contact_id", match="not this contact's turn"):
            await desk.record("Ada")
    document = await desk.record("Bo")
    assert (document.state, await desk.waits()) == (DocumentState.PARTIALLY_SIGNED, (Awaited.SIGNATURE, ["Ada"]))
    async with refused(world, RuleBroken, "contact_id", match="signed already"):
        await desk.record("Bo")
    document = await desk.record("Ada")
    assert (document.state, await desk.waits()) == (DocumentState.SIGNED, None)
    for signer in await signers_of(desk.id):
        assert (signer.method, signer.evidence) == (SignatureMethod.RECORDED, "Scanned, in the safe")
        assert (signer.recorded_by_id, signer.digest, signer.address) == (world.owner.id, None, None)


async def test_a_step_is_taken_from_where_it_may_be(world: World) -> None:
    """Each step, from each state: what it makes of it, or that it is refused and nothing changes."""
    desk = await Desk.of(world, "Ada", "Bo")
    steps: dict[str, Any] = {
        "update": lambda: update_document(desk.owner, document_id=desk.id, name="Other"),
        "approval": lambda: desk.ask_approval("Ada"),
        "decide": lambda: desk.decide("Ada", True),
        "signatures": lambda: desk.ask_signatures("Ada", "Bo"),
        "record": lambda: desk.record("Ada"),
        "delete": lambda: delete_document(desk.owner, document_id=desk.id),
    }
    allowed = {
        DocumentState.PLAIN: {"update", "approval", "signatures", "delete"},
        DocumentState.PENDING_APPROVAL: {"update", "approval", "decide", "signatures"},
        DocumentState.APPROVED: {"approval", "signatures"},
        DocumentState.PENDING_SIGNATURE: {"update", "signatures", "record"},
        DocumentState.PARTIALLY_SIGNED: set[str](),
    }
    paths = {
        DocumentState.PLAIN: [],
        DocumentState.PENDING_APPROVAL: ["approval"],
        DocumentState.APPROVED: ["approval", "decide"],
        DocumentState.PENDING_SIGNATURE: ["signatures"],
        DocumentState.PARTIALLY_SIGNED: ["signatures", "record"],
    }
    for state, path in paths.items():
        desk.id = (await create_document(desk.owner, name="Form", account_id=world.account.id)).value.id
        for step in path:
            await steps[step]()
        await _expect_steps(desk, state, steps, allowed[state])
    await desk.record("Bo")
    await _expect_steps(desk, DocumentState.SIGNED, steps, set())
    await void_document(desk.owner, document_id=desk.id)
    await _expect_steps(desk, DocumentState.VOID, steps, {"delete"})
    before = await world.revision()
    await void_document(desk.owner, document_id=desk.id)
    assert await world.revision() == before
    await delete_document(desk.owner, document_id=desk.id)
    assert not await Signer.exists(item=desk.id)


async def _expect_steps(desk: Desk, state: DocumentState, steps: dict[str, Any], allowed: set[str]) -> None:
    assert (await desk.row()).state is state
    for name in steps.keys() - allowed:
        async with refused(desk.world, RuleBroken) as caught:
            await steps[name]()
        # Who has signed already is told so.
        assert caught.value.reason in (Reason.WRONG_STATE, Reason.SIGNED_ALREADY, Reason.NOT_ASKED), (state, name)


async def test_what_was_signed_is_the_version_that_was_signed(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    await desk.ask_signatures("Ada", "Bo")
    digest = (await desk.row()).digest
    twin = (await create_document(desk.owner, name="Form 8879", description="*Sign* here", job_id=desk.job.id)).value
    assert digest != twin.digest
    changed = (await update_document(desk.owner, document_id=desk.id, description="*Sign* there")).value
    assert (changed.content_version, changed.digest != digest) == (2, True)
    async with refused(world, Conflict, "expected_content_version") as caught:
        await desk.record("Ada", expected_content_version=1)
    assert isinstance(caught.value, Conflict)
    assert caught.value.present.content_version == 2
    await desk.record("Ada", expected_content_version=2)
    async with refused(world, RuleBroken, "document_id", match="stays as it is"):
        await update_document(desk.owner, document_id=desk.id, description="*Sign* here")
    # What is there already changes nothing.
    assert (
        await update_document(desk.owner, document_id=desk.id, name="Form 8879")
    ).value.version == changed.version + 1


@command("signInTheTests", EVERY_MEMBER)
async def signed(change: Change, *, document_id: UUID, contact_id: UUID, shown: str) -> Document:
    """What a client's own command will do."""
    return await sign_document(change, document_id, contact_id, shown)


async def test_a_signature_that_is_given_here_has_a_digest_and_an_address(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo")
    await desk.ask_signatures("Ada", "Bo")
    document = await desk.row()
    caller = Actor.member(world.firm.id, world.owner.id, Caller("192.0.2.7"))
    given = {"document_id": desk.id, "contact_id": desk.people["Ada"]}
    async with refused(world, Conflict, "shown"):
        await signed(caller, **given, shown="0" * 64)
    async with refused(world, Invalid, "shown", match="not the digest"):
        await signed(caller, **given, shown=f"{document.digest}\n")
    assert (await signed(caller, **given, shown=document.digest)).value.state is DocumentState.PARTIALLY_SIGNED
    await signed(desk.owner, document_id=desk.id, contact_id=desk.people["Bo"], shown=document.digest)
    first, second = await signers_of(desk.id)
    assert (first.method, first.digest, first.address) == (SignatureMethod.ELECTRONIC, document.digest, "192.0.2.7")
    assert (first.evidence, first.recorded_by_id, second.address) == (None, None, None)


async def test_a_signer_stays_one_who_leaves_or_turns_out_to_be_another(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo", "Cy", "Di")
    await desk.ask_signatures("Ada", "Bo", "Cy", "Di", in_order=True)
    link = await AccountContact.get(account_id=world.account.id, contact_id=desk.people["Ada"])
    await unlink_contact(desk.owner, account_contact_id=link.id)
    await archive_contact(desk.owner, contact_id=desk.people["Bo"])
    await desk.record("Ada")
    await desk.record("Bo")
    await merge_contacts(desk.owner, contact_id=desk.people["Cy"], into_id=desk.people["Di"])
    assert await desk.waits() == (Awaited.SIGNATURE, ["Di"])
    assert (await desk.record("Di")).state is DocumentState.PARTIALLY_SIGNED
    assert (await desk.record("Di")).state is DocumentState.SIGNED
    assert [signer.name for signer in await signers_of(desk.id)] == ["Ada", "Bo", "Cy", "Di"]


async def test_who_is_asked_to_approve_is_so_as_whoever_they_turn_out_to_be(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo", "Cy")
    await desk.ask_approval("Ada", "Bo")
    for gone in ("Ada", "Bo"):
        await merge_contacts(desk.owner, contact_id=desk.people[gone], into_id=desk.people["Cy"])
    assert await desk.waits() == (Awaited.APPROVAL, ["Cy"])
    await desk.decide("Cy", True)
    other = (await create_contact(desk.owner, name="Di", account_id=world.account.id)).value
    await merge_contacts(desk.owner, contact_id=desk.people["Cy"], into_id=other.id)
    assert (await desk.row()).decided_by_id == other.id


async def test_who_can_be_asked_and_who_can_answer(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo", "Gone")
    elsewhere = (await world.new_account("Other")).id
    stranger = (await create_contact(desk.owner, name="Else", account_id=elsewhere)).value.id
    await archive_contact(desk.owner, contact_id=desk.people["Gone"])
    employee = await world.member("Ed", Role.EMPLOYEE, Right.MANAGE_DOCUMENTS)
    asks: tuple[tuple[Any, str], ...] = ((request_approval, "approver_ids"), (request_signatures, "signer_ids"))
    for ask, field in asks:
        for who, kind, match in (
            ([], Invalid, "from 1 to 20"),
            ([stranger], RuleBroken, "at the account"),
            (desk.who("Ada", "Gone"), RuleBroken, "archived"),
            ([world.owner.id], NotFound, "no such contact"),
        ):
            async with refused(world, kind, field, match=match):
                await ask(desk.owner, document_id=desk.id, **{field: who})
        async with refused(world, NotFound, "document_id"):
            await ask(world.acting(employee), document_id=desk.id, **{field: desk.who("Ada")})
        async with refused(world, Forbidden):
            await ask(world.acting(world.employee), document_id=desk.id, **{field: desk.who("Ada")})
    await desk.ask_approval("Ada")
    for contact, kind in ((desk.people["Bo"], RuleBroken), (stranger, RuleBroken), (world.owner.id, NotFound)):
        async with refused(world, kind, "contact_id"):
            await decide_document(desk.owner, document_id=desk.id, contact_id=contact, approved=True)
    await desk.ask_signatures("Ada")
    for contact, kind in ((desk.people["Bo"], RuleBroken), (stranger, RuleBroken), (world.owner.id, NotFound)):
        async with refused(world, kind, "contact_id"):
            await record_document_signature(desk.owner, document_id=desk.id, contact_id=contact, evidence="Here")
    async with refused(world, Invalid, "evidence"):
        await desk.record("Ada", evidence=" ")
    async with refused(world, RuleBroken, "signed_on"):
        await desk.record("Ada", signed_on=date(2999, 1, 1))


async def test_nothing_is_asked_of_the_client_of_an_archived_account(world: World) -> None:
    desk = await Desk.of(world, "Ada")
    await unlink_document(desk.owner, document_id=desk.id, job_id=desk.job.id)
    await desk.ask_signatures("Ada")
    other = (await world.new_account("Gone")).id
    await link_contact(desk.owner, contact_id=desk.people["Ada"], account_id=other)
    gone = (await create_document(desk.owner, name="Old", account_id=other)).value
    await archive_account(desk.owner, account_id=other)
    async with refused(world, RuleBroken, "account_id", match="archived"):
        await create_document(desk.owner, name="New", account_id=other)
    steps: list[Any] = [
        lambda: update_document(desk.owner, document_id=gone.id, name="Other"),
        lambda: request_approval(desk.owner, document_id=gone.id, approver_ids=desk.who("Ada")),
        lambda: request_signatures(desk.owner, document_id=gone.id, signer_ids=desk.who("Ada")),
        lambda: decide_document(desk.owner, document_id=gone.id, contact_id=desk.people["Ada"], approved=True),
        lambda: record_document_signature(
            desk.owner, document_id=gone.id, contact_id=desk.people["Ada"], evidence="Here"
        ),
    ]
    for step in steps:
        async with refused(world, RuleBroken, "document_id", match="archived"):
            await step()
    assert (await void_document(desk.owner, document_id=gone.id)).value.state is DocumentState.VOID
    await delete_document(desk.owner, document_id=gone.id)


async def test_of_what_comes_at_once_all_is_kept_or_refused(world: World) -> None:
    desk = await Desk.of(world, "Ada", "Bo", "Cy")
    await desk.ask_signatures("Ada", "Bo", "Cy")
    answers = await asyncio.gather(
        *(desk.record(name) for name in ("Ada", "Ada", "Bo", "Cy")),
        merge_contacts(desk.owner, contact_id=desk.people["Bo"], into_id=desk.people["Ada"]),
        return_exceptions=True,
    )
    others = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(other, Refusal) for other in others), others
    # Merged before it signed, Bo was asked for as nobody; and Ada signs for that place too.
    signers = await signers_of(desk.id)
    state = DocumentState.SIGNED if all(signer.signed for signer in signers) else DocumentState.PARTIALLY_SIGNED
    assert (await desk.row()).state is state
    assert sum(signer.signed for signer in signers) == 4 - len(others)
    assert await desk.waits() == (None if state is DocumentState.SIGNED else (Awaited.SIGNATURE, ["Ada"]))


async def test_documents_are_made_and_linked_by_those_with_the_right(world: World) -> None:
    desk, employee = await Desk.of(world, "Ada"), world.acting(world.employee)
    other = await world.job()
    for step in (
        create_document(employee, name="Form", job_id=desk.job.id),
        link_document(employee, document_id=desk.id, job_id=other.id),
        unlink_document(employee, document_id=desk.id, job_id=desk.job.id),
    ):
        async with refused(world, Forbidden):
            await step
