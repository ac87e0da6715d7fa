"""Documents that are sent by their digest: as Apollo's clients do it, on every way in."""

import asyncio
import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest

from engine.admission import REQUESTS
from engine.engine import Engine
from engine.persisted import Persisted, name_of
from engine.session import Session
from models.rows import Member
from tests.http_client import Answer
from tests.node import CLIENTS
from tests.serving import Api
from tests.world import World
from transport.engine import Refused, Request

NOT_FOUND = {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}


def fresh(text: str = "{ viewer { role } }") -> str:
    """A text that no server has seen."""
    return f"# {uuid4()}\n{text}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def named(text: str) -> dict[str, Any]:
    """The extensions that name it."""
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


async def send(api: Api, member: Member | None, **request: Any) -> Answer:
    """The answer to a request."""
    signed = {} if member is None else {"authorization": f"Bearer {await api.token(member)}"}
    return await api.send(request, **signed)


async def known(api: Api, member: Member, text: str) -> bool:
    """Whether the server knows it by its digest."""
    answer = (await send(api, member, extensions=named(text))).json()
    if "errors" in answer:
        assert answer == {"errors": [NOT_FOUND]}
    return "errors" not in answer


async def test_a_digest_will_do_after_the_text_was_sent_with_it(world: World, api: Api) -> None:
    text = fresh()
    assert not await known(api, world.owner, text)
    both = (await send(api, world.owner, query=text, extensions=named(text))).json()
    assert both["data"] == {"viewer": {"role": "OWNER"}}
    # Also of somebody else, who gets their own answer.
    answer = (await send(api, world.employee, extensions=named(text))).json()
    assert answer["data"] == {"viewer": {"role": "EMPLOYEE"}}
    by_id = await send(api, world.owner, documentId=f"sha256:{digest(text)}")
    assert by_id.json()["data"] == both["data"]


async def test_that_it_is_not_known_has_the_status_of_what_is_not_executed(world: World, api: Api) -> None:
    given = {"extensions": named(fresh())}
    token = f"Bearer {await api.token(world.owner)}"
    assert (await api.send(given, authorization=token)).status == 200
    answer = await api.send(given, authorization=token, accept="application/graphql-response+json")
    assert (answer.status, answer.json()) == (400, {"errors": [NOT_FOUND]})


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_with_apollo_as_published(world: World, api: Api, node: str, method: str) -> None:
    query = f"query Role{uuid4().hex[:8]} {{ viewer {{ role }} }}"
    words = (str(CLIENTS / "persisted.mjs"), api.url, await api.token(world.owner), method, query)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(node, *words, cwd=CLIENTS, stdout=pipe, stderr=pipe)
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, complained.decode()
    first, second = [json.loads(line) for line in said.decode().splitlines()]
    assert first[0]["viewer"]["role"] == second[0]["viewer"]["role"] == "OWNER"
    assert [sort for _, sort in first[1]] == ["name", "text"]
    assert second[1] == [[method, "name"]]


async def test_by_get(world: World, api: Api) -> None:
    text = fresh()
    await send(api, world.owner, query=text, extensions=named(text))
    given = {"extensions": json.dumps(named(text))}
    signed = {"authorization": f"Bearer {await api.token(world.owner)}"}
    async with api.http.get(api.url, params=given, headers=signed) as answer:
        assert (await answer.json(content_type=None))["data"] == {"viewer": {"role": "OWNER"}}


async def test_on_a_websocket_and_of_a_subscription(world: World, api: Api) -> None:
    text = fresh("subscription { boardChanges { revision } }")
    async with api.socket(world.owner) as socket:
        await socket.send(id="1", type="subscribe", payload={"extensions": named(text)})
        frame = await socket.receive()
        assert (frame["type"], frame["payload"]) == ("error", [NOT_FOUND])
        await socket.send(id="2", type="subscribe", payload={"query": text, "extensions": named(text)})
        assert (await socket.next())["boardChanges"]["revision"]
        await socket.send(id="3", type="subscribe", payload={"extensions": named(text)})
        assert (await socket.next())["boardChanges"]["revision"]


