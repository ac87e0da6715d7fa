"""What the firm did not show to a client is in no answer to them. Every text that a firm has is told apart, by its
table, its row and its column; every number that a right withholds is a secret; every thing has an id."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tortoise.transactions import in_transaction

import embedded
from engine.engine import Engine
from models.audiences import Audience
from models.commands.jobs import set_job_client_status
from models.database import sql
from models.ids import Kind, encode
from models.policies import Policy, for_clients
from models.rights import Right
from models.rows import Account
from models.scope import Viewer
from models.viewers import client_viewers
from resolvers.portal.root import portal_schema
from resolvers.root import graphql_schema
from tests.api.planted import Planted
from tests.live.house import hub_on
from tests.portal import below, broadest, portal_on, session_of
from transport.engine import Refused, Request

#: What of each table is written for clients, where it is of one of their accounts. Nothing else is.
FOR_CLIENTS: Mapping[str, set[str]] = {
    "firm": {"name"},
    "account": {"name"},
    "contact": {"name", "emails", "phone"},
    "shown_status": {"name", "status", "description"},
    "client_request": {"title", "description", "entries"},
    "organizer": {"title"},
    "organizer_content": {"sections", "answers"},
    "chat": {"subject", "client_tasks"},
    "message": {"text"},
    "proposal": {"name", "introduction"},
    "proposal_service": {"name", "description", "one_of"},
    "signer": {"name"},
    "invoice": {"memo"},
    "invoice_line": {"description"},
    "credit_note": {"reason"},
    "document": {"name", "description"},
}
#: Whose rows belong to another one: where that is.
_OF = {
    "organizer_content": "SELECT account_id FROM organizer WHERE id = row.organizer_id",
    "proposal_service": "SELECT account_id FROM proposal WHERE id = row.proposal_id",
    "signer": "SELECT account_id FROM proposal WHERE id = row.item UNION SELECT account_id FROM document "
    "WHERE id = row.item",
    "invoice_line": "SELECT account_id FROM invoice WHERE id = row.invoice_id",
    "credit_note": "SELECT account_id FROM invoice WHERE id = row.invoice_id",
    "account": "SELECT row.id",
    "shown_status": "SELECT row.account",
    "firm": "SELECT NULL::uuid",
    "contact": "SELECT row.id",
}
#: The rights to what is sent to clients: what these withhold from the team is no secret from them.
SENT = {
    Right.MANAGE_DOCUMENTS,
    Right.MANAGE_INVOICES,
    Right.MANAGE_ORGANIZERS,
    Right.MANAGE_PAYMENTS,
    Right.MANAGE_PROPOSALS,
}
#: The kinds of things of which clients are told ids.
KNOWN = (
    Kind.CLIENT_REQUEST,
    Kind.ORGANIZER,
    Kind.CHAT,
    Kind.PROPOSAL,
    Kind.INVOICE,
    Kind.PAYMENT,
    Kind.DOCUMENT,
)
#: What stands behind the firm's word wherever it is, with so many letters after it. No secret has such letters.
_MARK, _LONG = "xcx", 10


@dataclass(frozen=True)
class Marked:
    """Where a text stands, and the account that its row is of."""

    table: str
    column: str
    account: Any


@dataclass
class Shown:
    """A firm, its contacts who see anything, and what none of them may be told."""

    firm: Planted
    clients: list[Viewer]
    #: By their marks, all texts.
    texts: dict[str, Marked]
    numbers: list[str]
    ids: set[str]
    #: By the account, ids of things that its clients may know.
    known: dict[Any, set[str]] = field(default_factory=dict)

    @classmethod
    async def build(cls) -> Shown:
        planted = await Planted.copy("unshown")
        firm = planted.firm
        owner, job = firm.world.acting(firm.world.owner), firm.things["second job"]
        told = f"{firm.word} told"
        await set_job_client_status(owner, job_id=job, visible=True, name=told, description=told)
        contacts = await sql("SELECT id FROM contact WHERE firm_id = $1", firm.world.firm.id)
        viewers = await client_viewers([row["id"] for row in contacts])
        secrets = [each.mark for each in planted.secrets if not each.known_with or not each.known_with & SENT]
        made = cls(planted, list(viewers.values()), {}, secrets, set(await firm.all_ids()))
        async with in_transaction():
            # Some rows are written once, and these are.
            await sql("SET LOCAL session_replication_role = replica")
            await made._mark()
        for kind in KNOWN:
            for row in await sql(f"SELECT id, account_id FROM {kind} WHERE firm_id = $1", firm.world.firm.id):
                made.known.setdefault(row["account_id"], set()).add(encode(kind, row["id"]))
        return made

    async def _mark(self) -> None:
        """Tell each text of the firm apart: its word is in all of them, and in no other firm's."""
        word = self.firm.firm.word
        columns = await sql(
            "SELECT c.table_name AS of, c.column_name AS name, c.udt_name AS type FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) WHERE table_schema = 'public' "
            "AND t.table_type = 'BASE TABLE' AND c.udt_name IN ('text', 'varchar', 'jsonb')"
        )
        for column in columns:
            table, name = column["of"], column["name"]
            account = _OF.get(table, "SELECT (to_jsonb(row)->>'account_id')::uuid")
            mark = f"left(md5('{table}.{name}' || coalesce(to_jsonb(row)->>'id', row.{name}::text)), {_LONG})"
            marked = await sql(
                f"UPDATE {table} AS row SET {name} = replace(row.{name}::text, $1, $1 || '{_MARK}' || {mark})"
                f"::{column['type']} WHERE position($1 in row.{name}::text) > 0 "
                f"RETURNING substring(row.{name}::text from $1 || '{_MARK}(.{{{_LONG}}})') AS mark, "
                f"({account} LIMIT 1) AS account",
                word,
            )
            self.texts |= {row["mark"]: Marked(table, name, row["account"]) for row in marked}

    def told(self, answer: bytes, client: Viewer, *asked_for: str) -> list[Any]:
        """What of it all an answer to a client tells that it must not."""
        text, mine = answer.decode(), client.scope.accounts or frozenset()
        found: list[Any] = [mark for mark in self.numbers if mark in text]
        for mark in re.findall(f"{self.firm.firm.word}(?:{_MARK}(.{{{_LONG}}}))?", text):
            at = self.texts.get(mark)
            if at is None or at.column not in FOR_CLIENTS.get(at.table, ()) or not _is_of(at, client):
                found.append(at or mark or "no mark")
        known = {encode(Kind.FIRM, client.scope.firm_id), encode(Kind.CONTACT, client.member_id), *asked_for}
        known |= {encode(Kind.ACCOUNT, account) for account in mine}
        known |= {id for account in mine for id in self.known.get(account, ())}
        return [*found, *(id for id in self.ids - known if id in text)]


