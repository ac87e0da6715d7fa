"""Invoices: what they add up to, how they are numbered, and what their states allow."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.changed_fields import changes_in
from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.commands.time import delete_time_entry, set_time_entry_rate, update_time_entry
from models.database import sql
from models.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from models.firm.contact_merging import merge_contacts
from models.ids import new_id
from models.items.invoice_lines import Line, lines_of, net_of, taxes_of, total_of
from models.items.invoice_states import credit_invoice, send_invoice, void_invoice
from models.items.invoices import InvoiceUpdated, create_invoice, delete_invoice, link_invoice, update_invoice
from models.items.reads import awaiting, outstanding
from models.items.time_billing import bill_time_entries
from models.money import minor_units, rounded, worth
from models.reasons import Reason
from models.rights import Right, Role
from models.rows import Awaited, Awaiting, Member, TimeEntry
from models.rows.invoices import CreditNote, Invoice, InvoiceState
from tests.domain.refusal import refused, told
from tests.domain.test_contacts import new_contact
from tests.kinds.invoices import billable_entry, line
from tests.kinds.notes import hidden_job
from tests.links import jobs_of
from tests.specimens import Spot
from tests.world import World

#: One of each number of decimals.
CURRENCIES = ("JPY", "USD", "KWD", "CLF")
PERCENTS = st.decimals(0, 100, places=3)


async def new_invoice(world: World, *jobs: UUID, sent: bool = False, **fields: Any) -> Invoice:
    """A draft to the world's account, or one that was sent; 200.00 dollars unless told otherwise."""
    owner = world.acting(world.owner)
    fields.setdefault("lines", [line()])
    invoice = (await create_invoice(owner, account_id=world.account.id, **fields)).value
    for job in jobs:
        await link_invoice(owner, invoice_id=invoice.id, job_id=job)
    if sent:
        invoice = (await send_invoice(owner, invoice_id=invoice.id)).value
    return invoice


async def kept(invoice: Invoice) -> Invoice:
    """An invoice as the database has it now."""
    return await Invoice.get(id=invoice.id)


def a_line(
    currency: str, price: Decimal, discount: Decimal, tax: Decimal, quantity: Decimal | None, minutes: int
) -> Line:
    return Line(currency, "It", rounded(price, currency), quantity, None if quantity else minutes, discount, tax)


def lines_in(currency: str) -> st.SearchStrategy[list[Line]]:
    """Lines of one currency, of few rates of tax."""
    rates = st.sampled_from([Decimal(0), Decimal("8.875"), Decimal(19), Decimal("0.001")])
    one = st.builds(
        a_line,
        st.just(currency),
        st.decimals(0, 10**6, places=4),
        PERCENTS,
        rates,
        st.none() | st.decimals(Decimal("0.0001"), 10**4, places=4),
        st.integers(0, 10**5),
    )
    return st.lists(one, max_size=8)


@given(lines=st.sampled_from(CURRENCIES).flatmap(lines_in))
def test_what_lines_add_up_to(lines: list[Line]) -> None:
    """In fractions, which round nothing: each line is within half a unit of what it should be, the tax at each rate
    within half a unit of that on the sum of its lines, and nothing else is rounded."""
    if not lines:
        assert (net_of(lines), taxes_of(lines), total_of(lines)) == (Decimal(), [], Decimal())
        return
    currency = lines[0].currency
    half = Decimal(1).scaleb(-minor_units(currency)) / 2
    for each in lines:
        number = each.quantity if each.minutes is None else Decimal(each.minutes) / 60
        assert number is not None
        assert abs(each.net - each.unit_price * number * (1 - each.discount / 100)) <= half + Decimal("1e-12")
        assert each.net == rounded(each.net, currency)
    taxes = taxes_of(lines)
    assert [tax.rate for tax in taxes] == sorted({each.tax_rate for each in lines if each.tax_rate})
    for tax in taxes:
        assert tax.net.amount == sum(each.net for each in lines if each.tax_rate == tax.rate)
        assert abs(tax.amount.amount - tax.net.amount * tax.rate / 100) <= half
    assert total_of(lines) == sum(each.net for each in lines) + sum(tax.amount.amount for tax in taxes)
    assert total_of(lines) == rounded(total_of(lines), currency)


