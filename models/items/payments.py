"""Payments: money that a client paid, applied to invoices, cleared or failed, given back.

Whoever changes one holds the payment, and then the invoices that have something of it. What invoices have of it is in
`models.items.payment_allocations`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from models import checks
from models.bounds import REFUNDS
from models.command import Change, command
from models.command_steps import made_before
from models.errors import RuleBroken
from models.events import ClientAction, ItemEvent, ItemLinked, ItemUnlinked
from models.gathered import Gathered, Rules
from models.ids import ContactId, Kind, PaymentId, new_id
from models.items import invoiced_proposals
from models.items import item as items
from models.items import payment_allocations as allocating
from models.items.clients import acting_contact
from models.items.invoice_states import hold_what_counts
from models.items.item import Held
from models.items.kinds import register_item
from models.items.linking import linking, unlinking
from models.items.naming import names_contact
from models.items.payment_allocations import Allocation
from models.items.provider_references import provider_tells_of
from models.items.states import wrong_state
from models.money import Money
from models.reasons import Reason
from models.rights import Right
from models.rows import Firm, register
from models.rows.invoices import Invoice
from models.rows.payments import Payment, PaymentAllocation, PaymentMethod, PaymentRefund, PaymentState
from models.scope import Place
from models.texts import LABEL, NAME

__all__ = ["Payment", "PaymentAllocation", "PaymentRefund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(ItemEvent):
    """Something happened to a payment. It is told once for each job that the payment is linked to."""

    subject = "payment"
    beside = ("job",)

    payment: PaymentId


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecorded(PaymentEvent, ClientAction):
    """A client paid, or a member recorded that they did."""

    withheld = {"amount": Right.MANAGE_PAYMENTS}
    says = {"amount": "What was paid."}

    acting_contact: ContactId | None
    amount: Money

    def before(self) -> tuple[Place, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentApplied(PaymentEvent):
    """A payment was applied to invoices, or taken back from some: what became of these is told of each of them."""

    withheld = {"from_unapplied": Right.MANAGE_PAYMENTS, "to_unapplied": Right.MANAGE_PAYMENTS}
    says = {"from_unapplied": "What was left of it before this.", "to_unapplied": "What is left of it after this."}

    from_unapplied: Money
    to_unapplied: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStateChanged(PaymentEvent):
    """A payment cleared: the money is there. Or it failed: it never came, or went back."""

    from_payment_state: PaymentState
    to_payment_state: PaymentState


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(PaymentEvent):
    """A part of a payment was given back."""

    withheld = {"refunded_amount": Right.MANAGE_PAYMENTS}
    says = {"refunded_amount": "What was given back."}

    refunded_amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentUpdated(PaymentEvent):
    """Who paid turned out to be the same person as another contact: the two were merged."""

    from_payer: ContactId
    to_payer: ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLinked(PaymentEvent, ItemLinked):
    """A payment was linked to a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentUnlinked(PaymentEvent, ItemUnlinked):
    """A payment was unlinked from a job: `linkedJob` is the one that it left."""


register(Payment)
register_item(Payment, PaymentLinked, PaymentUnlinked)

_RULES: Rules = {"reference": LABEL.check}


@command("recordPayment", Right.MANAGE_PAYMENTS)
async def record_payment(
    change: Change,
    *,
    method: PaymentMethod,
    amount: Decimal,
    account_id: UUID | None = None,
    job_id: UUID | None = None,
    currency: str | None = None,
    received_date: date | None = None,
    contact_id: UUID | None = None,
    reference: str | None = None,
    allocations: Sequence[Allocation] = (),
    id: UUID | None = None,
) -> Payment:
    """Record what a client paid, and apply it to invoices of theirs. A bank debit is pending until it clears or fails.

    What is applied to none is the client's credit, to be applied later or given back. No payment is changed or deleted:
    one that is wrong is said to have failed, and recorded anew."""
    if earlier := await made_before(change, Payment, id, PaymentRecorded):
        return earlier
    usual = (await change.scope.rows(Firm).get(change.actor.firm_id)).currency
    with Gathered() as check:
        check(items.expect_place, account_id, job_id)
        paid_in = usual if currency is None else check(checks.currency, currency)
        paid = check(checks.payment, amount, paid_in or usual, "amount")
        told = check.each({"reference": reference}, _RULES)
        wanted = check(allocating.check_allocations, allocations, paid_in or usual)
        day = check(_day, change, received_date or change.today)
    counts = await hold_what_counts(change)
    await acting_contact(change, await items.account_of(change, account_id, job_id), contact_id)
    beside = await invoiced_proposals.with_proposals(await change.scope.rows(Invoice).many(wanted))
    account, job = await items.open_place(change, account_id, job_id, beside=beside)
    payment = Payment(
        id=id or new_id(),
        firm_id=change.actor.firm_id,
        account_id=account,
        created_by_id=change.member_id,
        method=method,
        state=PaymentState.PENDING if method is PaymentMethod.BANK_DEBIT else PaymentState.CLEARED,
        currency=paid_in,
        amount=paid,
        received_date=day,
        payer_id=contact_id,
        created_at=change.now,
        **told,
    )
    invoices = await allocating.lock_invoices(change, wanted)
    # An equal call that was waited for has paid them.
    if earlier := await made_before(change, Payment, id, PaymentRecorded):
        return earlier
    payment.applied = allocating.fitting(change, payment, invoices, wanted, {})
    held = await items.create(change, payment, job)
    items.tell(change, PaymentRecorded, held, acting_contact=contact_id, amount=payment.money(paid))
    await allocating.move(change, payment, invoices, wanted, counts=counts)
    return payment


