"""Documents that are locked until an invoice is paid: how that begins, what it forbids, and when it is over."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.command import Change, command
from models.commands.accounts import archive_account
from models.errors import Forbidden, NotFound, RuleBroken
from models.firm.contacts import create_contact
from models.ids import Kind, new_id
from models.items.document_locks import lock_document, unlock_document
from models.items.document_requests import record_document_signature, request_signatures, sign_document
from models.items.document_trash import restore_documents, trash_documents
from models.items.document_versions import add_document_version
from models.items.documents import Document, create_document, delete_document, update_document, void_document
from models.items.invoice_lines import NewLine
from models.items.invoice_states import send_invoice, void_invoice
from models.items.invoices import create_invoice
from models.items.locked_documents import locked_among
from models.items.payment_allocations import Allocation
from models.items.payments import fail_payment, record_payment
from models.reasons import Reason
from models.rights import EVERY_MEMBER, Right, Role
from models.rows import AccountMember
from models.rows.payments import PaymentMethod
from models.targets import Target
from tests.domain.refusal import refused, told
from tests.files import uploaded
from tests.world import World


class Safe:
    """A document of the world's account, and an invoice of 100 that is to be paid."""

    def __init__(self, world: World, document: UUID, invoice: UUID) -> None:
        self.world, self.id, self.invoice = world, document, invoice
        self.owner = world.acting(world.owner)

    @classmethod
    async def of(cls, world: World, *, locked: bool = True) -> "Safe":
        made = create_document(world.acting(world.owner), name="Return", account_id=world.account.id)
        safe = cls(world, (await made).value.id, await _sent(world))
        if locked:
            await safe.lock()
        return safe

    async def lock(self, invoice: UUID | None = None) -> Document:
        wanted = invoice or self.invoice
        return (await lock_document(self.owner, document_id=self.id, invoice_id=wanted)).value

    @property
    def targets(self) -> list[Target]:
        return [Target(self.id, kind=Kind.DOCUMENT)]

    async def locked(self) -> bool:
        return self.id in await locked_among([self.id])

    async def pay(self, amount: int) -> UUID:
        paid = record_payment(
            self.owner,
            account_id=self.world.account.id,
            method=PaymentMethod.CHEQUE,
            amount=Decimal(amount),
            allocations=[Allocation(self.invoice, Decimal(amount))],
        )
        return (await paid).value.id


async def _draft(world: World, account: UUID | None = None) -> UUID:
    line = NewLine("Advice", Decimal(100), quantity=Decimal(1))
    made = create_invoice(world.acting(world.owner), account_id=account or world.account.id, lines=[line])
    return (await made).value.id


async def _sent(world: World, account: UUID | None = None) -> UUID:
    invoice = await _draft(world, account)
    await send_invoice(world.acting(world.owner), invoice_id=invoice)
    return invoice


@command("sign", EVERY_MEMBER)
async def sign(change: Change, *, document_id: UUID, contact_id: UUID, shown: str) -> Document:
    """Sign, as the command of the client will."""
    return await sign_document(change, document_id, contact_id, shown)


async def test_it_is_over_when_the_invoice_is_paid_in_full(world: World) -> None:
    safe = await Safe.of(world, locked=False)
    assert not await safe.locked()
    before = await world.revision()
    assert (await safe.lock()).locked_until_id == safe.invoice
    assert (await told(world, before), await safe.locked()) == (["DocumentLocked"], True)
    # Once more, nothing changes.
    await safe.lock()
    assert await world.revision() == before + 1
    await safe.pay(40)
    assert await safe.locked()
    version = (await Document.get(id=safe.id)).version
    payment = await safe.pay(60)
    assert not await safe.locked()
    await update_document(safe.owner, document_id=safe.id, name="Paid")
    # What was paid failed: it is locked again, and nothing was written for either.
    await fail_payment(safe.owner, payment_id=payment)
    assert await safe.locked()
    assert (await Document.get(id=safe.id)).version == version + 1


async def test_somebody_ends_it(world: World) -> None:
    safe = await Safe.of(world)
    before = await world.revision()
    assert (await unlock_document(safe.owner, document_id=safe.id)).value.locked_until_id is None
    assert (await told(world, before), await safe.locked()) == (["DocumentUnlocked"], False)
    await unlock_document(safe.owner, document_id=safe.id)
    assert await world.revision() == before + 1
    # Also where the client has left.
    await safe.lock()
    await archive_account(safe.owner, account_id=world.account.id)
    async with refused(world, RuleBroken, "document_id", match="archived"):
        await safe.lock()
    await unlock_document(safe.owner, document_id=safe.id)