@given(rate=st.decimals(0, 10**5, places=4), minutes=st.integers(0, 1440), currency=st.sampled_from(CURRENCIES))
def test_time_costs_what_its_entry_says(rate: Decimal, minutes: int, currency: str) -> None:
    line = a_line(currency, rate, Decimal(), Decimal(), None, minutes)
    assert line.net == worth(rate, minutes, currency)


@pytest.mark.parametrize(
    ("currency", "lines", "net", "tax", "total"),
    [
        # Rounded per line: three times 0.335 would be 1.01 if it were rounded at the end.
        ("USD", [("0.67", "0.5", "0")] * 3, "1.02", [], "1.02"),
        # Tax per rate on sums: of each line it would be nothing.
        ("USD", [("0.05", "1", "8")] * 4, "0.20", ["0.02"], "0.22"),
        ("USD", [("100", "1", "19"), ("50", "1", "7")], "150.00", ["3.50", "19.00"], "172.50"),
        ("JPY", [("101", "1.5", "10")], "152", ["15"], "167"),
        ("KWD", [("1.005", "0.5", "5")], "0.503", ["0.025"], "0.528"),
    ],
)
def test_examples(currency: str, lines: list[tuple[str, str, str]], net: str, tax: list[str], total: str) -> None:
    made = [a_line(currency, Decimal(price), Decimal(), Decimal(rate), Decimal(of), 0) for price, of, rate in lines]
    assert str(rounded(net_of(made), currency)) == net
    assert [str(each.amount.amount) for each in taxes_of(made)] == tax
    assert str(rounded(total_of(made), currency)) == total


async def test_a_draft_waits_to_be_sent_and_then_for_the_payer(world: World) -> None:
    owner, job, before = world.acting(world.owner), await world.job(), await world.revision()
    payer = await new_contact(world, "Ada", world.account)
    lines = [
        line("Advice ", price="0.67", quantity="0.5", tax_rate=Decimal(20)),
        line(price="10", discount=Decimal(50)),
    ]
    draft = (await create_invoice(owner, job_id=job.id, lines=lines, payer_id=payer.id, memo="Thanks\r\n")).value
    assert (draft.title, draft.number, draft.state, draft.currency) == ("Invoice (draft)", None, "UNPAID", "USD")
    # 0.34 and 10.00; 0.07 of tax.
    assert (draft.net, draft.total, draft.memo) == (Decimal("10.34"), Decimal("10.41"), "Thanks\n")
    (held,) = (await outstanding([job.id]))[job.id]
    assert (held.awaited, held.title) == (Awaited.SENDING, "Invoice (draft)")
    assert await awaiting([(draft.kind, draft.id)]) == {}
    for _ in range(2):
        sent = (await send_invoice(owner, invoice_id=draft.id)).value
    assert (sent.title, sent.number, sent.version) == ("Invoice 1", 1, 2)
    assert sent.sent_at is not None
    (held,) = (await outstanding([job.id]))[job.id]
    assert (held.awaited, held.title) == (Awaited.PAYMENT, "Invoice 1")
    assert await awaiting([(sent.kind, sent.id)]) == {sent.id: Awaiting(contacts=(payer.id,))}
    assert set(await told(world, before)) >= {"InvoiceCreated", "InvoiceSent"}
    assert (await told(world, before)).count("InvoiceSent") == 2  # With the job, and with the account alone.


async def test_an_id_sent_again_returns_the_first(world: World) -> None:
    id, owner = new_id(), world.acting(world.owner)
    asked = [create_invoice(owner, account_id=world.account.id, id=id) for _ in range(3)]
    assert {outcome.value.id for outcome in await asyncio.gather(*asked)} == {id}
    assert await Invoice.filter(firm_id=world.firm.id).count() == 1


