"""What a browser is shown here: the page at `/`, and GraphiQL, which `make page` builds from `web/`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.welcome import DOCUMENTS, POLICY, SignIn, version, welcome
from transport.options import TransportOptions
from transport.static_files import FileSender, StaticFile, files_in

#: Where the built page is. It is not in the repository.
BUILT = Path(__file__).parent / "page"
#: Scripts and workers are files of ours, and the page speaks with this server alone. Monaco writes styles into it.
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_INDEX = "index.html"
#: What the page is told, in its own text: an attribute, since no script may stand in it.
_TOLD = 'content="{}"'
_HOW = "GraphiQL is not built yet. Run `make page`, which needs the npm registry, and start the server anew."


class Pages:
    """The page at `/` and GraphiQL, of one server process."""

    def __init__(self, options: TransportOptions, sign_ins: Sequence[SignIn] = (), folder: Path = BUILT) -> None:
        self._send = FileSender(options)
        self._files = files_in(folder)
        self._index = self._tell(self._files.pop(_INDEX, None), sign_ins)
        read = [path for path in DOCUMENTS if path in self._files]
        self._welcome = _page(welcome(read, sign_ins).encode(), POLICY)

    def routes(self) -> list[BaseRoute]:
        """GET / and GET /graphiql, with what it is made of."""
        return [
            Route("/", _App(self._show_welcome), methods=["GET"]),
            Route("/graphiql", _App(self.show), methods=["GET"]),
            Route("/graphiql/{path:path}", _App(self._show_file), methods=["GET"]),
        ]

    async def show(self, scope: Scope, receive: Receive, send: Send) -> None:
        """GraphiQL, or how to build it."""
        if self._index is None:
            # 503: it is not there yet, and it is nobody's mistake who asks.
            return await JSONResponse({"errors": [{"message": _HOW}]}, 503)(scope, receive, send)
        await self._send(self._index, scope, receive, send)

    async def _show_welcome(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._send(self._welcome, scope, receive, send)

    async def _show_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._files.get(scope["path_params"]["path"])
        if file is None:
            raise HTTPException(404)
        await self._send(file, scope, receive, send)

    def _tell(self, index: StaticFile | None, sign_ins: Sequence[SignIn]) -> StaticFile | None:
        if index is None:
            return None
        told = json.dumps({"version": version(), "signIns": [asdict(each) for each in sign_ins]})
        return _page(index.body.replace(_TOLD.encode(), f'content="{escape(told)}"'.encode(), 1), _POLICY)


class _App:
    """A route's application that is called as ASGI: Starlette takes a function for one of requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _page(body: bytes, policy: str) -> StaticFile:
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "vary": "Accept",
    }
    return StaticFile("text/html; charset=utf-8", body, headers=headers)
