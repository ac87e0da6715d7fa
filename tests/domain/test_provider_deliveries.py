"""What payment providers tell: in whatever order, however often, of whatever there is by then."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.clock import day_in
from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.database import sql
from models.errors import RuleBroken
from models.ids import Kind, encode, new_id
from models.items import provider_deliveries as deliveries
from models.items.invoice_states import void_invoice
from models.items.invoices import link_invoice, unlink_invoice
from models.items.payment_allocations import Allocation, allocated
from models.items.payment_providers import (
    Receiver,
    create_payment_provider,
    delete_payment_provider,
    receiver_at,
    revoke_former_provider_secret,
    set_payment_provider_secret,
)
from models.items.payments import apply_payment, clear_payment, fail_payment, record_payment, refund_payment
from models.items.provider_deliveries import prune_deliveries
from models.providers.provider import NotVerified, Told
from models.reasons import Reason
from models.rights import Right, Role
from models.rows.invoices import Invoice
from models.rows.payment_providers import (
    PaymentProvider,
    PaymentService,
    ProviderDelivery,
    ProviderFact,
    ProviderReference,
)
from models.rows.payments import Payment, PaymentMethod, PaymentRefund
from models.scope import Viewer
from models.viewers import viewer_now
from tests.domain.refusal import counted
from tests.domain.refusal import told as told_of
from tests.domain.test_invoices import kept, new_invoice
from tests.domain.test_one_time_invoices import Deal
from tests.locks import held, until_waiting
from tests.telling import number, take, told
from tests.world import World

PENDING, RECEIVED, FAILED = ProviderFact.PENDING, ProviderFact.RECEIVED, ProviderFact.FAILED
RETURNED, RETURN_FAILED, DISPUTED = ProviderFact.RETURNED, ProviderFact.RETURN_FAILED, ProviderFact.DISPUTED


def became(delivery: ProviderDelivery) -> tuple[str, str | None]:
    """The outcome, and why not more."""
    return delivery.outcome.value, delivery.reason and delivery.reason.value


async def tell(world: World, *what: Told) -> list[tuple[str, str | None]]:
    """What became of each, told one after another."""
    return [became(await take(world.firm.id, each)) for each in what]


async def payments_of(world: World) -> list[Payment]:
    """The firm's, the first first."""
    return await Payment.filter(firm_id=world.firm.id).order_by("id")


async def books(world: World) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Of each payment: its state, and how much of it there is, is applied, was given back."""
    return [(each.state.value, each.amount, each.applied, each.refunded) for each in await payments_of(world)]


def amounts(state: str, *figures: int) -> tuple[Any, ...]:
    """As `books` has them."""
    return (state, *map(Decimal, figures))


async def standing(invoice: Invoice) -> tuple[str, int]:
    """Its state and its balance."""
    present = await kept(invoice)
    return present.state.value, int(present.balance)


async def sent(world: World, *jobs: UUID, **fields: Any) -> Invoice:
    """An invoice over 200 dollars."""
    return await new_invoice(world, *jobs, sent=True, **fields)


def reference() -> str:
    """A payment of a provider's."""
    return f"pi_{number()}"


async def test_a_payment_is_recorded_and_applied_and_the_log_says_who_told(world: World) -> None:
    invoice, pi = await sent(world, (await world.job()).id), reference()
    before = await world.revision()
    delivery = await take(world.firm.id, told(RECEIVED, pi, "200", invoice=invoice.id))
    assert became(delivery) == ("APPLIED", None)
    (payment,) = await payments_of(world)
    assert (delivery.payment_id, delivery.account_id) == (payment.id, invoice.account_id)
    assert (payment.method, payment.reference, payment.created_by_id) == (PaymentMethod.CARD, pi, None)
    assert payment.received_date == day_in(world.firm.time_zone, delivery.happened_at)
    assert await standing(invoice) == ("PAID", 0)
    # The invoice's are told with its job, and once without.
    kinds = ["PaymentRecorded", *["InvoiceBalanceChanged"] * 2, "ProviderDeliveryRecorded"]
    assert await told_of(world, before) == kinds
    events = await world.events(before)
    assert {logged.revision for logged in events} == {before + 1, delivery.revision or before + 1}
    assert all(logged.actor == {"kind": "PROVIDER", "id": None, "label": "Stripe"} for logged in events)


