"""What a payment provider says of money, taken into the books by the steps that members take.

What has happened is recorded, whatever the state of things: an archived account, a void invoice, more than is owed.
Nothing here refuses. What is told twice, or late, changes nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from models.bounds import ALLOCATIONS, REFUNDS
from models.clock import day_in
from models.command import Change
from models.errors import Invalid
from models.ids import Kind, decode, new_id
from models.items import invoiced_proposals, payments
from models.items import item as items
from models.items import payment_allocations as allocating
from models.items.invoice_states import hold_what_counts
from models.items.item import Held
from models.items.payments import PaymentApplied, PaymentRecorded
from models.items.provider_references import hold, know, waiting_for
from models.providers.provider import Told
from models.rows.invoices import Invoice, InvoiceState
from models.rows.payment_providers import (
    DeliveryOutcome,
    DeliveryReason,
    PaymentService,
    ProviderFact,
    ProviderReference,
    ReferenceState,
)
from models.rows.payments import Payment, PaymentAllocation, PaymentMethod, PaymentRefund, PaymentState
from models.texts import LABEL, NAME

#: As the payment says that it failed, where another amount came than was announced.
_ANOTHER_AMOUNT = "Another amount came"


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of what was told, and of which payment it was. `caught_up` are the refunds and disputes of which
    something was told before that waited for this, by what the provider calls them."""

    outcome: DeliveryOutcome
    reason: DeliveryReason | None = None
    payment: Payment | None = None
    caught_up: Mapping[str, "Effect"] = field(default_factory=dict)


def _applied(payment: Payment, reason: DeliveryReason | None = None) -> Effect:
    return Effect(DeliveryOutcome.APPLIED, reason, payment)


async def _ignored(change: Change, known: ProviderReference, reason: DeliveryReason) -> Effect:
    return Effect(DeliveryOutcome.IGNORED, reason, await _payment_of(change, known))


def _unmatched(reason: DeliveryReason, payment: Payment | None = None) -> Effect:
    return Effect(DeliveryOutcome.UNMATCHED, reason, payment)


async def _payment_of(change: Change, known: ProviderReference) -> Payment | None:
    return None if known.payment_id is None else await change.scope.rows(Payment).find(known.payment_id)


async def take_into_books(change: Change, service: PaymentService, told: Told) -> Effect:
    """Do what follows from what was told."""
    if told.fact is ProviderFact.UNREADABLE:
        return _unmatched(DeliveryReason.UNREADABLE)
    if told.reference is None:
        return _unmatched(DeliveryReason.PAYMENT_UNKNOWN)
    known = await hold(change.actor.firm_id, service, told.reference)
    return await _TAKEN[told.fact](change, known, told)


async def _pending(change: Change, known: ProviderReference, told: Told) -> Effect:
    if known.state is ReferenceState.RECEIVED:
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    if known.state is ReferenceState.PENDING:
        return await _tried_again(change, known, told)
    # One that failed may be tried again. What was told late is older than its end.
    if known.happened_at is not None and told.happened_at <= known.happened_at:
        return await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
    return await _record(change, known, told, PaymentState.PENDING)


async def _tried_again(change: Change, known: ProviderReference, told: Told) -> Effect:
    """That it is on its way is told once more: of another attempt, where it is later. The failure of the one before may
    come after that, and is then out of date."""
    assert known.payment_id is not None and known.happened_at is not None
    if told.happened_at <= known.happened_at:
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    counts, held, had = await _lock_with_named(change, known.payment_id, told)
    payment = held.item
    if payment.state is PaymentState.PENDING and not _is_of(payment, told):
        await payments.fail(change, held, had, _ANOTHER_AMOUNT, counts=counts)
        former = _Former(payment.account_id, list(had))
        return await _record(change, known, told, PaymentState.PENDING, former)
    await know(known, ReferenceState.PENDING, told.happened_at)
    return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)