async def test_numbers_have_no_gaps_whoever_sends_at_once(world: World) -> None:
    owner = world.acting(world.owner)
    drafts = [await new_invoice(world) for _ in range(12)]
    # What is refused takes no number.
    empty = await new_invoice(world, lines=[])
    voided = (await send_invoice(owner, invoice_id=drafts[0].id)).value
    await void_invoice(owner, invoice_id=voided.id)
    sending = [send_invoice(owner, invoice_id=draft.id) for draft in [*drafts[1:], *drafts[1:], empty]]
    outcomes = await asyncio.gather(*sending, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, BaseException)] == [RuleBroken]
    numbered = await Invoice.filter(firm_id=world.firm.id, number__isnull=False).order_by("number")
    assert [invoice.number for invoice in numbered] == list(range(1, 13))
    assert (await kept(voided)).number == 1
    other = await World.build("invoices-elsewhere")
    assert (await new_invoice(other, sent=True)).number == 1


async def test_what_is_no_invoice(world: World) -> None:
    owner = world.acting(world.owner)
    place: Any = {"account_id": world.account.id}
    async with refused(world, Invalid, "account_id"):
        await create_invoice(owner)
    for bad, path in [
        (line(" "), ("description",)),
        (line(price="-1"), ("unit_price",)),
        (line(price="0.001"), ("unit_price",)),
        (line(quantity="-1"), ("quantity",)),
        (line(quantity="0.00001"), ("quantity",)),
        (line(minutes=5), ("quantity",)),
        (line(discount=Decimal("100.001")), ("discount",)),
        (line(tax_rate=Decimal("8.8755")), ("tax_rate",)),
    ]:
        async with refused(world, Invalid, "lines", 1, *path):
            await create_invoice(owner, **place, lines=[line(), bad])
    async with refused(world, Invalid, "lines", match="more than 9999999999.99 USD|more than"):
        await create_invoice(owner, **place, lines=[line(price="9999999999", quantity="1000000")])
    async with refused(world, Invalid, "lines", match="at most 200"):
        await create_invoice(owner, **place, lines=[line()] * 201)
    async with refused(world, Invalid, "currency") as caught:
        await create_invoice(owner, **place, currency="usd", lines=[line(" ")], memo="x" * 2_001)
    # All of it at once.
    assert [each.path for each in caught.value.all] == [("currency",), ("lines", 0, "description"), ("memo",)]
    elsewhere = await new_contact(world, "Bob", await world.new_account("Other"))
    async with refused(world, RuleBroken, "payer_id", match="not at the account"):
        await create_invoice(owner, **place, payer_id=elsewhere.id)
    await archive_account(owner, account_id=(gone := await world.new_account("Gone")).id)
    async with refused(world, RuleBroken, "account_id", match="archived"):
        await create_invoice(owner, account_id=gone.id)


async def test_only_a_drafts_lines_change(world: World) -> None:
    owner, invoice = world.acting(world.owner), await new_invoice(world)
    before = await world.revision()
    assert (await update_invoice(owner, invoice_id=invoice.id, lines=[line()], memo="")).value.version == 1
    changed = (await update_invoice(owner, invoice_id=invoice.id, lines=[line(quantity="3")])).value
    assert (changed.total, changed.version) == (Decimal(300), 2)
    (event,) = [logged.event for logged in await world.events(before)]
    assert (event.from_total.amount, event.to_total.amount, event.lines_changed) == (200, 300, True)  # type: ignore[attr-defined]
    async with refused(world, Conflict, "expected_version"):
        await update_invoice(owner, invoice_id=invoice.id, memo="Late", expected_version=1)
    async with refused(world, Invalid, "lines", 0, "unit_price"):
        await update_invoice(owner, invoice_id=invoice.id, lines=[line(price="0.001")])
    await send_invoice(owner, invoice_id=invoice.id)
    async with refused(world, RuleBroken, "lines", match="sent already"):
        await update_invoice(owner, invoice_id=invoice.id, lines=[])
    later = (await update_invoice(owner, invoice_id=invoice.id, memo="Soon, please", lines=[line(quantity="3")])).value
    assert (later.memo, later.total) == ("Soon, please", Decimal(300))
    await void_invoice(owner, invoice_id=invoice.id)
    async with refused(world, RuleBroken, "invoice_id", match="void"):
        await update_invoice(owner, invoice_id=invoice.id, memo="Later")