async def test_a_proposal_follows_the_invoice_that_is_paid_and_given_back(world: World) -> None:
    deal = await Deal.invoiced(world)
    invoice, pi = await deal.invoice(), reference()
    assert Kind.PROPOSAL in await deal.waits()
    await tell(world, told(RECEIVED, pi, f"{invoice.total:.2f}", invoice=invoice.id))
    assert Kind.PROPOSAL not in await deal.waits()
    await tell(world, told(RETURNED, pi, "1", returned=f"re_{number()}"))
    assert Kind.PROPOSAL in await deal.waits()


async def test_what_is_told_again_changes_nothing(world: World) -> None:
    invoice, what = await sent(world), told(RECEIVED, reference(), "50")
    what = replace(what, invoice=encode(Kind.INVOICE, invoice.id))
    assert await tell(world, what) == [("APPLIED", None)]
    before = await world.revision()
    # The same event; as often as the provider likes, and all at once.
    assert await tell(world, what, what) == [("APPLIED", None)] * 2
    await asyncio.gather(*(take(world.firm.id, what) for _ in range(10)))
    assert await world.revision() == before
    # Another event that says the same.
    assert await tell(world, replace(what, event_id=f"evt_{number()}")) == [("IGNORED", "ALREADY_KNOWN")]
    assert await told_of(world, before) == ["ProviderDeliveryRecorded"]
    assert await books(world) == [amounts("CLEARED", 50, 50, 0)]
    assert await standing(invoice) == ("PARTIALLY_PAID", 150)


async def test_of_many_at_once_one_has_an_effect(world: World) -> None:
    invoice, pi = await sent(world), reference()
    # Something is known of it: that it came, but not what for.
    assert await tell(world, told(RECEIVED, pi, "200")) == [("UNMATCHED", "NO_INVOICE")]
    one = told(RECEIVED, pi, "200", invoice=invoice.id)
    others = [told(RECEIVED, pi, "200", invoice=invoice.id) for _ in range(5)]
    done = await asyncio.gather(*(take(world.firm.id, what) for what in [*[one] * 10, *others]))
    assert await books(world) == [amounts("CLEARED", 200, 200, 0)]
    assert len({delivery.id for delivery in done}) == 6
    assert sorted(delivery.outcome.value for delivery in done[10:]).count("IGNORED") >= 4


async def test_in_whatever_order_a_debit_is_told_of_it_ends_the_same(world: World) -> None:
    """On its way, there, a part back, and a failure that is older: every order, each on an invoice of its own."""
    ends = set()
    for order in itertools.permutations(range(4)):
        invoice, pi = await sent(world), reference()
        debit = {"invoice": invoice.id, "method": PaymentMethod.BANK_DEBIT}
        what = [
            told(FAILED, pi, "150", **debit),
            told(PENDING, pi, "150", **debit),
            told(RECEIVED, pi, "150", **debit),
            told(RETURNED, pi, "30", returned=f"re_{number()}"),
        ]
        await tell(world, *(what[place] for place in order))
        mine = [each for each in await payments_of(world) if each.reference == pi and each.state != "FAILED"]
        ends.add((len(mine), mine[0].state.value, mine[0].applied, mine[0].refunded, *await standing(invoice)))
        waiting = await ProviderDelivery.filter(firm_id=world.firm.id, outcome="UNMATCHED").count()
        assert waiting == 0, order
    assert ends == {(1, "CLEARED", Decimal(120), Decimal(30), "PARTIALLY_PAID", 80)}


async def test_the_failure_of_an_attempt_does_not_fail_the_next_one(world: World) -> None:
    invoice, pi = await sent(world), reference()
    debit: dict[str, Any] = {"invoice": invoice.id, "method": PaymentMethod.BANK_DEBIT}
    first, failure, again = (told(fact, pi, "200", **debit) for fact in (PENDING, FAILED, PENDING))
    assert await tell(world, first, again, failure) == [
        ("APPLIED", None),
        ("IGNORED", "ALREADY_KNOWN"),
        ("IGNORED", "OUT_OF_DATE"),
    ]
    assert await books(world) == [amounts("PENDING", 200, 200, 0)]
    # The next attempt is of another amount: nobody heard that this one had failed.
    other, late = told(PENDING, pi, "150", **debit), told(FAILED, pi, "200", happened_at=again.happened_at)
    assert await tell(world, other, late) == [("APPLIED", None), ("IGNORED", "OUT_OF_DATE")]
    assert await books(world) == [amounts("FAILED", 200, 0, 0), amounts("PENDING", 150, 150, 0)]
    assert await standing(invoice) == ("UNPAID", 50)


