"""Signing in over HTTP, and staying signed in."""

from __future__ import annotations

import asyncio
import json
import math
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from common.terminal import printable
from watch.answers import read_answer
from watch.documents import REFRESH, SIGN_IN
from watch.trouble import Lost, TokenRefused, Trouble

#: How long a call may take, in seconds.
PATIENCE = 10.0
#: How long before its end a token is replaced, in seconds.
MARGIN = 30.0
#: A server that says so is tried again after so many seconds; one that says more, by the person.
WORTH_WAITING = 30


@dataclass(slots=True)
class Session:
    """Somebody's tokens at the API of an address. With a token that was given there is nothing to refresh."""

    #: The address, or what finds it: a server may come back elsewhere.
    where: str | Callable[[], str]
    email: str
    password: str | None = field(repr=False)
    access: str | None = field(default=None, repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    url: str = ""

    async def locate(self) -> None:
        """See where the API is now. `Lost` when that is not known."""
        self.url = self.where if isinstance(self.where, str) else await asyncio.to_thread(self.where)

    async def token(self) -> str:
        """An access token that is good for a while yet."""
        if self.access is not None and self.good_for > 0:
            return self.access
        if self.refresh is not None:
            return await self._refresh(self.refresh)
        if self.password is not None:
            return await self._sign_in({"password": self.password})
        if self.access is not None:
            raise Trouble("The token is refused: it has expired, or its session was ended. Make another one.")
        raise Trouble(f"Give a password or a token to sign in as {self.email}.")

    @property
    def good_for(self) -> float:
        """For how many seconds the access token need not be replaced; without end for one that was given."""
        if self.expires_at is None:
            return float("inf")
        return (self.expires_at - datetime.now(UTC)).total_seconds() - MARGIN

    @property
    def host(self) -> str:
        """The address in short."""
        return printable(urlsplit(self.url).netloc)

    def distrust(self) -> None:
        """The server has refused the access token, whatever it says of itself."""
        self.expires_at = datetime.min.replace(tzinfo=UTC)

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query."""
        return await self._post(query, variables, await self.token())

    async def _sign_in(self, given: dict[str, str]) -> str:
        try:
            return await self._take(SIGN_IN, {"email": self.email, **given})
        except TokenRefused as refusal:
            raise Trouble(f"Signing in as {self.email} was refused. {refusal}") from None

    async def _refresh(self, token: str) -> str:
        self.refresh = None
        try:
            return await self._take(REFRESH, {"refreshToken": token})
        except Lost:
            # Asked again shortly, the server gives the answer that was lost.
            self.refresh = token
            raise
        except TokenRefused as refusal:
            if self.password is None:
                raise Trouble(str(refusal)) from None
            # With the old token: what others have tried with this address then holds nobody back here.
            return await self._sign_in({"password": self.password, "refreshToken": token})

    async def _take(self, mutation: str, given: dict[str, str]) -> str:
        session = (await self._post(mutation, {"input": given}))["session"]
        if session["errors"]:
            refusal = session["errors"][0]
            busy = (refusal.get("retryAfter") or math.inf) <= WORTH_WAITING
            raise (Lost if busy else Trouble)(refusal["message"])
        self.access, self.refresh = session["accessToken"], session["refreshToken"]
        self.expires_at = datetime.fromisoformat(session["expiresAt"])
        return str(self.access)

    async def _post(self, query: str, variables: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        if not self.url:
            await self.locate()
        answer = await asyncio.to_thread(_call, self.url, {"query": query, "variables": variables}, token)
        for error in answer.get("errors", ()):
            if error.get("extensions", {}).get("code") == "UNAUTHENTICATED":
                raise TokenRefused(error["message"])
        if answer.get("data") is None:
            raise Lost("; ".join(error["message"] for error in answer.get("errors", ())) or "There was no answer.")
        return answer["data"]  # type: ignore[no-any-return]


def _call(url: str, body: dict[str, Any], token: str | None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return _read(url, response.read())
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise Lost(f"The server answers {error.code}.") from None
        if error.code == 404:
            raise _not_ours(url) from None
        answer = _read(url, error.read())
        if error.code == 421:  # it does not answer under this name, and will not
            raise Trouble(answer["errors"][0]["message"]) from None
        return answer
    except (OSError, HTTPException):
        raise Lost("The server does not answer.") from None
    except ValueError as error:
        raise Trouble(f"{url} is no address: {error}.") from None


def _read(url: str, body: bytes) -> dict[str, Any]:
    try:
        answer = read_answer(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not answer.keys() & {"data", "errors"}:
        raise _not_ours(url)
    return answer


def _not_ours(url: str) -> Trouble:
    return Trouble(f"What answers at {url} is not Jobwire's API. Is the address right?")
