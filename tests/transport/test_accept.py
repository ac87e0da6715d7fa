"""What a client accepts, and what it gets for it: it depends on what it asks."""

from __future__ import annotations

import httpx
import pytest

from tests.plain_http import NO_TLS
from tests.transport.house import House

NEW, OLD, EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"
#: Of whom, the header as they send it, what a query gets, and whether a subscription gets a stream.
CLIENTS = [
    ("graphql-sse", EVENTS, EVENTS, True),
    ("urql, subscribing", "text/event-stream, multipart/mixed", EVENTS, True),
    ("urql", f"{NEW}, application/graphql+json, {OLD}, {EVENTS}, multipart/mixed", NEW, True),
    ("Apollo Client 3", "*/*", OLD, True),
    ("Apollo Client 4", f"{NEW},{OLD};q=0.9", NEW, False),
    ("Apollo Client, subscribing", f"multipart/mixed;boundary=graphql;subscriptionSpec=1.0,{OLD}", OLD, False),
    ("Apollo Kotlin", f"multipart/mixed;deferSpec=20220824, {NEW}, {OLD}", NEW, False),
    ("graphql-request", f"{NEW}, {OLD}", NEW, False),
    ("GraphiQL", f"{OLD}, multipart/mixed", OLD, False),
    ("Insomnia and Altair", f"{NEW}, {OLD}, {EVENTS}, multipart/mixed", NEW, True),
    ("a browser's fetch, curl, Relay's example", "*/*", OLD, True),
    ("axios", "application/json, text/plain, */*", OLD, True),
    ("EventSource", EVENTS, EVENTS, True),
    ("a JSON-RPC client", f"{OLD}, {EVENTS}", OLD, True),
    ("the same, in one word", f"{OLD},{EVENTS}", OLD, True),
    ("rather a stream", f"{EVENTS}, {OLD};q=0.5", EVENTS, True),
    ("rather no stream", f"{EVENTS};q=0.1, {OLD}", OLD, True),
    ("no stream", f"{EVENTS};q=0, {OLD}, */*", OLD, False),
    ("text of any kind", f"{OLD}, text/*;q=0.5", OLD, True),
    ("text of any kind but a stream", f"{OLD}, text/*, text/event-stream;q=0.0", OLD, False),
    ("a stream in another encoding", f"{OLD}, {EVENTS};charset=latin1", OLD, False),
    ("capitals", "APPLICATION/JSON, TEXT/EVENT-STREAM; charset=UTF-8", OLD, True),
    ("no quality at all", f"{OLD}, {EVENTS};q=nan", OLD, False),
]


async def ask(house: House, accept: str | None, query: str, method: str = "POST") -> httpx.Response:
    headers = {"content-type": OLD, "authorization": "Bearer alice"}
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        given = {"params": {"query": query}} if method == "GET" else {"json": {"query": query}}
        request = http.build_request(method, house.url, headers=headers, **given)  # type: ignore[arg-type]
        request.headers.pop("accept")
        if accept is not None:
            request.headers["accept"] = accept
        return await http.send(request)


@pytest.mark.parametrize(("accept", "plain", "streams"), [one[1:] for one in CLIENTS], ids=[one[0] for one in CLIENTS])
async def test_what_public_clients_accept(house: House, accept: str, plain: str, streams: bool) -> None:
    query = await ask(house, accept, "{ hello }")
    assert (query.status_code, query.headers["content-type"].split(";")[0]) == (200, plain)
    answer = await ask(house, accept, "subscription { count(to: 2) }")
    if streams:
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{EVENTS}; charset=utf-8")
        assert answer.text.count("event: next") == 2 and "event: complete" in answer.text
    else:
        assert answer.json()["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_NEEDS_STREAM"


async def test_without_the_header_a_subscription_is_told_where_to_go(house: House) -> None:
    answer = await ask(house, None, "subscription { count(to: 1) }")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (400, NEW)


@pytest.mark.parametrize("accept", [f"{OLD}, {EVENTS}", EVENTS])
@pytest.mark.parametrize("query", ["{", "subscription { nothing }", "subscription ($a: Int!) { count(to: $a) }"])
async def test_a_request_that_is_refused_before_its_kind_is_known(house: House, accept: str, query: str) -> None:
    answer = await ask(house, accept, query)
    assert answer.headers["content-type"].split(";")[0] == accept.split(",")[0]
    assert "errors" in answer.text


@pytest.mark.parametrize("accept", [f"{OLD}, {EVENTS}", f"{EVENTS}, {OLD}", "*/*"])
async def test_a_get_streams_nothing(house: House, accept: str) -> None:
    query = await ask(house, accept, "{ hello }", "GET")
    assert (query.status_code, query.headers["content-type"].split(";")[0]) == (200, OLD)
    subscription = await ask(house, accept, "subscription { count(to: 1) }", "GET")
    assert (subscription.status_code, subscription.headers["allow"]) == (405, "POST")


async def test_a_header_without_end_costs_little(house: House) -> None:
    accept = ",".join(["x/y;q=0.1"] * 3000)
    assert (await ask(house, accept, "{ hello }")).status_code == 406
    assert (await ask(house, f"{OLD},{accept}", "{ hello }")).status_code == 200