@pytest.mark.parametrize("counts", [False, True])
async def test_a_pending_debit_counts_as_the_firm_says(world: World, counts: bool) -> None:
    await update_firm(world.acting(world.owner), count_pending_ach=counts)
    invoice, pi = await sent(world), reference()
    debit: dict[str, Any] = {"invoice": invoice.id, "method": PaymentMethod.BANK_DEBIT}
    assert await tell(world, told(PENDING, pi, "200", **debit)) == [("APPLIED", None)]
    assert await standing(invoice) == ("PAID" if counts else "UNPAID", 0)
    assert await tell(world, told(FAILED, pi, "200", failure="insufficient_funds")) == [("APPLIED", None)]
    assert await standing(invoice) == ("UNPAID", 200)
    (payment,) = await payments_of(world)
    assert (payment.state.value, payment.failure) == ("FAILED", "insufficient_funds")
    # The client tries again: a payment of its own.
    assert await tell(world, told(PENDING, pi, "200", **debit), told(RECEIVED, pi, "200", **debit)) == [
        ("APPLIED", None),
        ("APPLIED", None),
    ]
    assert await books(world) == [amounts("FAILED", 200, 0, 0), amounts("CLEARED", 200, 200, 0)]
    assert await standing(invoice) == ("PAID", 0)


async def test_what_is_late_is_out_of_date(world: World) -> None:
    invoice, pi = await sent(world), reference()
    late_pending, late_failure = told(PENDING, pi, "200", invoice=invoice.id), told(FAILED, pi, "200")
    again, end = told(PENDING, pi, "200", invoice=invoice.id), told(FAILED, pi, "200")
    received = told(RECEIVED, pi, "200", invoice=invoice.id)
    out_of_date = ("IGNORED", "OUT_OF_DATE")
    assert await tell(world, late_failure, again, late_failure, late_pending) == [
        ("IGNORED", "PAYMENT_UNKNOWN"),
        ("APPLIED", None),
        ("IGNORED", "PAYMENT_UNKNOWN"),
        ("IGNORED", "ALREADY_KNOWN"),
    ]
    assert await tell(world, replace(late_failure, event_id=f"evt_{number()}")) == [out_of_date]
    assert await tell(world, end, replace(late_pending, event_id=f"evt_{number()}")) == [("APPLIED", None), out_of_date]
    assert await tell(world, received, told(FAILED, pi, "200")) == [("APPLIED", None), out_of_date]
    assert await books(world) == [amounts("FAILED", 200, 0, 0), amounts("CLEARED", 200, 200, 0)]


async def test_more_than_is_owed_is_the_clients_credit(world: World) -> None:
    invoice = await sent(world)
    assert await tell(world, told(RECEIVED, reference(), "250", invoice=invoice.id)) == [("APPLIED", "ABOVE_BALANCE")]
    assert await books(world) == [amounts("CLEARED", 250, 200, 0)]
    # Paid otherwise meanwhile.
    assert await tell(world, told(RECEIVED, reference(), "10", invoice=invoice.id)) == [("APPLIED", "ABOVE_BALANCE")]
    assert await standing(invoice) == ("PAID", 0)


async def test_money_that_has_come_does_not_vanish(world: World) -> None:
    draft, void, euros = await new_invoice(world), await sent(world), await sent(world, currency="EUR")
    await void_invoice(world.acting(world.owner), invoice_id=void.id)
    for invoice, reason in ((draft, "INVOICE_NOT_SENT"), (void, "INVOICE_VOID"), (euros, "OTHER_CURRENCY")):
        what = told(RECEIVED, reference(), "70", invoice=invoice.id)
        assert await tell(world, what) == [("APPLIED", reason)]
    assert await books(world) == [amounts("CLEARED", 70, 0, 0)] * 3
    assert [each.currency for each in await payments_of(world)] == ["USD"] * 3
    # Of an archived client, too: what is owed is paid.
    owed = await sent(world)
    await archive_account(world.acting(world.owner), account_id=world.account.id)
    assert await tell(world, told(RECEIVED, reference(), "200", invoice=owed.id)) == [("APPLIED", None)]
    assert await standing(owed) == ("PAID", 0)