def _is_of(payment: Payment, told: Told) -> bool:
    return (payment.amount, payment.currency) == (told.amount, told.currency)


async def _received(change: Change, known: ProviderReference, told: Told) -> Effect:
    if known.state is ReferenceState.RECEIVED:
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    if known.state is ReferenceState.PENDING:
        effect = await _arrived(change, known, told)
    else:
        effect = await _record(change, known, told, PaymentState.CLEARED)
    if effect.outcome is DeliveryOutcome.UNMATCHED:
        return effect
    caught_up: dict[str, Effect] = {}
    for back in await waiting_for(known):
        caught_up[back.reference] = await _give_back(change, known, back)
    return replace(effect, caught_up=caught_up)


async def _arrived(change: Change, known: ProviderReference, told: Told) -> Effect:
    """Have what was on its way be there; or record it anew, where it is another amount or had failed."""
    assert known.payment_id is not None
    counts, held, had = await _lock_with_named(change, known.payment_id, told)
    payment = held.item
    same = _is_of(payment, told)
    if payment.state is PaymentState.PENDING and same:
        await payments.clear(change, held, had, counts=counts)
        await know(known, ReferenceState.RECEIVED, told.happened_at)
        return _applied(payment)
    if payment.state is PaymentState.PENDING:
        await payments.fail(change, held, had, _ANOTHER_AMOUNT, counts=counts)
    elif payment.state is PaymentState.CLEARED:
        # A member has seen the money come, before we were told.
        if not same:
            return _unmatched(DeliveryReason.OTHER_AMOUNT, payment)
        await know(known, ReferenceState.RECEIVED, told.happened_at)
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    return await _record(change, known, told, PaymentState.CLEARED, _Former(payment.account_id, list(had)))


@dataclass(frozen=True, slots=True)
class _Former:
    """Whose a payment was, and which invoices had something of it, in whose place another one is recorded."""

    account_id: UUID
    invoices: Sequence[UUID]


async def _invoice_of(change: Change, told: Told) -> UUID | DeliveryReason:
    """Which invoice it is for, or why none. Another firm's is none."""
    if told.invoice is None:
        return DeliveryReason.NO_INVOICE
    try:
        invoice_id = decode(Kind.INVOICE, told.invoice)
    except Invalid:
        return DeliveryReason.INVOICE_UNKNOWN
    found = await change.scope.rows(Invoice).find(invoice_id)
    return DeliveryReason.INVOICE_UNKNOWN if found is None else invoice_id


async def _lock_with_named(
    change: Change, payment_id: UUID, told: Told
) -> tuple[bool, Held[Payment], dict[UUID, Decimal]]:
    """A payment with its invoices, and the jobs of the one that is named now, of which it may be recorded anew."""
    named = await _invoice_of(change, told)
    beside = [] if isinstance(named, DeliveryReason) else [named]
    return await payments.lock_with_invoices(change, payment_id, beside=beside)


async def _record(
    change: Change, known: ProviderReference, told: Told, state: PaymentState, former: _Former | None = None
) -> Effect:
    """Record the payment of an invoice, and apply to it what there is room for. The rest is the client's credit. Where
    it names none, it is for what the former one was for."""
    assert told.amount is not None and told.currency is not None
    named = await _invoice_of(change, told)
    if not isinstance(named, DeliveryReason):
        paid = [named]
    elif former is not None:
        paid = list(former.invoices)
    else:
        return _unmatched(named)
    counts = await hold_what_counts(change)
    await invoiced_proposals.hold_jobs(paid)
    invoices = await items.lock_several(change.scope.rows(Invoice), Invoice, paid, "invoice")
    parts, reason = _fitting([each.item for each in invoices], told.amount, told.currency)
    if former is not None and isinstance(named, DeliveryReason):
        account_id, reason = former.account_id, reason if invoices else named
    else:
        account_id = invoices[0].item.account_id
    payment = Payment(
        id=new_id(),
        firm_id=change.actor.firm_id,
        account_id=account_id,
        method=PaymentMethod.BANK_DEBIT if state is PaymentState.PENDING else told.method,
        state=state,
        currency=told.currency,
        amount=told.amount,
        applied=sum(parts.values(), Decimal()),
        received_date=day_in(change.time_zone, told.happened_at),
        reference=known.reference[: LABEL.most],
        created_at=change.now,
    )
    held = await items.create(change, payment, None)
    items.tell(change, PaymentRecorded, held, acting_contact=None, amount=payment.money(payment.amount))
    if parts:
        await allocating.move(change, payment, invoices, parts, counts=counts)
    of_reference = ReferenceState.PENDING if state is PaymentState.PENDING else ReferenceState.RECEIVED
    await know(known, of_reference, told.happened_at, payment.id)
    return _applied(payment, reason)


