"""What the server answers beside the API, under which names, and to whom."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

import embedded
from app import metrics
from app.health import Readiness
from models.database import sql
from models.followers.cursors import register, stop
from models.followers.standing import release
from models.rows import Member
from tests.serving import METRICS_TOKEN, Api, serving
from tests.transport.raw import Answer, connection, handshake, head
from tests.world import World

HELLO = json.dumps({"query": "{ __typename }"}).encode()
PATHS = ["/", "/graphql", "/healthz", "/readyz", "/metrics", "/nowhere"]


def port_of(api: Api) -> int:
    return httpx.URL(api.url).port or 80


async def get(port: int, path: str, host: str | None, *headers: str, version: str = "1.1") -> Answer:
    named = [] if host is None else [f"Host: {host}"]
    async with connection(port) as raw:
        await raw.say(head(f"GET {path} HTTP/{version}", *named, *headers))
        return await raw.answer()


@pytest.fixture
async def named(database: str, servers: embedded.Servers) -> AsyncIterator[Api]:
    async with serving(database, servers.redis_url, allowed_hosts="api.example, *.firm.example") as api:
        yield api


ALWAYS = ["localhost", "localhost:8000", "LOCALHOST", "localhost.", "api.localhost:1", "127.0.0.1", "127.8.8.8:80"]
#: A name is what is bound anew to our address. An address is not: a page of it comes from there.
ADDRESSES = ["10.0.0.11:8000", "192.168.1.5", "[::1]:8000", "[2001:db8::1]", "8.8.8.8"]
NEVER = [
    "elsewhere.example",
    "elsewhere.example:8000",
    "localhost.elsewhere.example",
    "127.0.0.1.elsewhere.example",
    "notlocalhost",
    "firm.example.elsewhere.example",
    "api.example.elsewhere.example",
    "xapi.example",
    "0x7f.1",
    "2130706433",
    "[::1",
    "::1",
    "[api.example]",
    "api.example:x",
    "api.example@elsewhere.example",
    "api.example/",
    "a b",
    "",
    "x" * 300,
]


@pytest.mark.parametrize("host", [*ALWAYS, *ADDRESSES])
async def test_names_of_this_machine_and_addresses_are_answered(api: Api, host: str) -> None:
    assert (await get(port_of(api), "/healthz", host)).status == 200


@pytest.mark.parametrize("host", ["api.example", "API.example:443", "board.firm.example", "a.b.firm.example:1"])
async def test_names_of_the_settings_are_answered(api: Api, named: Api, host: str) -> None:
    assert (await get(port_of(named), "/healthz", host)).status == 200
    assert (await get(port_of(api), "/healthz", host)).status == 421


@pytest.mark.parametrize("host", [*NEVER, "firm.example"])
async def test_other_names_are_not(named: Api, host: str) -> None:
    """Neither the API nor anything beside it, over no protocol, whatever page asks."""
    for path in PATHS:
        answer = await get(port_of(named), path, host, f"Origin: http://{host}", "GraphQL-Require-Preflight: 1")
        assert answer.status == 421
        (error,) = json.loads(answer.body)["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN" and "JOBWIRE_ALLOWED_HOSTS" in error["message"]
    async with connection(port_of(named)) as raw:
        lines = [f"Host: {host}", f"Origin: http://{host}", "Content-Type: application/json"]
        await raw.say(head("POST /graphql HTTP/1.1", *lines, f"Content-Length: {len(HELLO)}"), HELLO)
        assert (await raw.answer()).status == 421
    async with connection(port_of(named)) as raw:
        shake = handshake(f"Origin: http://{host}").replace(b"Host: localhost", f"Host: {host}".encode())
        await raw.say(shake)
        assert (await raw.answer()).status == 421


async def test_any_name_where_the_settings_say_so(database: str, servers: embedded.Servers) -> None:
    async with serving(database, servers.redis_url, allowed_hosts="*") as open_api:
        assert (await get(port_of(open_api), "/healthz", "elsewhere.example")).status == 200


async def test_a_health_check_of_the_old_protocol_needs_no_name(api: Api) -> None:
    assert (await get(port_of(api), "/healthz", None, version="1.0")).status == 200


async def test_a_refused_name_is_logged_once(
    database: str, servers: embedded.Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(database, servers.redis_url) as api:
        for _ in range(3):
            await get(port_of(api), "/", "elsewhere.example")
    assert capsys.readouterr().out.count("host.refused") == 1


@pytest.mark.parametrize(
    "path", ["/graphql/", "/healthz/", "/readyz/", "/metrics/", "//graphql", "/graphql//", "/GRAPHQL"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nothing_is_redirected(api: Api, path: str, method: str) -> None:
    async with connection(port_of(api)) as raw:
        await raw.say(head(f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Length: 0"))
        answer = await raw.answer()
        assert answer.status == 404 and "location" not in answer.headers
        assert "/graphql" in json.loads(answer.body)["errors"][0]["message"]


GUESSES = [
    None,
    "Bearer",
    "Bearer x",
    f"Basic {METRICS_TOKEN}",
    METRICS_TOKEN,
    f"Bearer {METRICS_TOKEN}x",
    "Bearer \xe9",
]


async def test_metrics_are_closed_unless_the_settings_open_them(database: str, servers: embedded.Servers) -> None:
    async with serving(database, servers.redis_url, metrics_token=None) as closed:
        for guess in [*GUESSES, f"Bearer {METRICS_TOKEN}", "Bearer None", "Bearer "]:
            headers = [f"Authorization: {guess}"] if guess is not None else []
            answer = await get(port_of(closed), "/metrics", "localhost", *headers)
            assert answer.status == 404 and b"jobwire_" not in answer.body
            assert b"JOBWIRE_METRICS_TOKEN" in answer.body and b"JOBWIRE_METRICS_PORT" in answer.body


async def test_metrics_with_a_token(api: Api, world: World) -> None:
    members: list[Member] = [world.owner]
    for guess in [*GUESSES, f"Bearer {await api.token(members[0])}"]:
        headers = [f"Authorization: {guess}"] if guess is not None else []
        answer = await get(port_of(api), "/metrics", "localhost", *headers)
        assert answer.status == 401 and answer.headers["www-authenticate"].startswith("Bearer")
        assert b"jobwire_" not in answer.body
    for scheme in ("Bearer", "bearer"):
        answer = await get(port_of(api), "/metrics", "localhost", f"Authorization: {scheme} {METRICS_TOKEN}")
        assert answer.status == 200 and b"jobwire_feeds" in answer.body
        assert b"jobwire_followers_standing 0.0" in answer.body


async def test_metrics_tell_of_followers_that_stand_still_and_do_without_a_database(
    api: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def told() -> bytes:
        answer = await get(port_of(api), "/metrics", "localhost", f"Authorization: Bearer {METRICS_TOKEN}")
        assert answer.status == 200 and b"jobwire_feeds" in answer.body
        return answer.body

    long_ago = datetime.now(UTC) - timedelta(hours=2)
    await register(["mail"], long_ago)
    try:
        await world.job()
        await sql("UPDATE firm SET behind_since = $2 WHERE id = $1", world.firm.id, long_ago)
        assert b"jobwire_followers_standing 0.0" in await told()
        await sql("UPDATE event SET at = $2 WHERE firm_id = $1", world.firm.id, long_ago)
        assert b"jobwire_followers_standing 1.0" in await told()
        assert b'jobwire_follower_stopped{follower="mail"} 0.0' in await told()
        await stop("mail", world.firm.id, "This version does not know the event X.")
        assert b'jobwire_follower_stopped{follower="mail"} 1.0' in await told()
        # It is not said of a firm in which it is not behind any more.
        await sql("UPDATE firm SET behind_since = NULL WHERE id = $1", world.firm.id)
        assert b'jobwire_follower_stopped{follower="mail"} 0.0' in await told()

        async def away(_now: datetime) -> list[str]:
            raise ConnectionResetError

        monkeypatch.setattr(metrics, "standing_still", away)
        assert b"jobwire_follower" not in await told()
    finally:
        await release("mail")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("token", [None, METRICS_TOKEN])
async def test_metrics_at_an_address_of_their_own(database: str, servers: embedded.Servers, token: str | None) -> None:
    """Nothing of the API is there, and nothing of them is where the API is."""
    given: dict[str, Any] = {"metrics_port": free_port(), "metrics_token": token}
    signed = [f"Authorization: Bearer {METRICS_TOKEN}"]
    async with serving(database, servers.redis_url, **given) as api:
        port = given["metrics_port"]
        assert (await get(port, "/metrics", "localhost", *signed)).status == 200
        assert (await get(port, "/metrics", "localhost")).status == (401 if token else 200)
        assert (await get(port, "/healthz", "localhost")).status == 200
        assert (await get(port, "/graphql", "localhost", *signed)).status == 404
        async with connection(port) as raw:
            await raw.say(handshake())
            assert (await raw.answer()).status in (403, 404)
        assert (await get(port_of(api), "/metrics", "localhost", *signed)).status == 404
        assert (await get(port_of(api), "/healthz", "localhost")).status == 200


class Database:
    """One that counts who asks, and answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.up = True
        self.answering = asyncio.Event()

    async def ask(self) -> None:
        self.asked += 1
        await self.answering.wait()
        if not self.up:
            raise OSError


async def test_however_many_ask_whether_it_is_ready_the_database_is_asked_once() -> None:
    database = Database()
    readiness = Readiness(database.ask, glance=3600)
    asking = [asyncio.create_task(readiness.answers()) for _ in range(100)]
    await asyncio.sleep(0)
    asking[0].cancel()  # who leaves takes nobody's answer along
    database.answering.set()
    assert await asyncio.gather(*asking[1:]) == [True] * 99
    assert await readiness.answers() and database.asked == 1


async def test_a_database_that_goes_away_and_comes_back_is_noticed() -> None:
    database = Database()
    database.answering.set()
    readiness = Readiness(database.ask, glance=0)
    for up in (True, False, True):
        database.up = up
        assert await readiness.answers() is up
    database.answering.clear()
    slow = Readiness(database.ask, glance=0, patience=0.05)
    assert await asyncio.gather(*(slow.answers() for _ in range(50))) == [False] * 50
    assert database.asked == 4