async def test_what_fits_nothing_is_kept_to_be_looked_at(world: World, database: str) -> None:
    other = await World.build(f"{world.tag}-other")
    theirs = await sent(other)
    pi = reference()
    unknown = {
        "another firm's": told(RECEIVED, pi, "200", invoice=theirs.id),
        "nobody's": told(RECEIVED, pi, "200", invoice=new_id()),
        "another kind's": told(RECEIVED, pi, "200", invoice=encode(Kind.PAYMENT, theirs.id)),
        "no id": told(RECEIVED, pi, "200", invoice="x" * 500),
    }
    before, theirs_before = await world.revision(), await other.revision()
    for what in unknown.values():
        assert await tell(world, what) == [("UNMATCHED", "INVOICE_UNKNOWN")]
    assert await tell(world, told(RECEIVED, pi, "200")) == [("UNMATCHED", "NO_INVOICE")]
    assert await world.revision() == before + 5 and await other.revision() == theirs_before
    rows = await ProviderDelivery.filter(firm_id=world.firm.id).order_by("id")
    assert {(row.payment_id, row.account_id) for row in rows} == {(None, None)}
    assert {(row.reference, row.amount) for row in rows} == {(pi, Decimal(200))}
    assert await payments_of(world) == []
    # Sent again, it is tried again; as long as nothing has changed, nothing is told.
    assert await tell(world, unknown["nobody's"]) == [("UNMATCHED", "INVOICE_UNKNOWN")]
    assert await world.revision() == before + 5


async def test_sent_again_it_finds_what_is_there_by_then(world: World) -> None:
    id = new_id()
    what = told(RECEIVED, reference(), "200", invoice=id)
    assert await tell(world, what) == [("UNMATCHED", "INVOICE_UNKNOWN")]
    invoice = await sent(world, id=id)
    before = await world.revision()
    assert await tell(world, what, what) == [("APPLIED", None)] * 2
    assert (await told_of(world, before))[-1] == "ProviderDeliveryUpdated"
    assert await world.revision() == before + 1
    assert await standing(invoice) == ("PAID", 0)


async def test_refunds_are_taken_from_the_credit_first_and_then_from_the_last_invoice(world: World) -> None:
    one, two = await sent(world), await sent(world)
    pi = reference()
    await tell(world, told(RECEIVED, pi, "250", invoice=one.id))
    (payment,) = await payments_of(world)
    owner = world.acting(world.owner)
    await apply_payment(owner, payment_id=payment.id, allocations=[Allocation(two.id, Decimal(30))])
    before = await world.revision()
    backs = [told(RETURNED, pi, amount, returned=f"re_{number()}") for amount in ("15", "20", "40")]
    assert await tell(world, *backs, backs[1]) == [("APPLIED", None)] * 4
    assert await world.revision() == before + 3
    assert await books(world) == [amounts("CLEARED", 250, 175, 75)]
    assert await standing(one) == ("PARTIALLY_PAID", 25) and await standing(two) == ("UNPAID", 200)
    assert (await allocated([payment.id]))[payment.id] == {one.id: Decimal(175)}
    reasons: list[Any] = (
        await PaymentRefund.filter(payment_id=payment.id).order_by("id").values_list("reason", flat=True)
    )
    assert reasons == [back.returned for back in backs]
    # Another event of the same refund, and more than there ever was.
    assert await tell(world, replace(backs[0], event_id=f"evt_{number()}")) == [("IGNORED", "ALREADY_KNOWN")]
    assert await tell(world, told(RETURNED, pi, "176", returned="re_more")) == [("UNMATCHED", "ABOVE_PAYMENT")]
    euros = told(RETURNED, pi, "1", returned="re_euros", currency="EUR")
    assert await tell(world, euros) == [("UNMATCHED", "OTHER_CURRENCY")]
    assert await tell(world, told(RETURNED, pi, "175", returned="dp_lost")) == [("APPLIED", None)]
    assert await books(world) == [amounts("CLEARED", 250, 0, 250)]


