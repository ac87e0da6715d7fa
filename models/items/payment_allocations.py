"""How much of a payment each invoice has."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from models import checks
from models.bounds import ALLOCATED, ALLOCATIONS
from models.command import Change
from models.database import fetch
from models.errors import Invalid, Refusal, RuleBroken
from models.gathered import together
from models.ids import Kind
from models.items import item as items
from models.items.invoice_states import above, expect_payable, restate
from models.items.item import Held
from models.money import Money, rounded
from models.reasons import Reason
from models.rights import Right
from models.rows.invoices import Invoice
from models.rows.payments import Payment, PaymentAllocation, PaymentState
from models.scope import Scope


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a payment an invoice is to have."""

    invoice_id: UUID
    amount: Decimal


#: By invoice, in the order in which the caller named them.
_Amounts = Mapping[UUID, Decimal]


def check_allocations(given: Sequence[Allocation], currency: str, *, least: int = 1) -> dict[UUID, Decimal]:
    """How much each invoice is to have, or `Invalid` with all that is wrong with any of them. With `least` 0 it may be
    nothing."""
    if len(given) > ALLOCATED.most:
        told = f"Name at most {ALLOCATED.most} invoices; these are {len(given)}."
        raise Invalid(told, "allocations", reason=Reason.TOO_MANY, maximum=ALLOCATED.most, actual=len(given))
    if least == 0 and not given:
        raise Invalid("Name an invoice.", "allocations", reason=Reason.TOO_FEW, minimum=1, actual=0)
    wanted: dict[UUID, Decimal] = {}
    refused: list[Refusal] = []
    for place, each in enumerate(given):
        try:
            check = checks.payment if least else checks.money
            amount = check(each.amount, currency, "amount")
            if each.invoice_id in wanted:
                told = "This invoice is named twice. Name it once."
                raise Invalid(told, reason=Reason.NAMED_TWICE)
            wanted[each.invoice_id] = amount
        except Refusal as refusal:
            refused.append(refusal.within("allocations", place))
    if refused:
        raise together(refused)
    return wanted


def moves(wanted: _Amounts, had: _Amounts) -> dict[UUID, Decimal]:
    """How much more each invoice gets that is to have so much instead of what it had. Those that get nothing, and give
    nothing, are left out."""
    more = {id: amount - had.get(id, Decimal()) for id, amount in wanted.items()}
    return {id: amount for id, amount in more.items() if amount}


async def lock_invoices(change: Change, ids: Collection[UUID]) -> list[Held[Invoice]]:
    """Visible invoices, held in the order of their ids; `NotFound` names the place of one that is none."""
    return await items.lock_several(change.scope.rows(Invoice), Invoice, ids, "allocations", "invoice_id")


def fitting(
    change: Change, payment: Payment, invoices: Sequence[Held[Invoice]], wanted: _Amounts, had: _Amounts
) -> Decimal:
    """How much more of a payment invoices have in all, once each has what is wanted of it instead of what it had.
    `RuleBroken` where one has no room for that, or the payment has no more."""
    moved, places = moves(wanted, had), list(wanted)
    for each in invoices:
        if (more := moved.get(each.item.id)) is not None:
            _expect_to_take(change, payment, each.item, more, "allocations", places.index(each.item.id))
    more = sum(moved.values(), Decimal())
    if more > payment.unapplied:
        raise too_much(payment, payment.unapplied, "allocations")
    after = [amount for amount in ({**had, **wanted}).values() if amount]
    if len(after) > ALLOCATED.most:
        raise RuleBroken(
            f"A payment is applied to at most {ALLOCATED.most} invoices at once, and this would be {len(after)}.",
            "allocations",
            reason=Reason.TOO_MANY,
            maximum=ALLOCATED.most,
            actual=len(after),
        )
    return more


def _expect_to_take(change: Change, payment: Payment, invoice: Invoice, more: Decimal, *path: str | int) -> None:
    if invoice.account_id != payment.account_id:
        told = "This invoice is another client's. Choose one of the client who paid."
        raise RuleBroken(told, *path, reason=Reason.ELSEWHERE, kind=Kind.ACCOUNT.value)
    if invoice.currency != payment.currency:
        told = f"This invoice is in {invoice.currency}, and the payment in {payment.currency}."
        raise RuleBroken(told, *path, reason=Reason.OTHER_CURRENCY, expected=payment.currency, actual=invoice.currency)
    expect_payable(invoice, *path)
    if more <= invoice.balance:
        return
    if Right.MANAGE_INVOICES in change.scope.rights:
        owed = f"{invoice.money(invoice.balance).amount:f} {invoice.currency}"
        raise above(f"This is more than is still owed on the invoice: {owed}.", invoice, *path)
    told = "This is more than is still owed on the invoice."
    raise RuleBroken(told, *path, reason=Reason.ABOVE_BALANCE)


