"""What a payload shows is what the next read shows, and the history, and the live message: to the letter."""

import asyncio
import json
import re
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from models.ids import Kind, encode
from resolvers.root import graphql_schema
from tests.api.asking import MUTATIONS
from tests.api.furnished import Furnished
from tests.api.samples import Sampler, filled
from tests.api.selections import LEVELS, fields_of, root_fields
from tests.serving import Api
from tests.world import World

#: What a payload shows of a thing that is gone, or is not to be read by its id.
GONE = {name for name in MUTATIONS if name.startswith("delete")} | {"unlinkContact", "undoRevision"}


@pytest.mark.parametrize("mutation", sorted(set(MUTATIONS) - GONE))
async def test_the_next_read_shows_what_the_payload_shows(database: str, api: Api, mutation: str) -> None:
    firm = await Furnished.build()
    payload: Any = root_fields("mutation")[mutation].type
    thing = next(iter(payload.fields))
    type_: Any = get_named_type(payload.fields[thing].type)
    # A list of them costs more than one.
    levels = LEVELS - 2 if "[" in str(payload.fields[thing].type) else LEVELS - 1
    selected = f"{{ {' '.join(fields_of(type_, levels))} }}"
    given = filled(Sampler(mutation, firm.word).input(), firm.id)
    if mutation == "setTimeEntryRate":
        given["input"]["rate"] = "10"  # Which is ten with two decimals.
    input_type = root_fields("mutation")[mutation].args["input"].type
    query = f"mutation Change($input: {input_type}) {{ {mutation}(input: $input) {{ {thing} {selected} }} }}"
    changed = (await api.ask(firm.world.owner, query, **given))[mutation][thing]
    assert changed
    query = f"query Read($id: ID!) {{ node(id: $id) {{ ... on {type_.name} {selected} }} }}"
    for shown in changed if isinstance(changed, list) else [changed]:
        read = (await api.ask(firm.world.owner, query, id=shown["id"]))["node"]
        assert _but_for_links(read) == _but_for_links(shown)


def _but_for_links(thing: Any) -> str:
    """A thing to the letter. A link to a file is signed anew each time."""
    return re.sub(r'"url": "[^"]+"', '"url": "…"', json.dumps(thing))


#: Exact numbers, which nothing rounds: tests/api/test_invoices.py reads them.
EXACT = {("InvoiceLine", name) for name in ("quantity", "discount", "taxRate")} | {("InvoiceTax", "rate")}
#: Whatever a client is asked for, as they wrote it.
EXACT |= {("OrganizerAnswer", "number"), ("ProposalService", "taxRate")}
#: Numbers of templates, as they were given: of which currency they are, is said by what is made of them.
EXACT |= {("InvoiceLineTemplate", name) for name in ("quantity", "unitPrice", "discount", "taxRate")}
EXACT |= {("ProposalServiceTemplate", name) for name in ("price", "taxRate")}


def test_money_is_the_only_decimal() -> None:
    """Every other one would have to say how it is rounded, and be among the texts below."""
    decimals = {
        (type_.name, name)
        for type_ in graphql_schema().type_map.values()
        if isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items()
        if str(get_named_type(field.type)) == "Decimal"
    }
    assert decimals - EXACT == {("Money", "amount")}


MONEY = "rate { amount currency } amount { amount currency }"
STREAM = f"subscription {{ boardChanges {{ events {{ __typename ... on TimeEvent {{ timeEntry {{ {MONEY} }} }} }} }} }}"
HISTORY = (
    "query History($id: ID!) { job(id: $id) { history { nodes { __typename ... on TimeEvent "
    f"{{ timeEntry {{ {MONEY} }} }} }} }} }} }}"
)


@pytest.mark.parametrize(
    ("currency", "rate", "shown", "amount"),
    [
        ("USD", "32.25", "32.25", "16.13"),
        ("USD", "10", "10.00", "5.00"),
        ("USD", "10.500", "10.50", "5.25"),
        ("USD", "-0", "0.00", "0.00"),
        ("USD", "0.01", "0.01", "0.01"),
        ("JPY", "3225", "3225", "1613"),
        ("JPY", "10.0", "10", "5"),
        ("JPY", "-0.0", "0", "0"),
        ("KWD", "32.251", "32.251", "16.126"),
        ("KWD", "1", "1.000", "0.500"),
    ],
)
async def test_money_is_the_same_wherever_it_is_shown(
    world: World, api: Api, currency: str, rate: str, shown: str, amount: str
) -> None:
    owner = world.owner
    job = encode(Kind.JOB, (await world.job()).id)
    await api.ask(owner, f'mutation {{ updateFirm(input: {{currency: "{currency}"}}) {{ revision }} }}')
    log = "mutation Log($job: ID!) { logTime(input: {jobId: $job, minutes: 30}) { timeEntry { id } } }"
    entry = (await api.ask(owner, log, job=job))["logTime"]["timeEntry"]["id"]
    right = {
        "rate": {"amount": shown, "currency": currency},
        "amount": {"amount": amount, "currency": currency},
    }
    set_rate = (
        "mutation Rate($i: SetTimeEntryRateInput!) { setTimeEntryRate(input: $i) "
        f"{{ errors {{ message }} timeEntry {{ {MONEY} }} }} }}"
    )
    async with api.socket(owner) as socket:
        await socket.subscribe(STREAM)
        await socket.next()
        payload = (await api.ask(owner, set_rate, i={"timeEntryId": entry, "rate": rate}))["setTimeEntryRate"]
        assert payload == {"errors": [], "timeEntry": right}
        async with asyncio.timeout(20):
            while not (events := (await socket.next())["boardChanges"]["events"]):
                pass
        assert [event["timeEntry"] for event in events] == [right]
    query = (
        f"query Read($id: ID!) {{ node(id: $id) {{ ... on TimeEntry {{ {MONEY} }} }} "
        f"timeEntries {{ nodes {{ {MONEY} }} }} }}"
    )
    read = await api.ask(owner, query, id=entry)
    assert (read["node"], read["timeEntries"]["nodes"]) == (right, [right])
    nodes = (await api.ask(owner, HISTORY, id=job))["job"]["history"]["nodes"]
    assert [node["timeEntry"] for node in nodes if node["__typename"] == "TimeEntryUpdated"] == [right]
