"""What pages of other origins may do, what they are told when they may not, and what the log says of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import websockets

from tests.plain_http import NO_TLS
from tests.transport.house import House, served
from tests.transport.raw import connection, handshake, head
from transport.options import TransportOptions
from transport.origins import ALLOWED_HEADERS

HELLO = {"query": "{ hello }"}
LOOPBACK = TransportOptions(allowed_origins=frozenset({"loopback"}))
#: What pages send with the published clients and tracers, one by one.
CLIENTS_SEND = {
    "GraphQL clients": ["authorization", "content-type", "accept", "graphql-require-preflight", "idempotency-key"],
    "Apollo Client": [
        "apollographql-client-name",
        "apollographql-client-version",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "x-apollo-operation-id",
        "x-apollo-operation-type",
    ],
    "others that name themselves": [
        "graphql-client-name",
        "graphql-client-version",
        "x-graphql-client-name",
        "x-graphql-client-version",
    ],
    "W3C tracing": ["traceparent", "tracestate", "baggage"],
    "Sentry": ["sentry-trace"],
    "Zipkin": ["b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags"],
    "Datadog": [
        "x-datadog-trace-id",
        "x-datadog-parent-id",
        "x-datadog-origin",
        "x-datadog-sampling-priority",
        "x-datadog-tags",
    ],
    "others that trace": ["uber-trace-id", "newrelic", "x-amzn-trace-id", "x-cloud-trace-context", "request-id"],
    "anybody": ["x-request-id", "x-correlation-id", "x-requested-with", "last-event-id", "cache-control", "pragma"],
}


@pytest.fixture(scope="module")
def open_house() -> Any:
    with served(LOOPBACK) as house:
        yield house


async def ask(house: House, origin: str, method: str = "POST", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        given = {"origin": origin, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return await http.request(method, house.url, json=HELLO if method == "POST" else None, headers=given)


def preflight_of(origin: str, *names: str) -> dict[str, str]:
    return {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": ",".join(names),
    }


HOST = "Host: 127.0.0.1:9"
OF_THIS_MACHINE = [
    "http://localhost:5173",
    "http://localhost",
    "https://localhost:3000",
    "http://127.0.0.1:8080",
    "http://127.8.9.1:1",
    "http://[::1]:5173",
    "http://board.localhost:4200",
]
ELSEWHERE = [
    "http://localhost.example:5173",
    "http://localhost@elsewhere.example",
    "http://127.0.0.1.elsewhere.example",
    "http://elsewhere.example#localhost",
    "http://128.0.0.1",
    "http://0.0.0.0:8000",
    "http://2130706433",
    "http://[::2]:5173",
    "http://notlocalhost:5173",
    "ftp://localhost:5173",
    "file://localhost",
    "chrome-extension://localhost",
    "http://localhost:99999",
    "http://localhost:x",
    "http://local\xe4host",
    "localhost:5173",
    "http://",
    "null",
    "",
]


@pytest.mark.parametrize("origin", OF_THIS_MACHINE)
async def test_pages_of_this_machine_may_be_allowed(open_house: House, origin: str) -> None:
    answer = await ask(open_house, origin)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        asked = await http.options(open_house.url, headers=preflight_of(origin, "authorization"))
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, origin)
    async with open_house.open_socket(origin=origin):
        pass


@pytest.mark.parametrize("origin", [*ELSEWHERE, *OF_THIS_MACHINE])
@pytest.mark.usefixtures("quiet_log")
async def test_other_pages_may_read_why_they_may_not(open_house: House, house: House, origin: str) -> None:
    """And nothing else: nothing is signed in, executed or allowed to be sent."""
    where = house if origin in OF_THIS_MACHINE else open_house
    body = json.dumps(HELLO).encode()
    async with connection(where.port) as raw:
        for request in (
            head("POST /graphql HTTP/1.1", HOST, f"Origin: {origin}", f"Content-Length: {len(body)}") + body,
            head("OPTIONS /graphql HTTP/1.1", HOST, f"Origin: {origin}"),
        ):
            await raw.say(request)
            answer = await raw.answer()
            assert answer.status == 403
            (error,) = json.loads(answer.body)["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN" and "JOBWIRE_ALLOWED_ORIGINS" in error["message"]
            assert answer.headers.get("access-control-allow-origin", origin) == origin
            assert "access-control-allow-headers" not in answer.headers
            assert "access-control-allow-methods" not in answer.headers
            assert "Origin" in answer.headers["vary"]
    async with connection(where.port) as raw:
        await raw.say(handshake(f"Origin: {origin}").replace(b"Host: localhost", HOST.encode()))
        answer = await raw.answer()
        assert answer.status == 403 and "JOBWIRE_ALLOWED_ORIGINS" in json.loads(answer.body)["errors"][0]["message"]
        assert answer.headers.get("access-control-allow-origin", origin) == origin


async def test_a_readable_refusal_names_the_page(house: House) -> None:
    refused = await ask(house, "https://elsewhere.example")
    assert refused.headers["access-control-allow-origin"] == "https://elsewhere.example"
    assert "retry-after" in refused.headers["access-control-expose-headers"]


async def test_two_origins_are_none(house: House) -> None:
    async with connection(house.port) as raw:
        await raw.say(head("OPTIONS /graphql HTTP/1.1", "Host: localhost", "Origin: http://a", "Origin: http://a"))
        answer = await raw.answer()
        assert answer.status == 403 and "access-control-allow-origin" not in answer.headers


async def test_each_page_is_logged_once_and_printably(capsys: pytest.CaptureFixture[str]) -> None:
    with served() as house:
        async with connection(house.port) as raw:
            for _ in range(5):
                for origin in ("http://one.example", "http://tw\x9b\xe4.example", "http://" + "x" * 1000):
                    await raw.say(head("OPTIONS /graphql HTTP/1.1", "Host: localhost", f"Origin: {origin}"))
                    assert (await raw.answer()).status == 403
                await ask(house, "http://one.example")
                with pytest.raises(websockets.InvalidStatus):
                    async with house.open_socket(origin="http://one.example"):
                        pass
    lines = [line for line in capsys.readouterr().out.splitlines() if "origin.refused" in line]
    assert len(lines) == 3
    assert all(line.isascii() and len(line) < 600 and "JOBWIRE_ALLOWED_ORIGINS" in line for line in lines)


async def test_pages_without_end_leave_no_log_and_no_memory_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    with served() as house:
        async with connection(house.port) as raw:
            for number in range(1000):
                await raw.say(head("OPTIONS /graphql HTTP/1.1", "Host: localhost", f"Origin: http://{number}.example"))
                assert (await raw.answer()).status == 403
        assert len(house.traffic.notices) < 300
    assert capsys.readouterr().out.count("origin.refused") < 100


@pytest.mark.parametrize("names", CLIENTS_SEND.values(), ids=CLIENTS_SEND)
async def test_a_preflight_allows_what_the_published_clients_send(open_house: House, names: list[str]) -> None:
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        asked = await http.options(open_house.url, headers=preflight_of("http://localhost:5173", *names))
    allowed = [name.strip() for name in asked.headers["access-control-allow-headers"].split(",")]
    assert asked.status_code == 204 and set(names) <= set(allowed)
    assert len(allowed) == len(set(allowed)) and all(name == name.lower() for name in allowed)


async def test_a_preflight_allows_what_the_settings_add() -> None:
    options = TransportOptions(allowed_origins=frozenset({"*"}), allowed_headers=("x-tenant", "X-Trace"))
    with served(options) as house:
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            asked = await http.options(house.url, headers=preflight_of("https://any.example", "x-tenant"))
    allowed = asked.headers["access-control-allow-headers"].split(", ")
    assert {"x-tenant", "x-trace", *ALLOWED_HEADERS} == set(allowed)
