"""Files for anybody: what is there and what is not, how they are kept, and what they cost."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.plain_http import NO_TLS
from tests.transport.house import House, served, wait_until
from tests.transport.raw import connection, head
from transport.options import TransportOptions
from transport.static_files import IMMUTABLE, FileSender, StaticFile, files_in

SCRIPT = b"console.log('a page')\n" * 500
LARGE = bytes(range(256)) * 100_000


def folder_of_a_page(folder: Path) -> Path:
    """With what is served, and with what is not."""
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>A page</title>")
    (folder / "assets" / "index-Ab3_x-9Z.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-Ab3_x-9Z.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "large-0123abcd.woff2").write_bytes(LARGE)
    (folder / "assets" / "no-reason.css").write_text("p {}")
    (folder / "secret.env").write_text("A SECRET")
    (folder.parent / "beside.html").write_text("A SECRET")
    return folder


def serving_files(folder: Path, options: TransportOptions) -> ASGIApp:
    """Each file at its path."""
    files, send_file = files_in(folder), FileSender(options)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if (file := files.get(scope["path"].removeprefix("/"))) is not None:
            return await send_file(file, scope, receive, send)
        await send_file(StaticFile("text/html", b"nothing"), scope, receive, send)

    return app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_a_page(tmp_path_factory.mktemp("around") / "page")


@pytest.fixture(scope="module")
def files(folder: Path) -> Iterator[House]:
    options = TransportOptions()
    with served(options, around=lambda _app: serving_files(folder, options)) as house:
        yield house


async def get(house: House, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=NO_TLS, headers={"accept-encoding": "identity"}) as http:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await http.request(method, house.url.replace("/graphql", path), headers=given)


def test_what_is_there(folder: Path) -> None:
    assert sorted(files_in(folder)) == [
        "assets/index-Ab3_x-9Z.js",
        "assets/large-0123abcd.woff2",
        "assets/no-reason.css",
        "index.html",
    ]
    assert files_in(folder / "nowhere") == {}


@pytest.mark.parametrize(
    ("path", "kind", "kept"),
    [
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/assets/index-Ab3_x-9Z.js", "text/javascript; charset=utf-8", IMMUTABLE),
        ("/assets/no-reason.css", "text/css; charset=utf-8", "no-cache"),
        ("/assets/large-0123abcd.woff2", "font/woff2", IMMUTABLE),
    ],
)
async def test_how_it_is_served(files: House, folder: Path, path: str, kind: str, kept: str) -> None:
    body = (folder / path.removeprefix("/")).read_bytes()
    whole, only_head = await get(files, path), await get(files, path, "HEAD")
    for answer in (whole, only_head):
        assert (answer.status_code, answer.headers["content-type"], answer.headers["cache-control"]) == (
            200,
            kind,
            kept,
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert int(answer.headers["content-length"]) == len(body)
    assert (whole.content, only_head.content) == (body, b"")


async def test_what_has_no_hash_in_its_name_is_asked_for_again(files: House) -> None:
    tag = (await get(files, "/index.html")).headers["etag"]
    again = await get(files, "/index.html", if_none_match=tag)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await get(files, "/index.html", if_none_match='W/"another"')).status_code == 200


async def test_it_is_compressed_for_who_accepts_that(files: House) -> None:
    packed = await get(files, "/assets/index-Ab3_x-9Z.js", accept_encoding="gzip")
    plain = await get(files, "/assets/index-Ab3_x-9Z.js")
    assert (packed.headers["content-encoding"], packed.content) == ("gzip", SCRIPT)
    assert "content-encoding" not in plain.headers and plain.content == SCRIPT
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])


async def test_who_does_not_read_is_cut_off(folder: Path) -> None:
    options = TransportOptions(file_timeout=0.3)
    with served(options, around=lambda _app: serving_files(folder, options)) as house:
        async with connection(house.port) as raw:
            raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await raw.say(head("GET /assets/large-0123abcd.woff2 HTTP/1.1", "Host: localhost"))
            await wait_until(lambda: house.connections == 1)
            await wait_until(lambda: house.connections == 0)


async def test_so_many_at_once_and_no_more(folder: Path) -> None:
    options = TransportOptions(files_at_once=3)
    with served(options, around=lambda _app: serving_files(folder, options)) as house:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                raw = await stack.enter_async_context(connection(house.port))
                await raw.say(head("GET /assets/large-0123abcd.woff2 HTTP/1.1", "Host: localhost"))
                await raw.reader.readuntil(b"\r\n\r\n")
                raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
            refused = await get(house, "/index.html")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        # They have left, and there is room again.
        async with asyncio.timeout(20):
            while (await get(house, "/index.html")).status_code != 200:
                await asyncio.sleep(0.02)