def too_much(payment: Payment, left: Decimal, *path: str | int) -> RuleBroken:
    """The refusal of more than is left of a payment."""
    most = payment.money(left).amount
    told = f"This is more than is left of the payment: {most:f} {payment.currency}."
    return RuleBroken(told, *path, reason=Reason.OUT_OF_RANGE, minimum=0, maximum=most, unit=payment.currency)


async def expect_room(payment: Payment, more: int) -> None:
    """`RuleBroken` where so many rows more would be too many of a payment."""
    rows = await PaymentAllocation.filter(payment_id=payment.id).count() + more
    if rows > ALLOCATIONS.most:
        told = "This payment was applied and taken back too often. Give the rest back, and record it anew."
        raise RuleBroken(told, "payment_id", reason=Reason.TOO_MANY, maximum=ALLOCATIONS.most, actual=rows)


async def write(payment: Payment, moved: _Amounts) -> None:
    """Write what moves between a payment and invoices."""
    if moved:
        await PaymentAllocation.bulk_create(
            PaymentAllocation(firm_id=payment.firm_id, payment_id=payment.id, invoice_id=invoice, amount=amount)
            for invoice, amount in moved.items()
        )


async def move(
    change: Change, payment: Payment, invoices: Sequence[Held[Invoice]], moved: _Amounts, *, counts: bool
) -> None:
    """Move so much more of a payment to each of these invoices."""
    await write(payment, moved)
    pending = payment.state is PaymentState.PENDING
    more = {id: (amount, amount if pending else Decimal()) for id, amount in moved.items()}
    await restate(change, [each for each in invoices if each.item.id in moved], more, counts=counts)


async def settle(change: Change, had: _Amounts, moved: Mapping[UUID, tuple[Decimal, Decimal]], *, counts: bool) -> None:
    """Write what became of the invoices that have something of a payment, which is held."""
    everybodys = Scope.whole(change.actor.firm_id).rows(Invoice)
    invoices = await items.lock_several(everybodys, Invoice, list(had), "payment_id")
    await restate(change, invoices, moved, counts=counts)


_ALLOCATED = """
SELECT payment_id, invoice_id, sum(amount) AS amount FROM payment_allocation WHERE payment_id = ANY($1)
GROUP BY payment_id, invoice_id HAVING sum(amount) <> 0 ORDER BY payment_id, min(id)
"""
_SHOWN = f"""
SELECT moved.payment_id, moved.invoice_id, moved.amount, payment.currency
FROM ({_ALLOCATED}) AS moved JOIN payment ON payment.id = moved.payment_id
"""


async def allocated(payments: Sequence[UUID]) -> dict[UUID, dict[UUID, Decimal]]:
    """How much each invoice has of each payment."""
    found: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for payment, invoice, amount in await fetch(_ALLOCATED, payments):
        found[payment][invoice] = amount
    return found


class Allocated(NamedTuple):
    """What an invoice has of a payment, as it is shown."""

    invoice_id: UUID
    amount: Money


async def allocations_of(payments: Sequence[UUID]) -> dict[UUID, list[Allocated]]:
    """What invoices have of each payment, the first first."""
    found: dict[UUID, list[Allocated]] = defaultdict(list)
    for payment, invoice, amount, currency in await fetch(_SHOWN, payments):
        found[payment].append(Allocated(invoice, Money(rounded(amount, currency), currency)))
    return found


class Refunded(NamedTuple):
    """A part of a payment that was given back, as it is shown."""

    amount: Money
    reason: str | None
    created_at: datetime
    created_by_id: UUID | None


_REFUNDS = """
SELECT refund.payment_id, refund.amount, payment.currency, refund.reason, refund.created_at, refund.created_by_id
FROM payment_refund AS refund JOIN payment ON payment.id = refund.payment_id WHERE refund.payment_id = ANY($1)
ORDER BY refund.id
"""


async def refunds_of(payments: Sequence[UUID]) -> dict[UUID, list[Refunded]]:
    """What was given back of each payment, in order."""
    found: dict[UUID, list[Refunded]] = defaultdict(list)
    for payment, amount, currency, *rest in await fetch(_REFUNDS, payments):
        found[payment].append(Refunded(Money(rounded(amount, currency), currency), *rest))
    return found
