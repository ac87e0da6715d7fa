"""The API over HTTP, as a client of two servers calls it: signed in, and at the other server when one is gone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

from tests.system.oracle.atlas import PASSWORD, Person
from tests.system.oracle.documents import OVERVIEW, SIGN_IN, board
from tests.system.oracle.processes import Server
from tests.system.oracle.replica import Object

#: Of fields that a right withholds: null, and this.
WITHHELD = "FORBIDDEN"
PATIENCE = 60.0


class Unavailable(Exception):
    """The server is gone, or says that it cannot answer now."""


class SignedOut(Exception):
    """The member is not, or no longer, let in."""


class Broken(AssertionError):
    """The product answered with a fault."""


@dataclass
class Snapshot:
    """The boards that a member sees, at least as new as the revision."""

    revision: int
    epoch: str
    boards: list[Object]


@dataclass
class Api:
    """Both servers, and the tokens of whoever has signed in."""

    servers: list[Server]
    http: aiohttp.ClientSession
    _tokens: dict[str, str] = field(default_factory=dict)
    _signing_in: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def token(self, email: str, at: int) -> str:
        """The member's token, of a session that several share. `SignedOut` when there is none to be had."""
        async with self._signing_in.setdefault(email, asyncio.Lock()):
            if email not in self._tokens:
                self._tokens[email] = await self._sign_in(email, at)
            return self._tokens[email]

    async def _sign_in(self, email: str, at: int) -> str:
        """An access token. All come from one network: when too many do at once, some come back as they are told."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = await self._post(at, None, SIGN_IN, {"input": {"email": email, "password": PASSWORD}})
            signed_in = (answer.get("data") or {}).get("signIn")
            if signed_in is not None and signed_in["accessToken"] is not None:
                return str(signed_in["accessToken"])
            # Whoever is shut out, and tries again and again, is told of minutes.
            busy = signed_in is not None and (signed_in["errors"][0]["retryAfter"] or 60) < 60
            if not busy or time.monotonic() > deadline:
                raise SignedOut(str(answer))
            await asyncio.sleep(0.2)

    def forget(self, email: str, token: str) -> None:
        """This token is worth nothing any more."""
        if self._tokens.get(email) == token:
            del self._tokens[email]

    async def post(self, email: str, query: str, variables: dict[str, Any] | None = None, at: int = 0) -> Object:
        """The answer of one server: `Unavailable`, `SignedOut` and `Broken` besides."""
        token = await self.token(email, at)
        answer = await self._post(at, token, query, variables)
        codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
        if codes & {"UNAUTHENTICATED", "TOKEN_EXPIRED"}:
            self.forget(email, token)
            raise SignedOut(email)
        if codes - {WITHHELD}:
            raise Broken(f"{email} got {answer['errors'][:3]} for {query.strip()[:200]} with {variables}")
        return answer

    async def anywhere(self, email: str, query: str, variables: dict[str, Any] | None = None, at: int = 0) -> Object:
        """The answer of the first server that gives one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await self.post(email, query, variables, at)
            except Unavailable as gone:
                if time.monotonic() > deadline:
                    raise AssertionError(f"No server answers: {gone!r}") from gone
                at += 1
                await asyncio.sleep(0.05)

    async def snapshot(self, person: Person, at: int, pipelines: list[str] | None = None) -> Snapshot:
        """The boards that a member sees, from one server; of these pipelines only if they are named."""
        overview = (await self.post(person.email, OVERVIEW, at=at))["data"]
        wanted = [node["id"] for node in overview["pipelines"]["nodes"]]
        boards = []
        for id in wanted if pipelines is None else [id for id in wanted if id in pipelines]:
            found = (await self.post(person.email, board(holds_items=person.holds_items), {"id": id}, at=at))["data"]
            # It may have been taken away between the two.
            boards += [found["pipeline"]] if found["pipeline"] is not None else []
        return Snapshot(int(overview["revision"]), overview["epoch"], boards)

    async def _post(self, at: int, token: str | None, query: str, variables: dict[str, Any] | None) -> Object:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        body = {"query": query, "variables": variables or {}}
        try:
            async with self.http.post(self.servers[at % len(self.servers)].url, json=body, headers=headers) as answer:
                data: Object = orjson.loads(await answer.read())
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(repr(error)) from error
        if answer.status >= 502:
            raise Unavailable(str(answer.status))
        return data
