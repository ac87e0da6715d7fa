"""A real browser, without a screen: what it is shown, what it asks for, and what it complains of."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, WebSocket, async_playwright

from app.pages import BUILT

PATIENCE = 30_000
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: It asks nobody anything of its own accord, and finds no host but this machine.
_ALONE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def require_browser() -> str:
    """The path of a Chromium. Where there is none, or no page to show, the test is left out; or fails, if it must not
    be."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    lacking = [] if path else [f"no browser ({', '.join(NAMES)})"]
    lacking += [] if (BUILT / "index.html").exists() else ["no page (make page)"]
    if lacking:
        (pytest.fail if os.environ.get("JOBWIRE_TEST_BROWSER") else pytest.skip)(f"There is {' and '.join(lacking)}.")
    assert path is not None
    return path


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser that runs until the end of the block."""
    path = require_browser()
    # Its sandbox needs rights that a container does not have, and root may not use it.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*_ALONE, *sandbox])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Tab:
    """A tab of a browser that nobody has used before, on GraphiQL of this server."""

    page: Page
    home: str
    asked: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    #: Messages of subscriptions, as they came, and frames that were sent.
    heard: list[Any] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note all that it asks for and complains of."""
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", self._note_socket)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text[:500])

    def _note_socket(self, socket: WebSocket) -> None:
        self.asked.append(socket.url)
        self.sockets.append(socket)
        socket.on("framereceived", lambda frame: self.heard.append(json.loads(frame)))
        socket.on("framesent", lambda frame: self.sent.append(json.loads(frame)))

    def elsewhere(self) -> list[str]:
        """What it has asked of anybody but this server."""
        ours = (self.home, self.home.replace("http", "ws", 1), "data:")
        return [url for url in self.asked if not url.startswith(ours)]

    async def sign_in(self, email: str) -> None:
        """As somebody of the demo, chosen from those that the page names."""
        await self.page.goto(f"{self.home}/graphiql")
        await self.page.get_by_label("Somebody of the demo").select_option(email)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.locator(".graphiql-query-editor .monaco-editor").wait_for()

    async def open(self, title: str) -> None:
        """A document of the shelf, in a tab of the editor."""
        tabs = self.page.locator(".graphiql-tab")
        before = await tabs.count()
        await self.page.locator(".jobwire-shelf button").filter(has_text=title).first.click()
        await self.page.wait_for_function(
            "before => document.querySelectorAll('.graphiql-tab').length > before", arg=before
        )

    async def run(self, name: str) -> Any:
        """The answer to the operation of this name, which the editor holds, over HTTP."""

        def is_it(request: Request) -> bool:
            return f'"operationName":"{name}"' in (request.post_data or "")

        async with self.page.expect_request(is_it) as sent:
            await self.press_run()
        answer = await (await sent.value).response()
        assert answer is not None
        return await answer.json()

    async def press_run(self) -> None:
        """The button that runs, or stops, what the editor holds."""
        await self.page.locator(".graphiql-execute-button").click()

    async def hear(self, what: Callable[[Any], bool]) -> Any:
        """The data of the first message over the websocket, of those that are not yet heard, of which this holds."""
        while True:
            while self.heard:
                frame = self.heard.pop(0)
                assert frame["type"] != "error", frame
                if frame["type"] == "next" and what(frame["payload"]["data"]):
                    return frame["payload"]["data"]
            await self.page.wait_for_timeout(20)

    async def shows(self, text: str) -> None:
        """Wait until the answer that is shown holds this."""
        await self.page.locator(".graphiql-response .view-lines").filter(has_text=text).wait_for()

    async def stored(self) -> str:
        """All that the browser keeps for the page, and where it is."""
        everything = "() => JSON.stringify([location.href, {...sessionStorage}, {...localStorage}, document.cookie])"
        return str(await self.page.evaluate(everything))
