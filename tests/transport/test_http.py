"""GraphQL over HTTP, by the draft."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.plain_http import NO_TLS
from tests.transport.house import House, served, wait_until
from transport.options import TransportOptions

NEW = "application/graphql-response+json"
OLD = "application/json"
HELLO = {"query": "{ hello }"}


async def ask(
    http: httpx.AsyncClient, content: Any = HELLO, accept: str | None = NEW, **headers: str
) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    given = {
        "content-type": "application/json",
        **{name.replace("_", "-"): text for name, text in headers.items()},
    }
    request = http.build_request("POST", "/graphql", content=body, headers=given)
    request.headers.pop("accept")
    if accept is not None:
        request.headers["accept"] = accept
    return await http.send(request)


def code(response: httpx.Response) -> str:
    document = response.json()
    assert set(document) == {"errors"}
    return str(document["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (NEW, NEW),
        (OLD, OLD),
        (None, NEW),  # since the watershed of 2025
        ("*/*", OLD),
        ("application/*", OLD),
        (f"{OLD}, {NEW}", OLD),
        (f"{NEW}, {OLD}", NEW),
        (f"{OLD};q=0.5, {NEW}", NEW),
        (f"{OLD};q=0, */*", NEW),
        (f"{NEW}; charset=utf-8, {OLD}; charset=utf-8", NEW),
        ("text/html, */*;q=0.1", OLD),
        (f"{NEW};charset=utf-16, {OLD}", OLD),
    ],
)
async def test_the_answer_is_in_the_media_type_that_was_asked_for(
    http: httpx.AsyncClient, accept: str | None, media: str
) -> None:
    response = await ask(http, accept=accept)
    assert (response.status_code, response.json()) == (200, {"data": {"hello": "Hello, you"}})
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", f"{NEW};q=0", "application/json;charset=latin1", "nonsense"])
async def test_nothing_acceptable_is_406(http: httpx.AsyncClient, accept: str) -> None:
    response = await ask(http, accept=accept)
    assert (response.status_code, code(response)) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    "content",
    [
        b"NONSENSE",
        b'{"query":',
        b"",
        b"\xff",
        b"[" * 5000,
        "text",
        None,
        [HELLO, HELLO],
        {"qeury": "{ hello }"},
        {"query": None},
        {"query": 1},
        {"query": "{ hello }", "variables": [7]},
        {"query": "{ hello }", "variables": "{}"},
        {"query": "{ hello }", "operationName": {}},
        {"query": "{ hello }", "extensions": False},
        b'{"query":"{ hello }","variables":{"a":' + b"[" * 300 + b"]" * 300 + b"}}",
        b'{"query":"{ hello }","extensions":' + b'{"a":' * 70 + b"1" + b"}" * 71,
        b'{"query":"{ hello }","operationName":"\\ud800"}',
        b'{"query":"{ hello }","variables":{"\\udfff":1}}',
        b'\xef\xbb\xbf{"query":"{ hello }"}',
    ],
)
@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_what_is_not_well_formed_is_400(http: httpx.AsyncClient, content: Any, accept: str) -> None:
    response = await ask(http, content, accept)
    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "content",
    [{"documentId": "sha256:abc"}, {"extensions": {"persistedQuery": {}}}, {"query": None, "documentId": "abc"}],
)
async def test_a_document_may_be_named_instead(http: httpx.AsyncClient, content: dict[str, Any]) -> None:
    answer = await ask(http, content)
    # This engine knows no names: it reads a text without anything in it.
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Syntax Error: Unexpected <EOF>."


@pytest.mark.parametrize("name", ["", 5, ["abc"], "a" * 201])
async def test_a_name_that_is_none_is_400(http: httpx.AsyncClient, name: Any) -> None:
    assert code(await ask(http, {"query": "{ hello }", "documentId": name})) == "BAD_REQUEST"


async def test_what_the_engine_tells_besides_is_in_headers(http: httpx.AsyncClient) -> None:
    answer = await ask(http, authorization="Bearer alice")
    assert answer.headers["ratelimit"] == '"points";r=1;t=5'
    assert "ratelimit" not in (await ask(http)).headers
    page = await ask(http, authorization="Bearer alice", origin=f"http://{http.base_url.netloc.decode()}")
    assert "ratelimit" in page.headers["access-control-expose-headers"]


async def test_a_batch_is_refused_by_name(http: httpx.AsyncClient) -> None:
    assert "Batches" in (await ask(http, [HELLO])).json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "content",
    [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "query A { hello } query B { hello }"},
        {"query": "query A { hello }", "operationName": "B"},
        {"query": "query ($name: String!) { hello(name: $name) }"},
    ],
    ids=["syntax", "validation", "ambiguous", "unknown", "variables"],
)
async def test_a_request_error_is_400_and_200_for_legacy(http: httpx.AsyncClient, content: Any) -> None:
    new, old = await ask(http, content, NEW), await ask(http, content, OLD)
    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json() == old.json() and set(new.json()) == {"errors"}


@pytest.mark.parametrize("query", ["{ broken }", "{ sure }"], ids=["partial", "null"])
@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_an_error_in_execution_is_200(http: httpx.AsyncClient, query: str, accept: str) -> None:
    response = await ask(http, {"query": query}, accept)
    assert response.status_code == 200 and "data" in response.json() and response.json()["errors"]


async def test_a_status_that_forbids_the_caller_is_kept_for_legacy(http: httpx.AsyncClient) -> None:
    assert (await ask(http, {"query": "query tooMuch { hello }"}, OLD)).status_code == 429


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=latin1",
    ],
)
async def test_other_content_is_415(http: httpx.AsyncClient, content_type: str) -> None:
    response = await ask(http, content_type=content_type)
    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_utf8_by_name_and_with_all_its_letters(http: httpx.AsyncClient) -> None:
    content = {"query": "query ($n: String) { hello(name: $n) }", "variables": {"n": "Zoë 🏃"}}
    response = await ask(
        http, json.dumps(content, ensure_ascii=False).encode(), content_type="application/json; charset=UTF-8"
    )
    assert response.json()["data"]["hello"] == "Hello, Zoë 🏃"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_other_methods_are_405(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST, OPTIONS")


async def test_a_get_needs_a_header_that_pages_cannot_send_unasked(http: httpx.AsyncClient) -> None:
    bare = await http.get("/graphql", params=HELLO)
    assert (bare.status_code, code(bare)) == (400, "PREFLIGHT_REQUIRED")
    for header in ("graphql-require-preflight", "apollo-require-preflight"):
        assert (await http.get("/graphql", params=HELLO, headers={header: ""})).status_code == 400
        assert (await http.get("/graphql", params=HELLO, headers={header: "1"})).status_code == 200
    typed = await http.get("/graphql", params=HELLO, headers={"content-type": "application/json"})
    assert typed.json() == {"data": {"hello": "Hello, you"}}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"authorization": "Bearer alice"}, 200),
        ({"authorization": "bearer alice"}, 200),
        ({"authorization": "Bearer bad"}, 401),
        # A browser sends these by itself for an address that has them, or that somebody once signed in at.
        ({"authorization": "Basic YTpi"}, 400),
        ({"authorization": "Digest username=a"}, 400),
        ({"authorization": "Negotiate YII"}, 400),
        ({"authorization": ""}, 400),
        ({"authorization": "Bearer"}, 401),
        ({"cookie": "token=alice"}, 400),
        ({"content-type": "text/plain"}, 400),
    ],
)
async def test_a_token_is_such_a_header(http: httpx.AsyncClient, given: dict[str, str], status: int) -> None:
    response = await http.get("/graphql", params=HELLO, headers=given)
    assert response.status_code == status
    if status == 400:
        assert code(response) == "PREFLIGHT_REQUIRED"


async def test_two_tokens_are_none(house: House, http: httpx.AsyncClient) -> None:
    pairs = [("authorization", "Bearer alice"), ("authorization", "Bearer alice")]
    assert (await http.get("/graphql", params=HELLO, headers=pairs)).status_code == 401


async def get(http: httpx.AsyncClient, **params: str) -> httpx.Response:
    headers = {"graphql-require-preflight": "1", "accept": NEW}
    return await http.get("/graphql", params=params, headers=headers)


async def test_get_takes_its_parameters_from_the_url(http: httpx.AsyncClient) -> None:
    query = "query A($n: String) { hello(name: $n) } query B { broken }"
    response = await get(http, query=query, operationName="A", variables='{"n":"Zoë"}', extensions="null")
    assert response.json() == {"data": {"hello": "Hello, Zoë"}}
    assert (await get(http, query="{ hello }", operationName="")).status_code == 200
    deep = '{"a":' + "[" * 70 + "]" * 70 + "}"
    for wrong in ({"variables": "{"}, {"variables": "[]"}, {"extensions": "1"}, {"variables": deep}):
        assert (await get(http, query="{ hello }", **wrong)).status_code == 400
    assert (await get(http)).status_code == 400
    twice = await http.get("/graphql?query={hello}&query={hello}", headers={"graphql-require-preflight": "1"})
    assert twice.status_code == 400


async def test_a_mutation_over_get_is_405_and_does_nothing(house: House, http: httpx.AsyncClient) -> None:
    response = await get(http, query='mutation { add(key: "get") }')
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert house.engine.added["get"] == 0
    assert (await ask(http, {"query": 'mutation { add(key: "get") }'})).json() == {"data": {"add": 1}}


async def test_a_subscription_is_told_where_to_go(http: httpx.AsyncClient) -> None:
    response = await ask(http, {"query": "subscription { count(to: 1) }"})
    assert (response.status_code, code(response)) == (400, "SUBSCRIPTION_NEEDS_STREAM")


@pytest.mark.parametrize("credentials", ["Basic YTpi", "Bearer", "Bearer a b", "Bearer é", "alice"])
async def test_malformed_credentials_are_401(http: httpx.AsyncClient, credentials: str) -> None:
    headers = httpx.Headers({"content-type": OLD, "authorization": credentials}, encoding="latin-1")
    response = await http.post("/graphql", json=HELLO, headers=headers)
    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("accept", [NEW, OLD])
async def test_a_token_that_is_refused_is_401(http: httpx.AsyncClient, accept: str) -> None:
    response = await ask(http, accept=accept, authorization="Bearer bad")
    assert (response.status_code, code(response)) == (401, "UNAUTHENTICATED")
    assert (await ask(http, authorization="Bearer alice")).status_code == 200


async def chunks(count: int) -> Any:
    for _ in range(count):
        yield b" " * 10_000


async def test_a_large_body_is_413_declared_or_not(http: httpx.AsyncClient) -> None:
    fits = json.dumps(HELLO).encode().ljust(100_000)
    assert (await ask(http, fits, authorization="Bearer alice")).status_code == 200
    assert (await ask(http, fits + b" ", authorization="Bearer alice")).status_code == 413
    streamed = await http.post("/graphql", content=chunks(20), headers={"content-type": OLD})
    assert (streamed.status_code, code(streamed)) == (413, "TOO_LARGE")


async def test_who_shows_no_token_may_send_less(http: httpx.AsyncClient) -> None:
    fits = json.dumps(HELLO).encode().ljust(16_384)
    assert (await ask(http, fits)).status_code == 200
    refused = await ask(http, fits + b" ")
    assert (refused.status_code, code(refused)) == (413, "TOO_LARGE")
    assert "16,384 bytes" in refused.text


async def test_what_comes_with_a_bad_token_is_not_read(http: httpx.AsyncClient) -> None:
    assert (await ask(http, b"[" * 90_000, authorization="Bearer bad")).status_code == 401
    assert (await ask(http, b"[" * 90_000, authorization="Bearer alice")).status_code == 400


async def test_a_declared_length_is_refused_before_the_body_comes(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
    )
    async with asyncio.timeout(5):
        assert b" 413 " in await reader.readline()
        assert b"connection: close" in (await reader.read()).lower()
    writer.close()


async def test_origins(http: httpx.AsyncClient) -> None:
    own = str(http.base_url).rstrip("/")
    allowed = await ask(http, origin=own)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, own)
    for origin in ("https://elsewhere.example", "null", own + "1", "http://[", own.replace("http", "ftp")):
        refused = await ask(http, origin=origin)
        assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
        assert "access-control-allow-headers" not in refused.headers


async def test_preflight() -> None:
    with served(TransportOptions(allowed_origins=frozenset({"https://board.example"}))) as house:
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            asking = {"origin": "https://board.example", "access-control-request-method": "POST"}
            response = await http.options(house.url, headers=asking)
            assert (response.status_code, response.content) == (204, b"")
            assert response.headers["access-control-allow-origin"] == "https://board.example"
            assert "authorization" in response.headers["access-control-allow-headers"]
            assert "access-control-allow-credentials" not in response.headers


async def test_a_page_that_may_not_call_gets_to_its_refusal(house: House) -> None:
    """A browser shows a page nothing of a request whose preflight has failed, so that one does not fail: the request
    does."""
    elsewhere = "https://elsewhere.example"
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        asking = {"origin": elsewhere, "access-control-request-method": "POST"}
        preflight = await http.options(house.url, headers=asking)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, elsewhere)
        assert "content-type" in preflight.headers["access-control-allow-headers"]
        refused = await http.post(house.url, json={"query": "{ hello }"}, headers={"origin": elsewhere})
        assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
        assert refused.headers["access-control-allow-origin"] == elsewhere
        two = [*asking.items(), ("origin", "https://board.example")]
        assert (await http.options(house.url, headers=two)).status_code == 403


async def test_a_fault_is_internal_with_a_reference_that_the_log_has(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = await ask(http, {"query": "{ explode }"}, OLD)
    assert (response.status_code, code(response)) == (500, "INTERNAL")
    log = capsys.readouterr().out
    assert response.json()["errors"][0]["extensions"]["reference"] in log
    assert "secret-literal" not in log + response.text and "{ explode }" not in log


async def test_the_deadline() -> None:
    with served(TransportOptions(deadline=0.1)) as house:
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            response = await http.post(house.url, json={"query": '{ slow(key: "deadline") }'})
        assert (response.status_code, code(response)) == (504, "TIMEOUT")
        await wait_until(lambda: house.engine.cancelled["deadline"])


async def test_a_client_that_leaves_takes_its_query_along(house: House) -> None:
    before = house.counters.requests_abandoned
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        task = asyncio.create_task(http.post(house.url, json={"query": '{ slow(key: "left") }'}))
        await wait_until(lambda: house.engine.executing["left"])
        task.cancel()
        await asyncio.wait({task})
    await wait_until(lambda: house.engine.cancelled["left"])
    await wait_until(lambda: house.counters.requests_abandoned == before + 1)


async def test_a_connection_is_kept_for_the_next_request(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    content = json.dumps(HELLO).encode()
    for _ in range(3):
        head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: {OLD}\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        async with asyncio.timeout(5):
            assert b" 200 " in await reader.readline()
            assert (await reader.readuntil(b'"Hello, you"}}')).endswith(b"}}")
    writer.close()