async def test_on_an_event_stream(world: World, api: Api) -> None:
    text = fresh("subscription { boardChanges { revision } }")
    await send(api, world.owner, query=text, extensions=named(text))  # Refused: it wants a stream. It is known by now.
    headers = {"authorization": f"Bearer {await api.token(world.owner)}", "accept": "text/event-stream"}
    async with api.http.post(api.url, json={"extensions": named(text)}, headers=headers) as answer:
        async for line in answer.content:
            if line.startswith(b"data: "):
                assert json.loads(line.removeprefix(b"data: "))["data"]["boardChanges"]["revision"]
                break


@pytest.mark.parametrize(
    "extension",
    [
        {"version": 2, "sha256Hash": "a" * 64},
        {"version": 1},
        {"version": 1, "sha256Hash": 5},
        {"version": 1, "sha256Hash": ""},
        "a" * 64,
        [],
        None,
    ],
)
async def test_what_names_nothing_is_refused(world: World, api: Api, extension: Any) -> None:
    answer = await send(api, world.owner, extensions={"persistedQuery": extension})
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "INVALID"


async def test_a_digest_of_another_text_is_refused_and_kept_for_neither(world: World, api: Api) -> None:
    one, other = fresh(), fresh()
    answer = (await send(api, world.owner, query=one, extensions=named(other))).json()
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], "sha256Hash" in error["message"]) == ("INVALID", True)
    assert not await known(api, world.owner, one)
    assert not await known(api, world.owner, other)


@pytest.mark.parametrize(
    "text",
    ["{ nothing }", "{ viewer { role }", "{ members(first: 100) { nodes { " + "id " * 2_500 + "} } }"],
    ids=["invalid", "no syntax", "too large"],
)
async def test_what_cannot_be_executed_is_not_kept(world: World, api: Api, text: str) -> None:
    text = fresh(text)
    assert (await send(api, world.owner, query=text, extensions=named(text))).json()["errors"]
    assert not await known(api, world.owner, text)


async def test_who_has_not_signed_in_keeps_nothing_and_finds_nothing(world: World, api: Api) -> None:
    text = fresh("{ __typename }")
    answer = await send(api, None, query=text, extensions=named(text))
    assert answer.json()["data"] == {"__typename": "Query"}
    assert not await known(api, world.owner, text)
    await send(api, world.owner, query=text, extensions=named(text))
    assert (await send(api, None, extensions=named(text))).json() == {"errors": [NOT_FOUND]}


async def test_and_pays_for_asking(engine: Engine) -> None:
    nobody = Session("192.0.2.1")
    request = Request("", extensions=named(fresh()))
    refusals = []
    for _ in range(REQUESTS + 50):
        with pytest.raises(Refused) as caught:
            await engine.prepare_in_turn(request, nobody)
        refusals.append(caught.value.status)
    assert refusals[:REQUESTS] == [400] * REQUESTS
    assert 429 in refusals


def test_those_that_were_used_last_are_kept_of_a_bounded_number_and_size() -> None:
    kept = Persisted(most_documents=3, most_bytes=100_000)
    texts = [f"{{ {letter} }}" for letter in "abcd"]
    for text in texts[:3]:
        kept.keep(digest(text), text)
    assert kept.find(digest(texts[0])) == texts[0]
    kept.keep(digest(texts[3]), texts[3])
    assert [kept.find(digest(text)) for text in texts] == [texts[0], None, texts[2], texts[3]]
    large = "x" * 99_000
    kept.keep(digest(large), large)
    assert (len(kept), kept.find(digest(large))) == (3, large)
    assert kept.bytes <= 100_000
    kept.keep(digest(large), large)
    assert kept.bytes <= 100_000


def test_a_digest_is_one_in_capitals_too() -> None:
    text = fresh()
    shouted = {"persistedQuery": {"version": 1, "sha256Hash": digest(text).upper()}}
    assert name_of(Request("", extensions=shouted)) == digest(text)
    assert name_of(Request("", document_id=f"sha256:{digest(text)}")) == digest(text)
    assert name_of(Request(text)) is None