async def test_what_went_back_before_we_heard_that_it_came_is_kept_until_then(world: World) -> None:
    invoice, pi = await sent(world), reference()
    backs = [told(RETURNED, pi, amount, returned=f"re_{number()}") for amount in ("10", "20")]
    assert await tell(world, *backs) == [("UNMATCHED", "PAYMENT_UNKNOWN")] * 2
    before = await world.revision()
    assert await tell(world, told(RECEIVED, pi, "200", invoice=invoice.id)) == [("APPLIED", None)]
    assert (await told_of(world, before))[-3:] == ["ProviderDeliveryRecorded", *["ProviderDeliveryUpdated"] * 2]
    assert await books(world) == [amounts("CLEARED", 200, 170, 30)]
    assert await tell(world, *backs) == [("APPLIED", None)] * 2
    rows = await ProviderDelivery.filter(firm_id=world.firm.id, fact=RETURNED)
    assert {(row.payment_id, row.account_id) for row in rows} == {((await payments_of(world))[0].id, world.account.id)}


async def test_one_that_is_caught_up_with_while_it_comes_again_stays_what_it_became(
    world: World, database: str
) -> None:
    invoice, pi = await sent(world), reference()
    back = told(RETURNED, pi, "10", returned=f"re_{number()}")
    await tell(world, back)
    async with held(database, "firm", world.firm.id):
        payment = asyncio.create_task(take(world.firm.id, told(RECEIVED, pi, "200", invoice=invoice.id)))
        await until_waiting(payment)
        again = asyncio.create_task(take(world.firm.id, back))
        await until_waiting(payment, again)
    assert [became(await each) for each in (payment, again)] == [("APPLIED", None)] * 2
    assert await books(world) == [amounts("CLEARED", 200, 190, 10)]


async def test_a_refund_that_failed_and_a_dispute_are_for_somebody_to_look_at(world: World) -> None:
    invoice, pi = await sent(world), reference()
    await tell(world, told(RECEIVED, pi, "200", invoice=invoice.id))
    assert await tell(world, told(DISPUTED, pi, "200", returned="dp_1")) == [("UNMATCHED", "DISPUTED")]
    await tell(world, told(RETURNED, pi, "50", returned="re_1"))
    assert await tell(world, told(RETURN_FAILED, pi, "50", returned="re_1")) == [("UNMATCHED", "RETURN_FAILED")]
    assert await books(world) == [amounts("CLEARED", 200, 150, 50)]
    # One that never went out is nothing, also where its beginning comes late.
    assert await tell(
        world, told(RETURN_FAILED, pi, "9", returned="re_2"), told(RETURNED, pi, "9", returned="re_2")
    ) == [("IGNORED", "PAYMENT_UNKNOWN"), ("IGNORED", "OUT_OF_DATE")]
    assert await tell(world, replace(told(RETURNED, pi, "9", returned="re_3"), reference=None)) == [
        ("UNMATCHED", "PAYMENT_UNKNOWN")
    ]


async def test_a_dispute_and_a_refund_that_are_over_are_nobodys_to_look_at(world: World) -> None:
    invoice, pi = await sent(world), reference()
    await tell(world, told(RECEIVED, pi, "200", invoice=invoice.id))
    lost, won = (told(DISPUTED, pi, "20", returned=name) for name in ("dp_lost", "dp_won"))
    failed = told(RETURNED, "pi_later", "9", returned="re_failed")
    await tell(world, lost, won, failed)
    assert await tell(
        world,
        told(RETURNED, pi, "20", returned="dp_lost"),
        told(RETURN_FAILED, pi, "20", returned="dp_won"),
        told(RETURN_FAILED, "pi_later", "9", returned="re_failed"),
    ) == [("APPLIED", None), ("IGNORED", "PAYMENT_UNKNOWN"), ("IGNORED", "PAYMENT_UNKNOWN")]
    over = ("IGNORED", "OUT_OF_DATE")
    assert await tell(world, lost, won, failed) == [("APPLIED", None), over, over]
    # That it began is told last.
    assert await tell(world, *(replace(each, event_id=f"evt_{number()}") for each in (lost, won))) == [over] * 2
    assert await ProviderDelivery.filter(firm_id=world.firm.id, outcome="UNMATCHED").count() == 0
    assert await books(world) == [amounts("CLEARED", 200, 180, 20)]