def _is_of(at: Marked, client: Viewer) -> bool:
    if at.table == "contact":
        return bool(at.account == client.member_id)
    return at.account is None or at.account in (client.scope.accounts or ())


@pytest.fixture(scope="module")
async def shown(database: str) -> Shown:
    """The firm of this module."""
    return await Shown.build()


@pytest.fixture
async def portal(database: str, servers: embedded.Servers) -> AsyncIterator[Engine]:
    """The portal's engine, without a server."""
    async with hub_on(servers.redis_url) as hub:
        yield portal_on(hub)


async def answer(engine: Engine, client: Viewer, document: str, **variables: object) -> bytes:
    """What a client is answered, whatever that is."""
    session = session_of(client)
    try:
        return await engine.execute(engine.prepare(Request(document, variables=variables), session), session)
    except Refused as refused:
        return str(refused.errors).encode()


#: Fields that take the id of a thing.
BY_ID = tuple(
    f"query By($id: ID!) {{ {name}(id: $id) {below(each, 2)} }}"
    for name, each in portal_schema().query_type.fields.items()  # type: ignore[union-attr]
    if "id" in each.args
) + (
    "query By($id: ID!) { workInProgress(accounts: [$id]) { id name status description account { id name } } }",
    "query By($id: ID!) { invoices(filter: { account: { in: [$id] } }) { nodes { id title memo } } }",
)


