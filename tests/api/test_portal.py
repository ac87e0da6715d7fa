"""What a contact is answered at the portal: their accounts, and of the firm's work what it shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, is_introspection_type
from strawberry.utils.str_converters import to_camel_case

import embedded
from engine.engine import Engine
from models.commands.accounts import archive_account
from models.commands.firm import update_firm
from models.commands.jobs import set_job_client_status
from models.commands.moves import archive_job
from models.database import sql
from models.firm.account_contacts import link_contact, unlink_contact
from models.firm.contacts import archive_contact
from models.ids import Kind, encode, plural
from models.rows.contacts import AccountContact
from models.viewers import client_viewers
from resolvers.portal.root import portal_schema
from resolvers.root import graphql_schema
from tests.api.test_statements import counted
from tests.live.house import hub_on
from tests.portal import ask, broadest, client, contact_at, portal_on, post, session_of, show
from tests.serving import Api
from tests.specimens import Spot, specimens
from tests.world import World
from transport.engine import Refused, Request

WORK = "workInProgress { id name status color description changedAt account { id name } }"
ALL = (
    "{ me { id name emails phone language } firm { id name timeZone } revision epoch "
    f"accounts {{ id name {WORK} }} {WORK} }}"
)


@pytest.fixture
async def portal(database: str, servers: embedded.Servers) -> AsyncIterator[Engine]:
    """The portal's engine without a server."""
    async with hub_on(servers.redis_url) as hub:
        yield portal_on(hub)


async def test_a_contact_is_told_who_they_are_and_what_is_theirs(world: World, portal: Engine) -> None:
    owner, second = world.acting(world.owner), await world.new_account("Beta")
    clara = await contact_at(world, world.account)
    await contact_at(world, world.account, "Somebody Else")
    await link_contact(owner, contact_id=clara, account_id=second.id)
    hidden, theirs = await world.job("Hidden"), await world.job("Theirs", account_id=second.id)
    job = await world.job("Tax return 2025")
    await show(world, job, "In review", color="#112233", description="We look at it.")
    await show(world, theirs)
    await set_job_client_status(owner, job_id=hidden.id, name="Not yet")
    told = await ask(portal, clara, ALL)
    assert told["me"] == {
        "id": encode(Kind.CONTACT, clara),
        "name": "Clara Client",
        "emails": [],
        "phone": None,
        "language": None,
    }
    assert told["firm"]["name"] == world.firm.name
    assert int(told["revision"]) == await world.revision()
    assert [account["name"] for account in told["accounts"]] == ["Acme", "Beta"]
    assert [each["name"] for each in told["workInProgress"]] == ["Theirs", "Tax return 2025"]
    entry = told["workInProgress"][1]
    assert entry.pop("changedAt") and entry.pop("id").startswith("work_")
    assert entry == {
        "name": "Tax return 2025",
        "status": "In review",
        "color": "#112233",
        "description": "We look at it.",
        "account": {"id": encode(Kind.ACCOUNT, world.account.id), "name": "Acme"},
    }
    assert [[each["name"] for each in account["workInProgress"]] for account in told["accounts"]] == [
        ["Tax return 2025"],
        ["Theirs"],
    ]