def _fitting(
    invoices: Sequence[Invoice], amount: Decimal, currency: str
) -> tuple[dict[UUID, Decimal], DeliveryReason | None]:
    """How much invoices take of a payment, one after another, and why not all of it."""
    parts, reason = dict[UUID, Decimal](), None
    for invoice in invoices:
        part, reason = _taken_by(invoice, amount, currency)
        amount -= part
        if part:
            parts[invoice.id] = part
        if not amount:
            break
    return parts, reason


def _taken_by(invoice: Invoice, amount: Decimal, currency: str) -> tuple[Decimal, DeliveryReason | None]:
    if invoice.state is InvoiceState.VOID:
        return Decimal(), DeliveryReason.INVOICE_VOID
    if not invoice.sent:
        return Decimal(), DeliveryReason.INVOICE_NOT_SENT
    if invoice.currency != currency:
        return Decimal(), DeliveryReason.OTHER_CURRENCY
    part = min(invoice.balance, amount)
    return part, None if part == amount else DeliveryReason.ABOVE_BALANCE


async def _failed(change: Change, known: ProviderReference, told: Told) -> Effect:
    if known.state is ReferenceState.RECEIVED:
        return await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
    if known.state is ReferenceState.PENDING:
        assert known.payment_id is not None and known.happened_at is not None
        if told.happened_at < known.happened_at:
            return await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
        counts, held, had = await payments.lock_with_invoices(change, known.payment_id)
        if held.item.refunded:
            return _unmatched(DeliveryReason.GIVEN_BACK, held.item)
        await know(known, ReferenceState.FAILED, told.happened_at)
        if held.item.state is not PaymentState.FAILED:
            await payments.fail(change, held, had, told.failure and told.failure[: NAME.most], counts=counts)
            return _applied(held.item)
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    reason = DeliveryReason.ALREADY_KNOWN if known.state else DeliveryReason.PAYMENT_UNKNOWN
    # That it was on its way may be told later, and is then out of date.
    if known.happened_at is None or told.happened_at > known.happened_at:
        await know(known, ReferenceState.FAILED, told.happened_at)
    return await _ignored(change, known, reason)


async def _returned(change: Change, known: ProviderReference, told: Told) -> Effect:
    back = await _hold_return(known, told)
    if back.state is ReferenceState.RETURNED:
        return await _ignored(change, known, DeliveryReason.ALREADY_KNOWN)
    if back.state is ReferenceState.FAILED:
        return await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
    back.amount, back.currency = told.amount, told.currency
    await know(back, ReferenceState.WAITING, told.happened_at)
    if known.state is not ReferenceState.RECEIVED:
        return _unmatched(DeliveryReason.PAYMENT_UNKNOWN)
    effect = await _give_back(change, known, back)
    # A dispute that was lost is nobody's to answer any more.
    return (
        effect if effect.outcome is DeliveryOutcome.UNMATCHED else replace(effect, caught_up={back.reference: effect})
    )