async def test_jobs_are_held_before_the_invoice_also_those_of_the_proposal_behind_it(
    world: World, database: str
) -> None:
    deal = await Deal.invoiced(world)
    invoice, later = await deal.invoice(), await world.job()
    await link_invoice(deal.owner, invoice_id=invoice.id, job_id=later.id)
    await unlink_invoice(deal.owner, invoice_id=invoice.id, job_id=deal.job.id)
    async with held(database, "job", deal.job.id) as other:
        paid = asyncio.create_task(take(world.firm.id, told(RECEIVED, reference(), "7", invoice=invoice.id)))
        await until_waiting(paid)
        assert not paid.done()
        # Whoever holds the first job may go on to the second one, and to the invoice.
        await other.execute("SELECT FROM job WHERE id = $1 FOR UPDATE NOWAIT", later.id)
        await other.execute("SELECT FROM invoice WHERE id = $1 FOR UPDATE NOWAIT", invoice.id)
    assert became(await paid) == ("APPLIED", None)


async def test_what_members_did_meanwhile_is_respected(world: World) -> None:
    owner = world.acting(world.owner)
    debit: dict[str, Any] = {"method": PaymentMethod.BANK_DEBIT}
    references, payments = [], []
    for _ in range(5):
        invoice, pi = await sent(world), reference()
        await tell(world, told(PENDING, pi, "200", invoice=invoice.id, **debit))
        references.append(pi)
        payments.append((await payments_of(world))[-1].id)
    for place in (0, 1, 2):
        await clear_payment(owner, payment_id=payments[place])
    await fail_payment(owner, payment_id=payments[3])
    await apply_payment(owner, payment_id=payments[2], allocations=[Allocation(invoice.id, Decimal(0))])
    first = (await allocated([payments[2]]))[payments[2]]
    await apply_payment(owner, payment_id=payments[2], allocations=[Allocation(id, Decimal(0)) for id in first])
    # Which is for payments whose provider tells no more.
    await PaymentProvider.filter(firm_id=world.firm.id).delete()
    await refund_payment(owner, payment_id=payments[2], amount=Decimal(1))
    named = {"invoice": invoice.id, **debit}
    assert await tell(
        world,
        told(RECEIVED, references[0], "200", **named),
        told(RECEIVED, references[1], "150", **named),
        told(FAILED, references[2], "200"),
        told(RECEIVED, references[3], "200", **named),
        told(RECEIVED, references[4], "150", **named),
    ) == [
        ("IGNORED", "ALREADY_KNOWN"),
        ("UNMATCHED", "OTHER_AMOUNT"),
        ("UNMATCHED", "GIVEN_BACK"),
        ("APPLIED", "ABOVE_BALANCE"),
        ("APPLIED", None),
    ]
    # Of the fourth a member said that it had failed, of the fifth another amount was announced: both are there anew.
    assert [(state, int(amount)) for state, amount, *_ in await books(world)] == [
        *[("CLEARED", 200)] * 3,
        *[("FAILED", 200)] * 2,
        ("CLEARED", 200),
        ("CLEARED", 150),
    ]
    await fail_payment(owner, payment_id=(await payments_of(world))[-1].id)
    lost = told(RETURNED, references[4], "150", returned="re_of_failed")
    assert await tell(world, lost) == [("UNMATCHED", "PAYMENT_FAILED")]


async def test_those_who_pay_by_hand_at_the_same_time_and_providers_share_the_balance(world: World) -> None:
    """Each invoice is paid by both at once: nobody overpays it, and nothing is lost."""
    invoices = [await sent(world) for _ in range(4)]
    owner = world.acting(world.owner)

    def by_hand(invoice: Invoice) -> Any:
        paid: dict[str, Any] = {"method": PaymentMethod.CASH, "amount": Decimal(200), "account_id": world.account.id}
        return record_payment(owner, **paid, allocations=[Allocation(invoice.id, Decimal(200))])

    tries = [by_hand(invoice) for invoice in invoices]
    tries += [take(world.firm.id, told(RECEIVED, reference(), "200", invoice=each.id)) for each in invoices]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert all(isinstance(delivery, ProviderDelivery) for delivery in done[4:]), done
    assert [await standing(invoice) for invoice in invoices] == [("PAID", 0)] * 4
    rows = await sql(
        "SELECT applied, COALESCE((SELECT sum(amount) FROM payment_allocation a WHERE a.payment_id = payment.id), 0) "
        "AS added FROM payment WHERE firm_id = $1",
        world.firm.id,
    )
    assert all(row["applied"] == row["added"] for row in rows)
    assert sum(row["applied"] for row in rows) == 800


