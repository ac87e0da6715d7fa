"""What a browser is shown of a server: the page at `/`, GraphiQL, what they are made of, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.pages import Pages
from app.welcome import SignIn, version
from demo.people import OWNER, PASSWORD
from tests.plain_http import NO_TLS
from tests.serving import Api
from tests.transport.house import House, served
from tests.transport.raw import connection, head
from transport.options import TransportOptions

SCRIPT = "assets/index-Ab3_x-9Z.js"
INDEX = '<!doctype html><meta name="jobwire" content="{}"><script type="module" src="/graphiql/assets/…"></script>'
PEOPLE = (SignIn("owner@demo.test", "a password", 'Olivia "O" Hart'), SignIn("<b>@demo.test", "</table>", "A & B"))


def built(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "docs").mkdir()
    (folder / "index.html").write_text(INDEX)
    (folder / SCRIPT).write_text("console.log(1)")
    (folder / "docs" / "api.md").write_text("# The API")
    (folder.parent / "secret.html").write_text("A SECRET")
    return folder


def showing(folder: Path, sign_ins: Sequence[SignIn] = ()) -> Any:
    pages = Pages(TransportOptions(), sign_ins, folder)
    return served(around=lambda _app: Starlette(routes=pages.routes()))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with showing(built(tmp_path_factory.mktemp("around") / "page"), PEOPLE) as house:
        yield house


async def get(house: House, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(verify=NO_TLS) as http:
        return await http.request(method, house.url.replace("/graphql", path))


async def test_the_first_page_says_what_runs_here_and_who_to_sign_in_as(pages: House) -> None:
    answer = await get(pages, "/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f"Jobwire {version()}" in answer.text
    for link in ("/graphiql", "/graphiql/docs/api.md", "/healthz", "/readyz"):
        assert f'href="{link}"' in answer.text
    # Only what is there is linked to.
    assert "docs/live.md" not in answer.text
    for person in PEOPLE:
        assert all(f">{text}<" in unescape(answer.text) for text in (person.email, person.password, person.who))
    assert "<b>" not in answer.text and answer.text.count("</table>") == 3


@pytest.mark.parametrize("path", ["/", "/graphiql"])
async def test_its_browser_runs_and_shows_nothing_else(pages: House, path: str) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in (await get(pages, path)).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy.get("script-src", "'none'") in ("'self'", "'none'")
    assert policy.get("worker-src", "'none'") in ("'self'", "'none'")
    assert policy.get("connect-src", "'none'") in ("'self'", "'none'")
    assert not re.search(r"unsafe-eval|https?:|\*|blob:", " ".join(policy.values()))
    headers = (await get(pages, path)).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


async def test_graphiql_is_told_what_it_needs_in_an_attribute(pages: House) -> None:
    (content,) = re.findall(r'<meta name="jobwire" content="([^"]*)">', (await get(pages, "/graphiql")).text)
    assert '"email": "owner@demo.test"' in unescape(content) and version() in unescape(content)
    assert "<" not in content


async def test_where_it_is_no_demo_nobody_is_named(tmp_path: Path, api: Api) -> None:
    with showing(built(tmp_path / "page")) as house:
        for path in ("/", "/graphiql"):
            text = (await get(house, path)).text
            assert "demo" not in text and "assword" not in text
    async with api.http.get(api.url.replace("/graphql", "/")) as answer:
        text = await answer.text()
        assert answer.status == 200 and OWNER.email not in text and PASSWORD not in text


async def test_files_are_what_is_in_the_folder(pages: House) -> None:
    script = await get(pages, f"/graphiql/{SCRIPT}")
    assert (script.status_code, script.text) == (200, "console.log(1)")
    assert "immutable" in script.headers["cache-control"]
    assert (await get(pages, "/graphiql/docs/api.md")).headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/",
        "/graphiql/index.html",
        "/graphiql/assets",
        "/graphiql/assets/",
        "/graphiql/../secret.html",
        "/graphiql/..%2fsecret.html",
        "/graphiql/%2e%2e/secret.html",
        "/graphiql/assets/../../secret.html",
        "/graphiql//etc/hostname",
        "/graphiql/assets/index-Ab3_x-9Z.js%00.html",
        "/graphiql/docs/live.md",
        f"/graphiql/{SCRIPT}/",
    ],
)
async def test_what_is_not_in_the_folder_is_not_there(pages: House, path: str) -> None:
    async with connection(pages.port) as raw:  # as it is: a client would tidy it up
        await raw.say(head(f"GET {path} HTTP/1.1", "Host: localhost"))
        answer = await raw.answer()
    assert answer.status == 404 and b"SECRET" not in answer.body


@pytest.mark.parametrize("path", ["/", "/graphiql", f"/graphiql/{SCRIPT}"])
async def test_they_are_read_and_nothing_else(pages: House, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert (await get(pages, path, method)).status_code == 405
    answer = await get(pages, path, "HEAD")
    assert answer.status_code == 200 and answer.content == b"" and int(answer.headers["content-length"]) > 0


async def test_what_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with showing(tmp_path / "nothing", PEOPLE) as house:
        answer = await get(house, "/graphiql")
        assert answer.status_code == 503 and "make page" in answer.json()["errors"][0]["message"]
        assert (await get(house, f"/graphiql/{SCRIPT}")).status_code == 404
        first = await get(house, "/")
        assert first.status_code == 200 and "owner@demo.test" in first.text and "docs/api.md" not in first.text