async def test_a_void_invoice_unlocks_nothing(world: World) -> None:
    safe = await Safe.of(world)
    await void_invoice(safe.owner, invoice_id=safe.invoice)
    assert await safe.locked()
    # It waits for the one in its place.
    instead = await _sent(world)
    assert (await safe.lock(instead)).locked_until_id == instead
    safe.invoice = instead
    await safe.pay(100)
    assert not await safe.locked()


Act = Callable[[Safe], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "update": lambda safe: update_document(safe.owner, document_id=safe.id, name="Another"),
    "void": lambda safe: void_document(safe.owner, document_id=safe.id),
    "delete": lambda safe: delete_document(safe.owner, document_id=safe.id),
}


@pytest.mark.parametrize("act", ACTS)
async def test_a_locked_document_stays_as_it_is(act: str, world: World) -> None:
    safe = await Safe.of(world)
    async with refused(world, RuleBroken, "document_id", match="locked until an invoice is paid") as caught:
        await ACTS[act](safe)
    assert caught.value.reason is Reason.LOCKED
    await safe.pay(100)
    await ACTS[act](safe)


async def test_nor_does_it_get_another_file_or_into_the_trash(world: World) -> None:
    safe = await Safe.of(world)
    file = (await uploaded(safe.owner)).id
    async with refused(world, RuleBroken, "document_id") as caught:
        await add_document_version(safe.owner, document_id=safe.id, file_id=file)
    assert caught.value.reason is Reason.LOCKED
    async with refused(world, RuleBroken, "documents", 0, "document_id") as caught:
        await trash_documents(safe.owner, documents=safe.targets)
    assert caught.value.reason is Reason.LOCKED
    payment = await safe.pay(100)
    await add_document_version(safe.owner, document_id=safe.id, file_id=file)
    await trash_documents(safe.owner, documents=safe.targets)
    # In the trash nothing of it changes, and it is deleted whatever becomes of the invoice.
    async with refused(world, RuleBroken, "document_id", match="trash"):
        await unlock_document(safe.owner, document_id=safe.id)
    await restore_documents(safe.owner, documents=safe.targets)
    await trash_documents(safe.owner, documents=safe.targets)
    await fail_payment(safe.owner, payment_id=payment)
    await delete_document(safe.owner, document_id=safe.id)


async def test_the_client_signs_nothing_that_they_cannot_read(world: World) -> None:
    safe = await Safe.of(world)
    who = (await create_contact(safe.owner, name="Ada", account_id=world.account.id)).value.id
    await request_signatures(safe.owner, document_id=safe.id, signer_ids=[who])
    shown = (await Document.get(id=safe.id)).digest
    async with refused(world, RuleBroken, "document_id") as caught:
        await sign(safe.owner, document_id=safe.id, contact_id=who, shown=shown)
    assert caught.value.reason is Reason.LOCKED
    await record_document_signature(safe.owner, document_id=safe.id, contact_id=who, evidence="On paper")


async def test_only_an_invoice_of_its_account_that_is_to_be_paid(world: World) -> None:
    safe = await Safe.of(world, locked=False)
    elsewhere = await _sent(world, (await world.new_account("Initech")).id)
    void, paid = await _sent(world), safe.invoice
    await void_invoice(safe.owner, invoice_id=void)
    await safe.pay(100)
    tries = [
        (elsewhere, RuleBroken, Reason.ELSEWHERE),
        (await _draft(world), RuleBroken, Reason.WRONG_STATE),
        (void, RuleBroken, Reason.WRONG_STATE),
        (paid, RuleBroken, Reason.WRONG_STATE),
        (new_id(), NotFound, Reason.NOT_FOUND),
    ]
    for invoice, kind, reason in tries:
        async with refused(world, kind, "invoice_id") as caught:
            await safe.lock(invoice)
        assert caught.value.reason is reason


@pytest.mark.parametrize("right", [Right.MANAGE_DOCUMENTS, Right.MANAGE_INVOICES])
async def test_it_takes_both_rights(right: Right, world: World) -> None:
    safe = await Safe.of(world)
    member = await world.member("Dora", Role.EMPLOYEE, right)
    await AccountMember.create(account_id=world.account.id, member_id=member.id)
    invoice = await _sent(world)
    async with refused(world, Forbidden):
        await lock_document(world.acting(member), document_id=safe.id, invoice_id=invoice)
    async with refused(world, Forbidden):
        await unlock_document(world.acting(member), document_id=safe.id)