async def test_states_that_do_not_allow_it(world: World) -> None:
    owner, draft, sent = world.acting(world.owner), await new_invoice(world), await new_invoice(world, sent=True)
    empty = await new_invoice(world, lines=[])
    async with refused(world, RuleBroken, "invoice_id", match="nothing yet") as caught:
        await send_invoice(owner, invoice_id=empty.id)
    assert caught.value.reason is Reason.TOO_FEW
    for refusing in (void_invoice(owner, invoice_id=draft.id), _credit(world, draft, 1)):
        async with refused(world, RuleBroken, "invoice_id", match="draft"):
            await refusing
    async with refused(world, RuleBroken, "invoice_id", match="Void it"):
        await delete_invoice(owner, invoice_id=sent.id)
    for _ in range(2):
        gone = (await void_invoice(owner, invoice_id=sent.id)).value
    assert (gone.state, gone.open, gone.number, gone.version) == (InvoiceState.VOID, False, sent.number, 3)
    for refusing in (send_invoice(owner, invoice_id=sent.id), _credit(world, sent, 1)):
        async with refused(world, RuleBroken, "invoice_id", match="void"):
            await refusing
    await delete_invoice(owner, invoice_id=draft.id)
    async with refused(world, NotFound, "invoice_id"):
        await delete_invoice(owner, invoice_id=draft.id)
    open_one = await new_invoice(world, sent=True)
    await sql("UPDATE account SET archived_at = now() WHERE id = $1", world.account.id)
    for refusing in (_credit(world, open_one, 1), update_invoice(owner, invoice_id=open_one.id, memo="x")):
        async with refused(world, RuleBroken, "invoice_id", match="archived"):
            await refusing
    await void_invoice(owner, invoice_id=open_one.id)


async def _credit(world: World, invoice: Invoice, amount: Any, by: Member | None = None) -> Invoice:
    actor = world.acting(by or world.owner)
    return (await credit_invoice(actor, invoice_id=invoice.id, amount=Decimal(amount), reason="A gift")).value


async def test_a_credit_note_takes_from_the_balance(world: World) -> None:
    job = await world.job()
    invoice = await new_invoice(world, job.id, sent=True)
    for amount, match in [("0", "at least 0.01"), ("0.001", "two decimals"), ("200.01", "200.00 USD")]:
        async with refused(world, RuleBroken if amount == "200.01" else Invalid, "amount", match=match):
            await _credit(world, invoice, amount)
    credited = await _credit(world, invoice, "50")
    assert (credited.state, credited.balance, credited.open) == (InvoiceState.UNPAID, Decimal(150), True)
    async with refused(world, RuleBroken, "invoice_id", match="credit notes"):
        await void_invoice(world.acting(world.owner), invoice_id=invoice.id)
    credited = await _credit(world, invoice, "150")
    assert (credited.state, credited.balance, credited.open) == (InvoiceState.PAID, Decimal(), False)
    assert await outstanding([job.id]) == {}
    async with refused(world, RuleBroken, "amount"):
        await _credit(world, invoice, "0.01")
    notes = await CreditNote.filter(invoice_id=invoice.id).order_by("number")
    assert [(note.number, note.amount) for note in notes] == [(1, Decimal(50)), (2, Decimal(150))]
    with pytest.raises(Exception, match="written once"):
        await sql("UPDATE credit_note SET amount = 1 WHERE invoice_id = $1", invoice.id)