async def test_who_sees_what_was_told(world: World) -> None:
    """With the right to payments, at the accounts that one sees; what is of none, whoever sees every account."""
    there = await sent(world)
    elsewhere = await world.new_account("Elsewhere")
    hidden = await new_invoice(world, sent=True)
    await sql("UPDATE invoice SET account_id = $1 WHERE id = $2", elsewhere.id, hidden.id)
    mine = await take(world.firm.id, told(RECEIVED, reference(), "1", invoice=there.id))
    theirs = await take(world.firm.id, told(RECEIVED, reference(), "1", invoice=hidden.id))
    nobodys = await take(world.firm.id, told(RECEIVED, reference(), "1"))
    clerk = await world.member("Cleo Clerk", Role.EMPLOYEE, Right.MANAGE_PAYMENTS)
    await sql("INSERT INTO account_member (account_id, member_id) VALUES ($1, $2)", world.account.id, clerk.id)
    for member, seen in (
        (world.owner, {mine.id, theirs.id, nobodys.id}),
        (clerk, {mine.id}),
        (world.employee, set()),
        (world.stranger, set()),
    ):
        viewer = await viewer_now(member.id)
        assert isinstance(viewer, Viewer)
        assert set(await viewer.rows(ProviderDelivery).many([mine.id, theirs.id, nobodys.id])) == seen


async def test_what_a_provider_gives_back_is_not_given_back_by_hand_as_well(world: World) -> None:
    invoice, pi, owner = await sent(world), reference(), world.acting(world.owner)
    await tell(world, told(RECEIVED, pi, "250", invoice=invoice.id))
    (payment,) = await payments_of(world)
    before = await world.revision()
    with pytest.raises(RuleBroken) as refused:
        await refund_payment(owner, payment_id=payment.id, amount=Decimal(40))
    assert (refused.value.reason, refused.value.path) == (Reason.ELSEWHERE, ("payment_id",))
    assert await world.revision() == before
    assert await tell(world, told(RETURNED, pi, "40", returned=f"re_{number()}")) == [("APPLIED", None)]
    # Of one that tells no more it is recorded by hand; and so it always was of other payments.
    await PaymentProvider.filter(firm_id=world.firm.id).delete()
    await refund_payment(owner, payment_id=payment.id, amount=Decimal(10))
    assert await books(world) == [amounts("CLEARED", 250, 200, 50)]


async def test_another_amount_than_was_announced_is_for_what_was_paid_before(world: World) -> None:
    """Also where nobody says any more what it is for."""
    invoices, pi, owner = [await sent(world) for _ in range(2)], reference(), world.acting(world.owner)
    await tell(world, told(PENDING, pi, "250", invoice=invoices[0].id, method=PaymentMethod.BANK_DEBIT))
    (pending,) = await payments_of(world)
    await apply_payment(owner, payment_id=pending.id, allocations=[Allocation(invoices[1].id, Decimal(50))])
    assert await tell(world, told(RECEIVED, pi, "240")) == [("APPLIED", None)]
    assert await books(world) == [amounts("FAILED", 250, 0, 0), amounts("CLEARED", 240, 240, 0)]
    assert [await standing(each) for each in invoices] == [("PAID", 0), ("PARTIALLY_PAID", 160)]
    # Of one that a member let fail nothing is known but the client.
    pi = reference()
    await tell(world, told(PENDING, pi, "100", invoice=invoices[1].id, method=PaymentMethod.BANK_DEBIT))
    await fail_payment(owner, payment_id=(await payments_of(world))[-1].id)
    assert await tell(world, told(RECEIVED, pi, "100")) == [("APPLIED", "NO_INVOICE")]
    last = (await payments_of(world))[-1]
    assert (last.account_id, last.applied) == (world.account.id, Decimal())


async def test_what_was_signed_with_a_secret_that_is_revoked_meanwhile_is_not_believed(world: World) -> None:
    owner, secrets = world.acting(world.owner), ["whsec_" + letter * 32 for letter in "ab"]
    provider = (await create_payment_provider(owner, name="Stripe")).value
    for secret in secrets:
        await set_payment_provider_secret(owner, payment_provider_id=provider.id, secret=secret)

    async def tell_of(receiver: Receiver | None) -> ProviderDelivery:
        assert receiver is not None
        return await deliveries.take(receiver, PaymentService.STRIPE, told(RECEIVED, reference()))

    receiver = await receiver_at(PaymentService.STRIPE, provider.path)
    await tell_of(receiver)
    await revoke_former_provider_secret(owner, payment_provider_id=provider.id)
    before = await world.revision()
    with pytest.raises(NotVerified):
        await tell_of(receiver)
    assert await world.revision() == before
    receiver = await receiver_at(PaymentService.STRIPE, provider.path)
    await tell_of(receiver)
    await delete_payment_provider(owner, payment_provider_id=provider.id)
    with pytest.raises(NotVerified):
        await tell_of(receiver)