async def leaked(shown: Shown, engine: Engine, documents: list[str], ids: list[str] | None = None) -> list[Any]:
    """What any client is told that they must not be, by these documents, and by asking for these things."""
    found: list[Any] = []
    for client in shown.clients:
        for document in documents:
            found += shown.told(await answer(engine, client, document), client)
        for id in ids or ():
            for document in BY_ID:
                # Whoever asks knows what they asked for.
                found += shown.told(await answer(engine, client, document, id=id), client, id)
    return found


async def test_no_client_is_told_what_was_not_shown(shown: Shown, portal: Engine) -> None:
    assert len(shown.clients) > 2 and len(shown.numbers) > 10 and len(shown.texts) > 200
    documents = list(broadest(portal_schema()))
    assert len(documents) > 10
    assert await leaked(shown, portal, documents) == []
    # And what was, they are told: each text that is written for clients, to some of them.
    told: set[tuple[str, str]] = set()
    for client in shown.clients:
        for document in documents:
            said = (await answer(portal, client, document)).decode()
            assert "errors" not in said, said
            marks = re.findall(f"{shown.firm.firm.word}{_MARK}(.{{{_LONG}}})", said)
            told |= {(shown.texts[mark].table, shown.texts[mark].column) for mark in marks}
    written = {(each.table, each.column) for each in shown.texts.values()}
    assert told == {(of, column) for of, columns in FOR_CLIENTS.items() for column in columns} & written


async def test_nothing_is_found_by_its_id_that_was_not_shown(shown: Shown, portal: Engine) -> None:
    """One of each kind of thing, and all of those that clients see any of."""
    ids = {id.rpartition("_")[0]: id for id in sorted(shown.ids) if "_" in id}.values()
    kinds = tuple(f"{kind}_0" for kind in (Kind.ACCOUNT, *KNOWN))
    others = [id for id in shown.ids if id.startswith(kinds)]
    shown.clients, every = shown.clients[:3], shown.clients
    try:
        assert await leaked(shown, portal, [], sorted({*ids, *others})) == []
    finally:
        shown.clients = every


async def test_a_field_opened_by_mistake_is_found(shown: Shown, servers: embedded.Servers) -> None:
    """Were the portal's accounts those of the team's schema."""
    async with hub_on(servers.redis_url) as hub:
        team = Engine(graphql_schema(), hub, audience=Audience.CLIENT)
        found = await leaked(shown, team, ["{ accounts { nodes { name tags { id name } } } }"])
    assert ("tag", "name") in {(each.table, each.column) for each in found if isinstance(each, Marked)}
    assert any(id.startswith("tag_") for id in found if isinstance(id, str))


async def test_a_policy_opened_by_mistake_is_found(
    shown: Shown, portal: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "policy", Policy(account="id", clients=for_clients(whole_team=True)))
    ids = [id for id in shown.ids if id.startswith("account_0")]
    assert ("account", "name") in {(each.table, each.column) for each in await leaked(shown, portal, [], ids)}


async def test_a_column_shown_by_mistake_is_found(shown: Shown, portal: Engine) -> None:
    """Were what is kept as shown to say what a job is about."""
    firm = shown.firm.firm
    text = "UPDATE shown_status SET description = coalesce($2, (SELECT description FROM job WHERE id = $1)) "
    where = "WHERE job = $1 AND until = 'infinity'"
    (was,) = await sql(f"SELECT description FROM shown_status {where}", firm.things["second job"])
    await sql(
        "UPDATE job SET description = (SELECT description FROM job WHERE id = $2) WHERE id = $1",
        firm.things["second job"],
        firm.things["job"],
    )
    await sql(text + where, firm.things["second job"], None)
    try:
        found = await leaked(shown, portal, list(broadest(portal_schema())))
        assert ("job", "description") in {(each.table, each.column) for each in found}
    finally:
        await sql(text + where, firm.things["second job"], was["description"])