async def test_of_two_who_credit_all_at_once_one_is_refused(world: World) -> None:
    invoice = await new_invoice(world, sent=True)
    done = await asyncio.gather(*(_credit(world, invoice, "200") for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Invoice", "RuleBroken", "RuleBroken", "RuleBroken"]
    assert (await kept(invoice)).balance == 0
    assert [note.number for note in await CreditNote.filter(firm_id=world.firm.id)] == [1]


async def test_of_nothing_to_pay_it_is_paid_at_once(world: World) -> None:
    invoice = await new_invoice(world, sent=True, lines=[line(discount=Decimal(100))])
    assert (invoice.state, invoice.open) == (InvoiceState.PAID, False)
    assert (await void_invoice(world.acting(world.owner), invoice_id=invoice.id)).value.state is InvoiceState.VOID


async def test_time_is_billed_once(world: World) -> None:
    owner, spot = world.acting(world.owner), Spot(world.account.id, (await world.job()).id)
    entries = [await billable_entry(owner, spot, f"Call {number}\nmore") for number in range(2)]
    one, two = await new_invoice(world), await new_invoice(world)
    before = await world.revision()
    billed = (await bill_time_entries(owner, invoice_id=one.id, time_entry_ids=entries, tax_rate=Decimal(10))).value
    # Six minutes at 60 an hour, twice, and their tax.
    assert billed.total == Decimal("213.20")
    lines = (await lines_of([one.id]))[one.id]
    assert [(each.description, each.net, each.time_entry_id) for each in lines[1:]] == [
        ("Call 0", Decimal(6), entries[0]),
        ("Call 1", Decimal(6), entries[1]),
    ]
    assert (await told(world, before)).count("TimeEntryUpdated") == 2
    again = (await bill_time_entries(owner, invoice_id=one.id, time_entry_ids=entries)).value
    assert again.version == billed.version
    async with refused(world, RuleBroken, "time_entry_ids", 0, match="another invoice"):
        await bill_time_entries(owner, invoice_id=two.id, time_entry_ids=[entries[1]])
    for changing in (
        update_time_entry(owner, time_entry_id=entries[0], minutes=7),
        update_time_entry(owner, time_entry_id=entries[0], billable=False),
        set_time_entry_rate(owner, time_entry_id=entries[0], rate=Decimal(1)),
        delete_time_entry(owner, time_entry_id=entries[0]),
    ):
        async with refused(world, RuleBroken, match="bills this time"):
            await changing
    assert (await update_time_entry(owner, time_entry_id=entries[0], note="Mended")).value.note == "Mended"
    # Taken out, the other one stays with its line, whatever the line says by now.
    stays = line("Another call", price="1", time_entry_id=entries[0])
    await update_invoice(owner, invoice_id=one.id, lines=[stays])
    assert await billing(world) == {entries[0]: one.id, entries[1]: None}
    async with refused(world, NotFound, "lines", 0, "time_entry_id"):
        await update_invoice(owner, invoice_id=one.id, lines=[line(time_entry_id=entries[1])])
    async with refused(world, Invalid, "lines", 1, "time_entry_id"):
        await update_invoice(owner, invoice_id=one.id, lines=[stays, stays])
    await bill_time_entries(owner, invoice_id=two.id, time_entry_ids=[entries[1]])
    await delete_invoice(owner, invoice_id=two.id)
    await send_invoice(owner, invoice_id=one.id)
    async with refused(world, RuleBroken, "invoice_id", match="sent already"):
        await bill_time_entries(owner, invoice_id=one.id, time_entry_ids=[entries[1]])
    await void_invoice(owner, invoice_id=one.id)
    assert await billing(world) == {entries[0]: None, entries[1]: None}
    # The void one says all the same what it was for.
    assert len((await lines_of([one.id]))[one.id]) == 1


async def billing(world: World) -> dict[UUID, UUID | None]:
    """Which invoice bills which entry."""
    return {entry.id: entry.invoice_id for entry in await TimeEntry.filter(firm_id=world.firm.id)}


async def test_of_two_who_bill_the_same_time_one_is_refused(world: World) -> None:
    owner = world.acting(world.owner)
    entry = await billable_entry(owner, Spot(world.account.id))
    drafts = [await new_invoice(world) for _ in range(3)]
    done = await asyncio.gather(
        *(bill_time_entries(owner, invoice_id=draft.id, time_entry_ids=[entry]) for draft in drafts),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in done) == ["Outcome", "RuleBroken", "RuleBroken"]
    rows = await sql("SELECT count(*) AS number FROM invoice_line WHERE time_entry_id = $1", entry)
    assert rows[0]["number"] == 1


async def test_time_that_is_not_billed(world: World) -> None:
    owner, invoice = world.acting(world.owner), await new_invoice(world)
    spot = Spot(world.account.id)
    without_rate, free = await billable_entry(owner, spot), await billable_entry(owner, spot)
    await set_time_entry_rate(owner, time_entry_id=without_rate, rate=None)
    await update_time_entry(owner, time_entry_id=free, billable=False)
    others = await billable_entry(owner, Spot((await world.new_account("Other")).id))
    for entry, match in ((without_rate, "no rate"), (free, "not billable"), (others, "another client")):
        async with refused(world, RuleBroken, "time_entry_ids", 0, match=match):
            await bill_time_entries(owner, invoice_id=invoice.id, time_entry_ids=[entry])
    async with refused(world, NotFound, "time_entry_ids"):
        await bill_time_entries(owner, invoice_id=invoice.id, time_entry_ids=[new_id()])
    good = await billable_entry(owner, spot)
    await update_firm(owner, currency="EUR")
    async with refused(world, RuleBroken, "invoice_id", match="in USD") as caught:
        await bill_time_entries(owner, invoice_id=invoice.id, time_entry_ids=[good])
    assert caught.value.reason is Reason.OTHER_CURRENCY
    manager = await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_INVOICES, Right.VIEW_ALL_ACCOUNTS)
    async with refused(world, Forbidden, "time_entry_ids", match="MANAGE_RATES"):
        await bill_time_entries(world.acting(manager), invoice_id=invoice.id, time_entry_ids=[good])


async def test_the_firms_currency_changes_no_invoice(world: World) -> None:
    owner, invoice = world.acting(world.owner), await new_invoice(world, currency="JPY", lines=[line(price="101")])
    await update_firm(owner, currency="KWD")
    assert (await new_invoice(world)).currency == "KWD"
    sent = (await send_invoice(owner, invoice_id=invoice.id)).value
    assert (str(sent.money(sent.total).amount), sent.currency) == ("202", "JPY")


async def test_a_job_that_is_not_seen_is_neither_linked_nor_told(world: World) -> None:
    hidden = await hidden_job(world)
    invoice = await new_invoice(world, hidden)
    manager = await world.member("Mia", Role.EMPLOYEE, Right.MANAGE_INVOICES, Right.VIEW_ALL_ACCOUNTS)
    async with refused(world, NotFound, "job_id"):
        await link_invoice(world.acting(manager), invoice_id=invoice.id, job_id=hidden)
    assert (await send_invoice(world.acting(manager), invoice_id=invoice.id)).value.number == 1
    assert await jobs_of(invoice) == {hidden}
    async with refused(world, Forbidden):
        await send_invoice(world.acting(world.employee), invoice_id=invoice.id)


async def test_whoever_is_merged_into_another_one_pays_no_more(world: World) -> None:
    owner, hidden = world.acting(world.owner), await world.new_account("Hidden")
    ada, augusta = await new_contact(world, "Ada", world.account), await new_contact(world, "Augusta", hidden)
    invoice, before = await new_invoice(world, payer_id=ada.id, sent=True), await world.revision()
    merged = await merge_contacts(owner, contact_id=ada.id, into_id=augusta.id)
    assert (await kept(invoice)).payer_id == augusta.id
    (event,) = [logged.event for logged in await world.events(before) if isinstance(logged.event, InvoiceUpdated)]
    assert changes_in(event) == {"payer_id": (ada.id, augusta.id)}
    assert await world.revision() == merged.revision == before + 1
