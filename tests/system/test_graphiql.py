"""GraphiQL as a browser shows it, whose network is this server: signing in, the shelf, changes that are heard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from graphql import get_operation_ast, parse
from playwright.async_api import Browser, Page

from demo.people import EMPLOYEES, OWNER, TEAM
from tests.shelf import DOCUMENTS, ReadyDocument, faults
from tests.system.browsing import Tab, browsing, require_browser
from tests.system.jobwire import jobwire
from tests.system.runs import data_of_a_run, url_of

# Several starts of everything stand before the first test.
pytestmark = pytest.mark.timeout(300)

ADMIN, EMPLOYEE = TEAM[0].email, EMPLOYEES[3]
NOTE = "Write a note on a job"
A_JOB = "A job, live"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_browser()
    yield str(data_of_a_run(tmp_path_factory, tmp_path_factory.mktemp("graphiql") / "data"))


@pytest.fixture(scope="module")
def home(data: str) -> Iterator[str]:
    """The address of a server that serves the demo."""
    with jobwire("run", data_dir=data, port=0) as running:
        yield url_of(running).removesuffix("/graphql")
        assert running.end() == 0


@pytest.fixture(scope="module")
async def browser(home: str) -> AsyncIterator[Browser]:
    async with browsing() as started:
        yield started


@asynccontextmanager
async def tab_of(browser: Browser, home: str, page: Page | None = None) -> AsyncIterator[Tab]:
    """A tab, with a storage of its own unless it is there already; of which nothing is asked elsewhere."""
    context = await browser.new_context() if page is None else page.context
    tab = Tab(page or await context.new_page(), home)
    tab.listen()
    yield tab
    assert tab.elsewhere() == []
    await (context if page is None else tab.page).close()


def name_of(document: ReadyDocument) -> str:
    operation = get_operation_ast(parse(document.text))
    assert operation is not None and operation.name is not None
    return operation.name.value


@pytest.mark.parametrize("who", [OWNER.email, EMPLOYEE])
async def test_each_document_of_the_shelf_runs(browser: Browser, home: str, who: str) -> None:
    async with tab_of(browser, home) as tab:
        await tab.sign_in(who)
        for document in DOCUMENTS:
            await tab.open(document.title)
            if document.kind == "subscription":
                await tab.press_run()
                assert await tab.hear(lambda data: all(data.values()))
                await tab.shows('"revision"')
                await tab.press_run()
            else:
                answer = await tab.run(name_of(document))
                assert faults(answer) == [], document.path
                await tab.shows('"data"')
        assert tab.complaints == []
        assert any("worker" in url for url in tab.asked)


async def test_a_mutation_is_heard_by_a_subscription(browser: Browser, home: str) -> None:
    async with tab_of(browser, home) as one, tab_of(browser, home) as other:
        await one.sign_in(OWNER.email)
        await other.sign_in(ADMIN)
        await one.open(A_JOB)
        await one.press_run()
        await one.hear(lambda data: not data["jobChanges"]["events"])
        await other.open(NOTE)
        written = await other.run("WriteANote")
        assert written["data"]["createNote"]["errors"] == []
        revision = written["data"]["createNote"]["revision"]
        assert await one.hear(lambda data: data["jobChanges"]["revision"] == revision)
        await one.shows(revision)
        assert one.complaints == other.complaints == []


async def test_a_reload_goes_on_and_nothing_keeps_a_token(browser: Browser, home: str) -> None:
    async with tab_of(browser, home) as tab:
        tokens: list[str] = []

        async def note(response: Any) -> None:
            if response.request.method == "POST" and "session:" in (response.request.post_data or ""):
                session = (await response.json())["data"]["session"]
                tokens.extend([session["accessToken"], session["refreshToken"]])

        async def noted(sessions: int) -> None:
            """Until the answers with so many sessions have been read. Who leaves the page before cannot read them."""
            while len(tokens) < 2 * sessions:
                await tab.page.wait_for_timeout(20)

        tab.page.on("response", note)
        await tab.sign_in(EMPLOYEE)
        await tab.open("Who I am, and what I may do")
        await tab.run("WhoAmI")
        await noted(1)
        for sessions in (2, 3):
            await tab.page.reload()
            await tab.page.get_by_text("Sign out").wait_for()
            await noted(sessions)
        # Its documents are there still; a token is nowhere.
        await tab.page.get_by_text("WhoAmI").first.wait_for()
        assert len(tokens) == 6
        stored = await tab.stored()
        assert [token for token in tokens if token in stored or any(token in url for url in tab.asked)] == []
        assert (await tab.page.evaluate("localStorage.length")) == 0

        async with tab.page.expect_popup() as opened:
            await tab.page.evaluate("open('/graphiql')")
        async with tab_of(browser, home, await opened.value) as duplicate:
            # It has a copy of what the first one keeps, and no session.
            await duplicate.page.get_by_label("Password").wait_for()
        await tab.open("Accounts, with their teams")
        assert (await tab.run("Accounts"))["data"]["accounts"]

        await tab.page.get_by_text("Sign out").click()
        await tab.page.get_by_label("Password").wait_for()
        assert (await tab.page.evaluate("sessionStorage.length + localStorage.length")) == 0
        await tab.page.reload()
        await tab.page.get_by_label("Password").wait_for()
        assert tab.complaints == []


async def test_whose_password_is_wrong_is_told_so(browser: Browser, home: str) -> None:
    async with tab_of(browser, home) as tab:
        await tab.page.goto(f"{home}/graphql")
        await tab.page.get_by_label("E-mail address").fill("nobody@demo.test")
        await tab.page.get_by_label("Password").fill("not the password")
        await tab.page.get_by_role("button", name="Sign in").click()
        await tab.page.get_by_role("alert").filter(has_text="password").wait_for()


async def test_a_subscription_resumes_when_its_token_is_refused(browser: Browser, home: str, data: str) -> None:
    """All tokens are, after a leak of their key: sockets are closed with 4403, and sessions go on."""
    async with tab_of(browser, home) as tab:
        await tab.sign_in(OWNER.email)
        await tab.open(A_JOB)
        await tab.press_run()
        await tab.hear(lambda data: not data["jobChanges"]["events"])
        with jobwire("rotate-keys", "--leaked", data_dir=data) as rotating:
            assert rotating.ends() == 0
        while len(tab.sockets) < 2:
            await tab.page.wait_for_timeout(50)
        async with tab_of(browser, home) as other:
            await other.sign_in(ADMIN)
            await other.open(NOTE)
            revision = (await other.run("WriteANote"))["data"]["createNote"]["revision"]
        assert await tab.hear(lambda data: data["jobChanges"]["revision"] == revision)
        first, *_, last = [frame["payload"]["variables"] for frame in tab.sent if frame["type"] == "subscribe"]
        assert first.get("after") is None and last["after"] and last["epoch"]
        await tab.shows(revision)