def _day(change: Change, day: date) -> date:
    # A day's grace, as for time: where it was paid, it may already be tomorrow.
    if day > change.today + timedelta(days=1):
        told = f"{day} is yet to come. A payment is recorded when it was made."
        raise RuleBroken(told, "received_date", reason=Reason.YET_TO_COME, day=day)
    return day


async def _lock(change: Change, payment_id: UUID, expected_version: int | None) -> Held[Payment]:
    held = await items.lock(change.scope.rows(Payment), Payment, payment_id, "payment_id")
    held.item.expect(expected_version)
    return held


@command("applyPayment", Right.MANAGE_PAYMENTS)
async def apply_payment(
    change: Change, *, payment_id: UUID, allocations: Sequence[Allocation], expected_version: int | None = None
) -> Payment:
    """Say how much of a payment each of these invoices has from now on: 0 takes back what it had. Others keep what they
    have of it."""
    present = await change.scope.rows(Payment).get(payment_id, "payment_id")
    wanted = allocating.check_allocations(allocations, present.currency, least=0)
    counts = await hold_what_counts(change)
    await invoiced_proposals.hold_jobs([payment_id, *await change.scope.rows(Invoice).many(wanted)])
    held = await _lock(change, payment_id, expected_version)
    payment = held.item
    had = (await allocating.allocated([payment_id]))[payment_id]
    invoices, moved = await allocating.lock_invoices(change, wanted), allocating.moves(wanted, had)
    if not moved:
        return payment
    _expect_not_failed(payment)
    await items.expect_in_use(change, payment)
    before = payment.unapplied
    payment.applied += allocating.fitting(change, payment, invoices, wanted, had)
    await allocating.expect_room(payment, len(moved))
    await items.store(change, held, "applied")
    left = {"from_unapplied": payment.money(before), "to_unapplied": payment.money(payment.unapplied)}
    items.tell(change, PaymentApplied, held, **left)
    await allocating.move(change, payment, invoices, moved, counts=counts)
    return payment


def _expect_not_failed(payment: Payment) -> None:
    if payment.state is PaymentState.FAILED:
        told = "This payment failed: there is nothing of it. Record another one."
        raise wrong_state(payment, payment.state, told)


@command("clearPayment", Right.MANAGE_PAYMENTS)
async def clear_payment(change: Change, *, payment_id: UUID, expected_version: int | None = None) -> Payment:
    """Say that the money of a pending bank debit is there."""
    counts, held, had = await lock_with_invoices(change, payment_id, expected_version)
    payment = held.item
    if payment.state is PaymentState.CLEARED:
        return payment
    _expect_not_failed(payment)
    await clear(change, held, had, counts=counts)
    return payment


async def clear(change: Change, held: Held[Payment], had: Mapping[UUID, Decimal], *, counts: bool) -> None:
    """Have the money of a pending payment be there."""
    held.item.state = PaymentState.CLEARED
    await items.store(change, held, "state")
    _tell_state(change, held, PaymentState.PENDING)
    await allocating.settle(change, had, {id: (Decimal(), -amount) for id, amount in had.items()}, counts=counts)


@command("failPayment", Right.MANAGE_PAYMENTS)
async def fail_payment(
    change: Change, *, payment_id: UUID, failure: str | None = None, expected_version: int | None = None
) -> Payment:
    """Say that the money of a payment never came, or went back: a debit that was refused or returned, a cheque that
    bounced, a payment that was recorded by mistake. Invoices have nothing of it from then on.

    Not of one of which something was given back: that money was there."""
    kept = None if failure is None else NAME.check(failure, "failure")
    counts, held, had = await lock_with_invoices(change, payment_id, expected_version)
    payment, state = held.item, held.item.state
    if state is PaymentState.FAILED:
        return payment
    if payment.refunded:
        raise wrong_state(payment, state, "A part of this payment was given back: the money was there.")
    await fail(change, held, had, kept, counts=counts)
    return payment