async def _give_back(change: Change, known: ProviderReference, back: ProviderReference) -> Effect:
    """Record that so much of a payment has gone back: of what is left of it, and else of what invoices have of it, the
    last first."""
    assert known.payment_id is not None and back.amount is not None
    counts, held, had = await payments.lock_with_invoices(change, known.payment_id)
    payment, amount = held.item, back.amount
    if (reason := await _why_not_back(payment, amount, back.currency)) is not None:
        return _unmatched(reason, payment)
    before, taken = payment.unapplied, _taken_back(had, amount - payment.unapplied)
    rows = await PaymentAllocation.filter(payment_id=payment.id).count()
    if rows + len(taken) > ALLOCATIONS.most:
        return _unmatched(DeliveryReason.TOO_MANY, payment)
    if taken:
        payment.applied += sum(taken.values(), Decimal())
        left = {"from_unapplied": payment.money(before), "to_unapplied": payment.money(payment.unapplied)}
        items.tell(change, PaymentApplied, held, **left)
    await payments.give_back(change, held, amount, back.reference[: NAME.most], "applied")
    if taken:
        await allocating.write(payment, taken)
        moved = {id: (less, Decimal()) for id, less in taken.items()}
        await allocating.settle(change, taken, moved, counts=counts)
    await know(back, ReferenceState.RETURNED, back.happened_at, payment.id)
    return _applied(payment)


async def _why_not_back(payment: Payment, amount: Decimal, currency: str | None) -> DeliveryReason | None:
    if payment.state is not PaymentState.CLEARED:
        return DeliveryReason.PAYMENT_FAILED
    if payment.currency != currency:
        return DeliveryReason.OTHER_CURRENCY
    if payment.refunded + amount > payment.amount:
        return DeliveryReason.ABOVE_PAYMENT
    there = await PaymentRefund.filter(payment_id=payment.id).count()
    return DeliveryReason.TOO_MANY if there >= REFUNDS.most else None


def _taken_back(had: Mapping[UUID, Decimal], missing: Decimal) -> dict[UUID, Decimal]:
    """How much less each invoice has of a payment of which so much is missing."""
    taken: dict[UUID, Decimal] = {}
    for invoice, amount in reversed(list(had.items())):
        if missing <= 0:
            break
        taken[invoice] = -min(amount, missing)
        missing += taken[invoice]
    return taken


async def _return_failed(change: Change, known: ProviderReference, told: Told) -> Effect:
    back = await _hold_return(known, told)
    if back.state is ReferenceState.RETURNED:
        # The money is the firm's again. What was given back is never changed: somebody looks at it.
        return _unmatched(DeliveryReason.RETURN_FAILED, await _payment_of(change, known))
    known_before = back.state is ReferenceState.FAILED
    await know(back, ReferenceState.FAILED, told.happened_at)
    reason = DeliveryReason.ALREADY_KNOWN if known_before else DeliveryReason.PAYMENT_UNKNOWN
    effect = await _ignored(change, known, reason)
    # What was told of it before is nobody's to look at any more.
    over = await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
    return replace(effect, caught_up={back.reference: over})


async def _disputed(change: Change, known: ProviderReference, told: Told) -> Effect:
    if (await _hold_return(known, told)).state is not None:
        # It is over by now.
        return await _ignored(change, known, DeliveryReason.OUT_OF_DATE)
    return _unmatched(DeliveryReason.DISPUTED, await _payment_of(change, known))


async def _hold_return(known: ProviderReference, told: Told) -> ProviderReference:
    assert told.returned is not None
    return await hold(known.firm_id, known.service, told.returned, known.reference)


_TAKEN: Mapping[ProviderFact, Callable[[Change, ProviderReference, Told], Awaitable[Effect]]] = {
    ProviderFact.PENDING: _pending,
    ProviderFact.RECEIVED: _received,
    ProviderFact.FAILED: _failed,
    ProviderFact.RETURNED: _returned,
    ProviderFact.RETURN_FAILED: _return_failed,
    ProviderFact.DISPUTED: _disputed,
}
