"""Who goes to the API's address with a browser is shown the page; whoever calls the API never is."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import HTMLResponse

from tests.plain_http import NO_TLS
from tests.transport.house import House, served
from transport.options import TransportOptions

CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
BROWSERS = [CHROMIUM, FIREFOX, "text/html", "text/html, application/json", "text/html;charset=utf-8, */*;q=0.1"]
#: Who would rather have, or just as well, what the API speaks; and who names no HTML.
OTHERS = [
    None,
    "*/*",
    "text/*",
    "application/json",
    "application/json, text/html",
    "application/json, text/html;q=0.9",
    "text/html;q=0.5, application/graphql-response+json",
    "text/html;q=0",
    "text/html;q=0.1, */*;q=0.5",
    "application/json, text/plain, */*",
]
#: What a GET of the API brings with it, and what a page elsewhere does.
CALLS = [
    {"authorization": "Bearer alice"},
    {"graphql-require-preflight": "1"},
    {"content-type": "application/json"},
]
PAGE = "<!doctype html><title>A page</title>"
HELLO = {"query": "{ hello }"}


@pytest.fixture(scope="module")
def shown() -> Iterator[House]:
    with served(
        TransportOptions(allowed_origins=frozenset({"https://ours.example"})), page=HTMLResponse(PAGE)
    ) as house:
        yield house


async def go(house: House, accept: str | None, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        body = {"json": HELLO} if method == "POST" else {"params": HELLO}
        request = http.build_request(method, house.url, headers=given, **body)  # type: ignore[arg-type]
        request.headers.pop("accept")
        if accept is not None:
            request.headers["accept"] = accept
        return await http.send(request)


def told(answer: httpx.Response) -> tuple[int, str, bytes]:
    return answer.status_code, answer.headers.get("content-type", ""), answer.content


@pytest.mark.parametrize("accept", BROWSERS)
async def test_a_browser_is_shown_the_page(shown: House, accept: str) -> None:
    answer = await go(shown, accept)
    assert (answer.status_code, answer.text) == (200, PAGE)
    head = await go(shown, accept, "HEAD")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("accept", [*BROWSERS, *OTHERS])
@pytest.mark.parametrize("headers", CALLS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_whoever_calls_the_api_gets_what_it_gets_without_a_page(
    shown: House, house: House, accept: str | None, headers: dict[str, str], method: str
) -> None:
    answer = await go(shown, accept, method, **headers)
    assert told(answer) == told(await go(house, accept, method, **headers))
    assert "html" not in answer.headers["content-type"]
    assert method == "POST" or "Accept" in answer.headers["vary"]


@pytest.mark.parametrize("accept", OTHERS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_so_does_whoever_asks_for_no_page(shown: House, house: House, accept: str | None, method: str) -> None:
    assert told(await go(shown, accept, method)) == told(await go(house, accept, method))


@pytest.mark.parametrize("origin", ["https://ours.example", "https://elsewhere.example", "null"])
@pytest.mark.usefixtures("quiet_log")
async def test_a_page_that_calls_is_not_shown_another(shown: House, origin: str) -> None:
    answer = await go(shown, CHROMIUM, origin=origin)
    assert answer.status_code in (400, 403) and answer.json()["errors"]
    assert answer.headers["vary"] == "Accept, Origin"


async def test_without_a_page_a_browser_is_refused_as_before(house: House) -> None:
    answer = await go(house, CHROMIUM)
    assert answer.status_code == 400 and answer.json()["errors"][0]["extensions"]["code"] == "PREFLIGHT_REQUIRED"