async def fail(
    change: Change, held: Held[Payment], had: Mapping[UUID, Decimal], failure: str | None, *, counts: bool
) -> None:
    """Have the money of a payment not be there: invoices have nothing of it any more."""
    payment, state = held.item, held.item.state
    payment.state, payment.failure, payment.applied = PaymentState.FAILED, failure, Decimal()
    await items.store(change, held, "state", "failure", "applied")
    _tell_state(change, held, state)
    taken = {id: -amount for id, amount in had.items()}
    await allocating.write(payment, taken)
    pending = state is PaymentState.PENDING
    moved = {id: (amount, amount if pending else Decimal()) for id, amount in taken.items()}
    await allocating.settle(change, had, moved, counts=counts)


async def lock_with_invoices(
    change: Change, payment_id: UUID, expected_version: int | None = None, *, beside: Collection[UUID] = ()
) -> tuple[bool, Held[Payment], dict[UUID, Decimal]]:
    """Whether the firm counts what is on its way, the payment, and what invoices have of it. Held are their jobs, and
    those of invoices `beside`, which are still to be locked."""
    await change.scope.rows(Payment).get(payment_id, "payment_id")
    counts = await hold_what_counts(change)
    had = (await allocating.allocated([payment_id]))[payment_id]
    await invoiced_proposals.hold_jobs([payment_id, *had, *beside])
    held = await _lock(change, payment_id, expected_version)
    return counts, held, (await allocating.allocated([payment_id]))[payment_id]


def _tell_state(change: Change, held: Held[Payment], before: PaymentState) -> None:
    states = {"from_payment_state": before, "to_payment_state": held.item.state}
    items.tell(change, PaymentStateChanged, held, **states)


@command("refundPayment", Right.MANAGE_PAYMENTS)
async def refund_payment(
    change: Change,
    *,
    payment_id: UUID,
    amount: Decimal,
    reason: str | None = None,
    expected_version: int | None = None,
) -> Payment:
    """Record that a part of a payment was given back: of what is left of it. What invoices have of it is taken back
    first, with `applyPayment`. Not of one that a payment provider tells of: it tells of its refunds as well, and they
    would count twice."""
    held = await _lock(change, payment_id, expected_version)
    payment = held.item
    with Gathered() as check:
        back = check(checks.payment, amount, payment.currency, "amount")
        kept = None if reason is None else check(NAME.check, reason, "reason")
    _expect_not_failed(payment)
    if payment.state is PaymentState.PENDING:
        raise wrong_state(payment, payment.state, "This payment is still on its way. Wait until it has cleared.")
    await items.expect_in_use(change, payment)
    if await provider_tells_of(payment):
        told = "The payment provider tells what is given back of this payment. Give it back there: then it is recorded."
        raise RuleBroken(told, "payment_id", reason=Reason.ELSEWHERE, kind=Kind.PAYMENT_PROVIDER.value)
    if back > payment.unapplied:
        raise allocating.too_much(payment, payment.unapplied, "amount")
    there = await PaymentRefund.filter(payment_id=payment_id).count()
    if there >= REFUNDS.most:
        told = f"Of this payment something was given back {there} times. Give back all that is left in one next time."
        raise RuleBroken(told, "payment_id", reason=Reason.TOO_MANY, maximum=REFUNDS.most, actual=there + 1)
    await give_back(change, held, back, kept)
    return payment


async def give_back(change: Change, held: Held[Payment], back: Decimal, reason: str | None, *changed: str) -> None:
    """Have so much of a payment be given back, and store what else was changed of it."""
    payment = held.item
    refund = PaymentRefund(firm_id=payment.firm_id, payment_id=payment.id, amount=back, reason=reason)
    await refund.save(force_create=True)
    payment.refunded += back
    await items.store(change, held, "refunded", *changed)
    items.tell(change, PaymentRefunded, held, refunded_amount=payment.money(back))


link_payment = linking(Payment, Right.MANAGE_PAYMENTS)
unlink_payment = unlinking(Payment, Right.MANAGE_PAYMENTS)


def _tell_of_payer(change: Change, held: Held[Payment], before: UUID, after: UUID) -> None:
    items.tell(change, PaymentUpdated, held, from_payer=before, to_payer=after)


names_contact(Payment, "payer_id", _tell_of_payer)