async def test_accounts_are_asked_for_one_at_a_time_or_together(world: World, portal: Engine) -> None:
    clara, elsewhere = await contact_at(world, world.account), await world.new_account("Elsewhere")
    await show(world, await world.job())
    await show(world, await world.job("Elsewhere's", account_id=elsewhere.id))
    one = "query One($id: ID!) { account(id: $id) { name workInProgress(limit: 1) { name } } }"
    some = "query Some($ids: [ID!]) { workInProgress(accounts: $ids) { name } }"
    mine, theirs = (encode(Kind.ACCOUNT, id) for id in (world.account.id, elsewhere.id))
    assert (await ask(portal, clara, one, id=mine))["account"] == {"name": "Acme", "workInProgress": [{"name": "1040"}]}
    assert (await ask(portal, clara, one, id=theirs))["account"] is None
    assert (await ask(portal, clara, some, ids=[mine]))["workInProgress"] == [{"name": "1040"}]
    for ids, code in (
        ([theirs], "NOT_FOUND"),
        ([mine, theirs], "NOT_FOUND"),
        ([], "INVALID"),
        ([mine] * 101, "INVALID"),
    ):
        refused = orjson.loads(await post(portal, clara, some, ids=ids))
        assert refused["data"] is None and refused["errors"][0]["extensions"]["code"] == code
    for limit in (0, 501):
        refused = orjson.loads(await post(portal, clara, f"{{ workInProgress(limit: {limit}) {{ name }} }}"))
        assert refused["errors"][0]["extensions"]["code"] == "INVALID"


async def test_what_is_no_longer_shown_is_gone(world: World, portal: Engine) -> None:
    owner, clara, job = world.acting(world.owner), await contact_at(world, world.account), await world.job()
    await show(world, job)

    async def names() -> list[str]:
        return [each["name"] for each in (await ask(portal, clara, "{ workInProgress { name } }"))["workInProgress"]]

    assert await names() == ["1040"]
    await update_firm(owner, client_status_enabled=False)
    assert await names() == []
    await update_firm(owner, client_status_enabled=True)
    assert await names() == ["1040"]
    await archive_job(owner, job_id=job.id)
    assert await names() == []


async def test_who_is_at_no_account_is_no_client(world: World, portal: Engine) -> None:
    owner, second = world.acting(world.owner), await world.new_account("Second")
    clara = await contact_at(world, world.account)
    await link_contact(owner, contact_id=clara, account_id=second.id)
    assert (await client(clara)).scope.accounts == frozenset({world.account.id, second.id})
    await archive_account(owner, account_id=second.id)
    assert (await client(clara)).scope.accounts == frozenset({world.account.id})
    assert [each["name"] for each in (await ask(portal, clara, "{ accounts { name } }"))["accounts"]] == ["Acme"]
    there = await AccountContact.get(contact_id=clara, account_id=world.account.id)
    await unlink_contact(owner, account_contact_id=there.id)
    assert await client_viewers([clara]) == {}
    await link_contact(owner, contact_id=clara, account_id=world.account.id)
    await archive_contact(owner, contact_id=clara)
    assert await client_viewers([clara]) == {}


async def test_more_of_everything_takes_no_more_statements(world: World, portal: Engine) -> None:
    owner, few, many = world.acting(world.owner), await contact_at(world, world.account), None
    await show(world, await world.job())
    many = await contact_at(world, world.account, "Many")
    for number in range(5):
        account = await world.new_account(f"Account {number}")
        await link_contact(owner, contact_id=many, account_id=account.id)
        for of in range(3):
            await show(world, await world.job(f"Job {of}", account_id=account.id))
    found = []
    for contact in (few, many):
        session = session_of(await client(contact))
        prepared = portal.prepare(Request(ALL), session)
        with counted() as statements:
            answer = orjson.loads(await portal.execute(prepared, session))
        assert "errors" not in answer
        found.append(len(statements))
    assert len(answer["data"]["workInProgress"]) == 16
    # The contact, the firm, the accounts, and what is shown of these.
    assert found == [4, 4]


#: What lets Clara ($2) see what there is of each kind at an account ($1).
SENT = (
    "UPDATE organizer SET state = 'PENDING', sent_at = now(), submitted_at = NULL, sealed_at = NULL "
    "WHERE account_id = $1 AND $2::uuid IS NOT NULL",
    "UPDATE invoice SET sent_at = now(), issue_date = now(), payer_id = $2, number = given.number FROM ("
    "SELECT id, row_number() OVER (ORDER BY id) + (SELECT coalesce(max(number), 0) + 1000 FROM invoice) AS number "
    "FROM invoice WHERE account_id = $1 AND number IS NULL"
    ") AS given WHERE given.id = invoice.id",
    "UPDATE payment SET payer_id = $2 WHERE account_id = $1",
    "UPDATE proposal SET state = 'PENDING', sent_at = now() WHERE account_id = $1 AND $2::uuid IS NOT NULL",
    *(
        "INSERT INTO signer (firm_id, item, contact_id, name, place) SELECT firm_id, id, $2::uuid, 'Clara', 90 "
        f"FROM {table} WHERE account_id = $1 ON CONFLICT DO NOTHING"
        for table in ("proposal", "document")
    ),
    "INSERT INTO item_recipient (item, contact_id) SELECT id, $2::uuid FROM client_request WHERE account_id = $1 "
    "UNION SELECT id, $2::uuid FROM organizer WHERE account_id = $1 ON CONFLICT DO NOTHING",
)


async def test_more_of_what_is_sent_takes_no_more_statements(world: World, portal: Engine) -> None:
    owner, clara = world.acting(world.owner), await contact_at(world, world.account)
    lists = ("clientRequests", "organizers", "proposals", "invoices", "payments", "documents", "chats")

    async def found() -> dict[str, tuple[int, int]]:
        """How many statements each takes, and how many of each there are."""
        for statement in SENT:
            await sql(statement, world.account.id, clara)
        taken = {}
        for document in broadest(portal_schema()):
            if (name := document.split("(")[0].strip("{ ")) in lists:
                session = session_of(await client(clara))
                prepared = portal.prepare(Request(document), session)
                with counted() as statements:
                    answer = orjson.loads(await portal.execute(prepared, session))
                assert "errors" not in answer, answer
                taken[name] = len(statements), len(answer["data"][name]["nodes"])
        return taken

    async def make() -> None:
        spot = Spot(world.account.id, (await world.job()).id)
        for known in specimens():
            if to_camel_case(plural(known.kind)) in lists:
                await known.make(owner, "Sent", spot)

    await make()
    few = await found()
    for _ in range(3):
        await make()
    many = await found()
    assert set(few) == set(many) == set(lists)
    for name in lists:
        assert few[name][1] < many[name][1], name
        # The list and its count, and what each of its things consists of.
        assert few[name][0] == many[name][0], name


async def test_nobody_else_is_answered(world: World, portal: Engine, api: Api) -> None:
    url = api.url.replace("/graphql", "/portal/graphql")

    async def told(token: str | None) -> tuple[int, Any]:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        async with api.http.post(url, json={"query": "{ me { name } }"}, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    status, refused = await told(None)
    assert status == 401 and refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    status, refused = await told(await api.token(world.owner))
    assert status == 401 and refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "not for what you ask here" in refused["errors"][0]["message"]
    viewer = await client(await contact_at(world, world.account))
    with pytest.raises(Refused):
        portal.prepare(Request("{ jobs { nodes { id } } }"), session_of(viewer))


#: What both schemas have by the same class: plain values, and how ids are asked for.
SHARED = {"IdFilter", "Money", "PageInfo"}


def test_no_type_of_the_teams_is_in_the_portals_schema() -> None:
    """Scalars and enums aside."""

    def classes(schema: GraphQLSchema) -> dict[Any, str]:
        types = [type_ for type_ in schema.type_map.values() if not is_introspection_type(type_)]
        definitions = [type_.extensions.get("strawberry-definition") for type_ in types]
        return {each.origin: each.name for each in definitions if each is not None and hasattr(each, "fields")}

    team, portal = classes(graphql_schema()), classes(portal_schema())
    objects = {name for name, of in portal_schema().type_map.items() if isinstance(of, GraphQLObjectType)}
    assert {name for name in objects if not name.startswith("__")} <= set(portal.values())
    assert {name for cls, name in portal.items() if cls in team} == SHARED
