"""Trusted documents: a list that may be all that is answered."""

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import embedded
from engine.admission import TOKENS
from engine.engine import Engine
from engine.limits import Limits
from engine.session import Session
from engine.trusted import Trusted
from models.errors import Invalid
from models.rows import Member
from resolvers.root import graphql_schema
from tests.live.house import hub_on
from tests.serving import Api, serving
from tests.signing_in import KEPT, PASSWORD
from tests.world import World
from transport.engine import Request

#: As Relay's compiler names them: by MD5; graphql-codegen by SHA-1, unless told otherwise.
ROLE, LIVE, SIGN_IN = "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "SignIn_1"
LISTED = {
    ROLE: "query Role { viewer { role } }",
    LIVE: "subscription Live { boardChanges { revision } }",
    SIGN_IN: "mutation SignIn($input: SignInInput!) { signIn(input: $input) { viewer { role } } }",
}
UNLISTED = [
    "query Role { viewer { role } } ",
    "{ __typename }",
    "{ __schema { queryType { name } } }",
    "{ nothing }",
    "no syntax",
    "",
]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The list."""
    path = tmp_path_factory.mktemp("trusted") / "documents.json"
    path.write_text(json.dumps(LISTED))
    return path


@pytest.fixture(scope="module")
async def strict(database: str, servers: embedded.Servers, path: Path) -> AsyncIterator[Api]:
    """A server that answers nothing else."""
    settings: dict[str, Any] = {"trusted_documents": path, "trusted_documents_only": True}
    async with serving(database, servers.redis_url, **settings) as api:
        yield api


async def test_the_portal_has_a_list_of_its_own(strict: Api, database: str, servers: embedded.Servers) -> None:
    """And answers nothing where it has none."""

    async def told(api: Api, query: str) -> str:
        url = api.url.replace("/graphql", "/portal/graphql")
        async with api.http.post(url, json={"query": query}) as answer:
            return str((await answer.json(content_type=None))["errors"][0]["extensions"]["code"])

    assert await told(strict, "{ me { name } }") == await told(strict, LISTED[ROLE]) == "UNTRUSTED_DOCUMENT"
    with tempfile.NamedTemporaryFile() as file:
        file.write(b'{"Me": "{ me { name } }"}')
        file.flush()
        settings: dict[str, Any] = {"trusted_documents": file.name, "portal_trusted_documents": file.name}
        async with serving(database, servers.redis_url, **settings, trusted_documents_only=True) as api:
            assert await told(api, "{ me { name } }") == "UNAUTHENTICATED"
            assert await told(api, "{ me { id } }") == "UNTRUSTED_DOCUMENT"


async def send(api: Api, member: Member | None, **request: Any) -> dict[str, Any]:
    """The answer to a request."""
    signed = {} if member is None else {"authorization": f"Bearer {await api.token(member)}"}
    return (await api.send(request, **signed)).json()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "request_",
    [
        {"documentId": ROLE},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": ROLE}}},
        {"query": LISTED[ROLE]},
    ],
    ids=["by its id", "as a persisted query", "as it is"],
)
async def test_what_is_listed_is_answered(world: World, strict: Api, request_: dict[str, Any]) -> None:
    assert (await send(strict, world.owner, **request_))["data"] == {"viewer": {"role": "OWNER"}}


async def test_also_to_who_signs_in(world: World, strict: Api) -> None:
    await Member.filter(id=world.owner.id).update(password_hash=KEPT)
    variables = {"input": {"email": world.owner.email, "password": PASSWORD}}
    answer = await send(strict, None, documentId=SIGN_IN, variables=variables)
    assert answer["data"]["signIn"]["viewer"] == {"role": "OWNER"}
    answer = await send(strict, None, documentId=ROLE)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("query", UNLISTED)
@pytest.mark.parametrize("signed_in", [True, False])
async def test_where_they_are_the_only_ones_nothing_else_is_answered(
    world: World, strict: Api, query: str, signed_in: bool
) -> None:
    caller = world.owner if signed_in else None
    (error,) = (await send(strict, caller, query=query))["errors"]
    assert error["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
    digest = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    for named in ({"extensions": digest}, {"documentId": "unknown"}):
        (error,) = (await send(strict, caller, **named))["errors"]
        assert error["extensions"]["code"] == "UNTRUSTED_DOCUMENT"


async def test_nor_on_a_websocket(world: World, strict: Api) -> None:
    async with strict.socket(world.owner) as socket:
        await socket.subscribe("subscription { boardChanges { revision } }", id="1")
        frame = await socket.receive()
        assert (frame["type"], frame["payload"][0]["extensions"]["code"]) == ("error", "UNTRUSTED_DOCUMENT")
        await socket.send(id="2", type="subscribe", payload={"documentId": LIVE})
        assert (await socket.next())["boardChanges"]["revision"]


async def test_beside_others_a_list_forbids_nothing(
    world: World, database: str, servers: embedded.Servers, path: Path
) -> None:
    async with serving(database, servers.redis_url, trusted_documents=path) as api:
        assert (await send(api, world.owner, documentId=ROLE))["data"] == {"viewer": {"role": "OWNER"}}
        assert (await send(api, world.owner, query="{ __typename }"))["data"] == {"__typename": "Query"}
        (error,) = (await send(api, world.owner, documentId="unknown"))["errors"]
        assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_they_are_nobodys_new_documents(world: World, servers: embedded.Servers) -> None:
    many = {str(number): f"query Q{number} {{ viewer {{ role }} }}" for number in range(TOKENS // 100 + 50)}
    async with hub_on(servers.redis_url) as hub:
        engine = Engine(graphql_schema(), hub, trusted=Trusted(many))
        member = Session("192.0.2.1", member_key="m", member_id=world.owner.id)
        for number in many:
            engine.prepare(Request("", document_id=number), member)


def test_one_that_is_no_longer_valid_is_told_of_when_the_server_starts() -> None:
    trusted = Trusted({"old": "{ nothing }", "worse": "no syntax", "good": "{ viewer { role } }"})
    with capture_logs() as logged:
        trusted.prepare(graphql_schema(), Limits())
    assert [(entry["event"], entry["name"]) for entry in logged] == [
        ("trusted_document.invalid", "old"),
        ("trusted_document.invalid", "worse"),
    ]


@pytest.mark.parametrize("text", ["", "[]", '{"a": 5}', '{"a": {"text": "{ viewer { role } }"}}', "{", '"x"'])
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(text)
    with pytest.raises(Invalid, match=r"documents\.json"):
        Trusted.read(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        Trusted.read(tmp_path / "documents.json")
