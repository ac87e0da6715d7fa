"""Invoices, as clients read them and send them back: numbers are exact, and money is nobody's who lacks the right."""

from typing import Any

import pytest

from models.ids import Kind, encode
from models.items.time_billing import bill_time_entries
from tests.domain.test_invoices import new_invoice
from tests.kinds.invoices import billable_entry
from tests.serving import Api
from tests.specimens import Spot
from tests.world import World

MONEY = "{ amount currency }"
INVOICE = (
    f"title number state currency net {MONEY} total {MONEY} taxes {{ rate net {MONEY} amount {MONEY} }} "
    f"lines {{ description unitPrice {MONEY} quantity minutes discount taxRate net {MONEY} timeEntryId }}"
)
CREATE = (
    "mutation Make($input: CreateInvoiceInput!) { createInvoice(input: $input) "
    f"{{ errors {{ path reason }} invoice {{ id {INVOICE} }} }} }}"
)
UPDATE = (
    "mutation Back($input: UpdateInvoiceInput!) { updateInvoice(input: $input) "
    "{ revision errors { path reason } invoice { version } } }"
)
READ = f"query Read($id: ID!) {{ node(id: $id) {{ ... on Invoice {{ {INVOICE} }} }} }}"


@pytest.mark.parametrize(
    ("currency", "price", "shown", "net", "tax", "total"),
    [
        ("USD", "10.50", "10.50", "23.63", "2.10", "25.73"),
        ("JPY", "1050.0", "1050", "2363", "210", "2573"),
        ("KWD", "1.05", "1.050", "2.363", "0.210", "2.573"),
    ],
)
async def test_numbers_are_shown_as_they_are(
    world: World, api: Api, currency: str, price: str, shown: str, net: str, tax: str, total: str
) -> None:
    line = {"description": "Advice", "unitPrice": price, "quantity": "2.50", "discount": "10.0", "taxRate": "8.8750"}
    given = {"accountId": encode(Kind.ACCOUNT, world.account.id), "currency": currency, "lines": [line]}
    made = (await api.ask(world.owner, CREATE, input=given))["createInvoice"]
    assert made["errors"] == []
    invoice = made["invoice"]
    read = (await api.ask(world.owner, READ, id=invoice.pop("id")))["node"]
    assert read == invoice
    (kept,) = invoice["lines"]
    assert {name: kept[name] for name in ("quantity", "minutes", "discount", "taxRate")} == {
        "quantity": "2.5",
        "minutes": None,
        "discount": "10",
        "taxRate": "8.875",
    }
    assert (kept["unitPrice"], kept["net"]) == (_money(shown, currency), _money(net, currency))
    assert invoice["taxes"] == [
        {"rate": "8.875", "net": _money(net, currency), "amount": _money(tax, currency)},
    ]
    assert (invoice["net"], invoice["total"]) == (_money(net, currency), _money(total, currency))
    assert (invoice["title"], invoice["number"], invoice["state"]) == ("Invoice (draft)", None, "UNPAID")


def _money(amount: str, currency: str) -> dict[str, str]:
    return {"amount": amount, "currency": currency}


async def test_lines_are_sent_back_as_they_were_read(world: World, api: Api) -> None:
    owner = world.acting(world.owner)
    invoice = await new_invoice(world)
    entry = await billable_entry(owner, Spot(world.account.id))
    await bill_time_entries(owner, invoice_id=invoice.id, time_entry_ids=[entry])
    id, before = encode(Kind.INVOICE, invoice.id), await world.revision()
    read = (await api.ask(world.owner, READ, id=id))["node"]["lines"]
    lines: list[dict[str, Any]] = [
        {name: value for name, value in line.items() if name != "net"} | {"unitPrice": line["unitPrice"]["amount"]}
        for line in read
    ]
    assert [line["timeEntryId"] for line in lines] == [None, encode(Kind.TIME_ENTRY, entry)]
    payload = (await api.ask(world.owner, UPDATE, input={"invoiceId": id, "lines": lines}))["updateInvoice"]
    assert payload == {"revision": str(before), "errors": [], "invoice": {"version": 2}}
    assert await world.revision() == before


async def test_whoever_sees_the_account_is_told_that_there_is_one_and_not_of_how_much(world: World, api: Api) -> None:
    job = await world.job()
    invoice = await new_invoice(world, job.id, sent=True)
    query = """query Told($job: ID!, $id: ID!) { job(id: $job) { openItemCount outstanding { title awaited party } }
        node(id: $id) { ... on Invoice { title number state dueDate open total { amount } memo } }
        invoices(filter: { state: UNPAID }) { nodes { id } } }"""
    id = encode(Kind.INVOICE, invoice.id)
    answer = await api.post(world.employee, query, job=encode(Kind.JOB, job.id), id=id)
    assert answer["data"] == {
        "job": {
            "openItemCount": 1,
            "outstanding": [{"title": "Invoice 1", "awaited": "PAYMENT", "party": "CLIENT"}],
        },
        "node": {
            "title": "Invoice 1",
            "number": 1,
            "state": "UNPAID",
            "dueDate": None,
            "open": True,
            "total": None,
            "memo": None,
        },
        "invoices": {"nodes": [{"id": id}]},
    }
    assert {error["extensions"]["right"] for error in answer["errors"]} == {"MANAGE_INVOICES"}