async def test_what_is_of_the_other_mode_counts_for_nothing(world: World) -> None:
    invoice = await sent(world)
    test = told(RECEIVED, reference(), "200", invoice=invoice.id, test_mode=True)
    assert await tell(world, test) == [("IGNORED", "OTHER_MODE")]
    real = told(RECEIVED, reference(), "200", invoice=invoice.id)
    assert became(await take(world.firm.id, real, test_mode=True)) == ("UNMATCHED", "OTHER_MODE")
    assert await payments_of(world) == []


@pytest.mark.parametrize("test_mode", [False, True])
async def test_what_came_to_the_other_mode_first_is_taken_where_it_belongs(world: World, test_mode: bool) -> None:
    """A provider was set up for the wrong mode, and then another one; or Stripe tells both."""
    invoice = await sent(world)
    what = told(RECEIVED, reference(), "200", invoice=invoice.id, test_mode=test_mode)
    await take(world.firm.id, what, test_mode=not test_mode)
    assert became(await take(world.firm.id, what, test_mode=test_mode)) == ("APPLIED", None)
    assert await standing(invoice) == ("PAID", 0)
    # There and then it stays so, whatever the other one hears.
    assert became(await take(world.firm.id, what, test_mode=not test_mode)) == ("APPLIED", None)
    nobodys = told(RECEIVED, reference(), "7", test_mode=test_mode)
    for at in (test_mode, not test_mode):
        assert became(await take(world.firm.id, nobodys, test_mode=at)) == ("UNMATCHED", "NO_INVOICE")


async def test_what_cannot_be_read_is_kept_by_its_name(world: World) -> None:
    what = told(ProviderFact.UNREADABLE, "pi_1")
    what = replace(what, reference=None, amount=None, currency=None)
    assert await tell(world, what, what) == [("UNMATCHED", "UNREADABLE")] * 2
    (row,) = await ProviderDelivery.filter(firm_id=world.firm.id)
    assert (row.event_id, row.amount, row.money) == (what.event_id, None, None)
    # Later it can be read.
    pi = reference()
    assert await tell(world, replace(told(RECEIVED, pi, "7"), event_id=what.event_id)) == [("UNMATCHED", "NO_INVOICE")]
    await row.refresh_from_db()
    assert (row.fact, row.reference, row.amount, row.currency) == (RECEIVED, pi, Decimal(7), "USD")


async def test_old_deliveries_are_forgotten_and_payments_are_not_taken_twice(world: World) -> None:
    invoice, pi = await sent(world), reference()
    received, back = told(RECEIVED, pi, "200", invoice=invoice.id), told(RETURNED, pi, "5", returned="re_old")
    unmatched = told(RECEIVED, reference(), "7")
    await tell(world, received, back, unmatched)
    now = datetime.now(UTC)

    async def left(after: timedelta) -> int:
        await prune_deliveries(now + after)
        return await ProviderDelivery.filter(firm_id=world.firm.id).count()

    assert await left(deliveries.KEPT_FOR - timedelta(days=1)) == 3
    assert await left(deliveries.KEPT_FOR + timedelta(days=1)) == 1
    assert await tell(world, received, back) == [("IGNORED", "ALREADY_KNOWN")] * 2
    assert await books(world) == [amounts("CLEARED", 200, 195, 5)]
    # What is known of payments stays, and of a refund that waits for one.
    await tell(world, told(RETURNED, reference(), "5", returned="re_waits"), told(FAILED, reference()))
    assert await left(deliveries.UNMATCHED_KEPT_FOR + timedelta(days=1)) == 0
    there: Any = await ProviderReference.filter(firm_id=world.firm.id).values_list("reference", flat=True)
    assert {*there} == {pi, "re_old", "re_waits"}


async def test_what_it_costs_does_not_grow(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Of the tenth payment of a client as of the first."""
    counts = []
    await tell(world, told(RECEIVED, reference()))
    for _ in range(4):
        invoice = await sent(world)
        with counted(caplog) as statements:
            await tell(world, told(RECEIVED, reference(), "200", invoice=invoice.id))
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts
