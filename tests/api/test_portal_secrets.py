"""What the firm did not show to a client is in no answer to them: every text that a firm has holds a word, everything
that a right withholds a secret, and every thing an id."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLField, GraphQLSchema, get_named_type, is_leaf_type, is_required_argument

import embedded
from engine.engine import Engine
from models.audiences import Audience
from models.commands.jobs import set_job_client_status, update_job
from models.database import sql
from models.ids import Kind, encode
from models.policies import Policy, for_clients
from models.rows import Account, Firm
from models.rows.contacts import Contact
from models.scope import Viewer
from models.viewers import client_viewers
from resolvers.portal.root import portal_schema
from resolvers.root import graphql_schema
from tests.api.planted import Planted
from tests.live.house import hub_on
from tests.portal import portal_on, session_of
from transport.engine import Refused, Request

#: What the firm chose to show. Nothing else that it has says this.
SHOWN = {"name": "Shown work", "status": "Shown status", "description": "Shown description"}
#: What is asked for, from a root field on, and of each list: more would cost too much.
DEPTH, LIMIT = 4, 5


@dataclass
class Shown:
    """A firm, its contacts who see anything, and what none of them may be told."""

    firm: Planted
    clients: list[Viewer]
    secrets: list[str]
    ids: set[str]

    @classmethod
    async def build(cls) -> Shown:
        planted = await Planted.copy("unshown")
        firm = planted.firm
        owner, job = firm.world.acting(firm.world.owner), firm.things["second job"]
        await update_job(owner, job_id=job, name=SHOWN["name"])
        status, description = SHOWN["status"], SHOWN["description"]
        await set_job_client_status(owner, job_id=job, visible=True, name=status, description=description)
        contacts = await sql("SELECT id FROM contact WHERE firm_id = $1", firm.world.firm.id)
        viewers = await client_viewers([row["id"] for row in contacts])
        ids = set(await firm.all_ids())
        return cls(planted, list(viewers.values()), [firm.word, *(each.mark for each in planted.secrets)], ids)

    async def shown_to(self, client: Viewer) -> set[str]:
        """What is theirs: what the firm, their accounts and they themselves are called says nothing else then, and what
        they are known by is no secret."""
        assert client.scope.accounts is not None
        firm, accounts = client.scope.firm_id, client.scope.accounts
        for account in await Account.filter(firm_id=firm):
            account.name = "Their account" if account.id in accounts else f"{self.firm.firm.word} account"
            await account.save(update_fields=["name"])
        named = await Firm.get(id=firm)
        named.name = "The firm"
        await named.save(update_fields=["name"])
        contact = await Contact.get(id=client.member_id)
        contact.name, contact.emails, contact.phone = "The client", ["client@client.example"], "1"
        await contact.save(update_fields=["name", "emails", "phone"])
        return {
            encode(Kind.FIRM, firm),
            encode(Kind.CONTACT, client.member_id),
            *(encode(Kind.ACCOUNT, account) for account in accounts),
        }

    def told(self, answer: bytes, known: set[str]) -> set[str]:
        """What of it all an answer tells that it must not."""
        text = answer.decode()
        return {mark for mark in self.secrets if mark in text} | {id for id in self.ids - known if id in text}


@pytest.fixture(scope="module")
async def shown(database: str) -> Shown:
    """The firm of this module."""
    return await Shown.build()


@pytest.fixture
async def portal(database: str, servers: embedded.Servers) -> AsyncIterator[Engine]:
    """The portal's engine, without a server."""
    async with hub_on(servers.redis_url) as hub:
        yield portal_on(hub)


def broadest(schema: GraphQLSchema, depth: int = DEPTH) -> Iterator[str]:
    """For each root field that takes nothing a document with all that can be read below it."""
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        if not any(map(is_required_argument, field.args.values())):
            yield f"{{ {name}{_limited(field)} {below(field, depth)} }}"


def _limited(field: GraphQLField) -> str:
    return f"(limit: {LIMIT})" if "limit" in field.args else ""


def below(field: GraphQLField, depth: int) -> str:
    """All that can be read of a field."""
    type_: Any = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    read = [
        f"{name}{_limited(each)} {below(each, depth - 1)}"
        for name, each in type_.fields.items()
        if (is_leaf_type(get_named_type(each.type)) or depth) and not any(map(is_required_argument, each.args.values()))
    ]
    return f"{{ __typename {' '.join(read)} }}"


async def answer(engine: Engine, client: Viewer, document: str, **variables: object) -> bytes:
    """What a client is answered, whatever that is."""
    session = session_of(client)
    try:
        return await engine.execute(engine.prepare(Request(document, variables=variables), session), session)
    except Refused as refused:
        return str(refused.errors).encode()


#: Fields that take the id of a thing.
BY_ID = (
    "query By($id: ID!) { account(id: $id) { id name workInProgress { name status description } } }",
    "query By($id: ID!) { workInProgress(accounts: [$id]) { id name status description account { id name } } }",
)


async def leaked(shown: Shown, engine: Engine, documents: list[str], ids: list[str]) -> set[str]:
    """What any client is told that they must not be, by these documents, and by asking for these things."""
    found: set[str] = set()
    for client in shown.clients:
        known = await shown.shown_to(client)
        for document in documents:
            found |= shown.told(await answer(engine, client, document), known)
        for id in ids:
            for document in BY_ID:
                # Whoever asks knows what they asked for.
                found |= shown.told(await answer(engine, client, document, id=id), known | {id})
    return found


async def test_no_client_is_told_what_was_not_shown(shown: Shown, portal: Engine) -> None:
    assert len(shown.clients) > 2 and len(shown.secrets) > 50
    documents = list(broadest(portal_schema()))
    assert len(documents) > 5
    # One of each kind of thing, and all accounts and contacts.
    ids = {id.rpartition("_")[0]: id for id in shown.ids if "_" in id}.values()
    others = [id for id in shown.ids if id.startswith(("account_0", "contact_0"))]
    assert await leaked(shown, portal, documents, sorted({*ids, *others})) == set()
    at = [client for client in shown.clients if shown.firm.firm.world.account.id in (client.scope.accounts or ())]
    answers = [await answer(portal, at[0], document) for document in documents]
    assert not any(b"errors" in each for each in answers)
    told = b"".join(answers).decode()
    assert all(text in told for text in (*SHOWN.values(), "Their account", "The client", "The firm"))


async def test_a_field_opened_by_mistake_is_found(shown: Shown, servers: embedded.Servers) -> None:
    """Were the portal's accounts those of the team's schema."""
    async with hub_on(servers.redis_url) as hub:
        team = Engine(graphql_schema(), hub, audience=Audience.CLIENT)
        found = await leaked(shown, team, ["{ accounts { nodes { name tags { id name } } } }"], [])
    assert shown.firm.firm.word in found
    assert any(id.startswith("tag_") for id in found)


async def test_a_policy_opened_by_mistake_is_found(
    shown: Shown, portal: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "policy", Policy(account="id", clients=for_clients(whole_team=True)))
    ids = [id for id in shown.ids if id.startswith("account_0")]
    assert shown.firm.firm.word in await leaked(shown, portal, [], ids)


async def test_a_column_shown_by_mistake_is_found(shown: Shown, portal: Engine) -> None:
    """Were what is kept as shown to say what a job is about."""
    job = shown.firm.firm.things["second job"]
    text = "UPDATE shown_status SET description = $2 WHERE job = $1 AND until = 'infinity'"
    await sql(text, job, shown.firm.firm.word)
    try:
        assert shown.firm.firm.word in await leaked(shown, portal, list(broadest(portal_schema())), [])
    finally:
        await sql(text, job, SHOWN["description"])


def test_the_id_of_an_entry_is_no_things(shown: Shown) -> None:
    assert not any(id.startswith("work_") for id in shown.ids)
    assert UUID(int=0) not in {client.member_id for client in shown.clients}
