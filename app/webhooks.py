"""Where payment providers send what they have to tell: POST /webhooks/stripe/….

Anybody may knock here, so nothing is done for whom nothing speaks: a wrong path, or no signature of about now, is
answered before a body is read, and a bad signature as a path that is not there. Only what is committed is answered with
a 2xx: whatever else is sent again by the provider."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_urlsafe
from time import monotonic

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from engine.admission import REQUESTS, REQUESTS_A_SECOND
from engine.budgets import Budgets
from models.database_errors import DATABASE_ERRORS
from models.errors import Refusal
from models.items.payment_providers import PATH, receiver_at
from models.items.provider_deliveries import PROVIDERS, take
from models.providers.provider import Malformed, NotVerified, Provider
from models.seen import PaymentService
from transport.address import address_of
from transport.body import ClientGone, read_body
from transport.errors import internal
from transport.options import TransportOptions
from transport.reply import Rejected

log = structlog.get_logger("jobwire.webhooks")

#: So many are taken at once in a process, and so many read, of each network and in all. The provider sends the others
#: again. Who sends drop by drop holds up none that have been read.
AT_ONCE = 64
READ_AT_ONCE, READ_OF_NETWORK = 256, 50
#: In bytes. What a provider sends of a payment has a fiftieth of it, and more than half where it has all the metadata
#: that it may have, escaped.
BODY_LIMIT = 262_144
#: Nobody signs with it. A message on a path that is not there takes as long as one with a bad signature.
_NOBODYS = (f"whsec_{token_urlsafe(32)}",)

_NOT_VERIFIED = "This is not signed as it should be, or not just now."
_MALFORMED = "This is signed, and cannot be read."
_AGAIN = "This could not be taken just now. Send it again."


class Webhooks:
    """The ASGI application behind the route. Make one per process."""

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        # As for whoever has not signed in, by network.
        self._budgets = Budgets(REQUESTS, REQUESTS_A_SECOND)
        self._taken = 0
        self._read: Counter[str] = Counter()
        self._prepared: dict[PaymentService, asyncio.Task[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message."""
        try:
            response = await self._answer(scope, receive)
        except ClientGone:
            return
        except Rejected as rejected:
            response = JSONResponse({"errors": rejected.errors}, rejected.status, rejected.headers)
        response.headers["cache-control"] = "no-store"
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        service, path = _place(scope)
        headers, now = Headers(scope=scope), datetime.now(UTC)
        told = _told_once(headers)
        if not PROVIDERS[service].is_plausible(told, now):
            raise Rejected(400, _NOT_VERIFIED, "BAD_REQUEST", connection="close")
        network = address_of(scope)
        if wait := self._budgets.spend(network, 1, monotonic()):
            raise _busy(429, max(1, round(wait)))
        body = await self._read_body(receive, headers, network)
        if self._taken >= AT_ONCE:
            raise _busy(503, 1)
        self._taken += 1
        try:
            async with asyncio.timeout(self._options.deadline):
                return await self._take(service, path, told, body, now)
        except TimeoutError:
            raise _busy(503, 5) from None
        finally:
            self._taken -= 1

    async def _read_body(self, receive: Receive, headers: Headers, network: str) -> bytes:
        if self._read[network] >= READ_OF_NETWORK:
            raise _busy(429, 1)
        if self._read.total() >= READ_AT_ONCE:
            raise _busy(503, 1)
        self._read[network] += 1
        try:
            async with asyncio.timeout(self._options.body_timeout):
                return await read_body(receive, headers, BODY_LIMIT)
        except TimeoutError:
            raise Rejected(408, "The body took too long.", "TIMEOUT", connection="close") from None
        finally:
            self._read[network] -= 1
            if not self._read[network]:
                del self._read[network]

    async def _take(
        self, service: PaymentService, path: str, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> Response:
        provider = PROVIDERS[service]
        try:
            receiver = await receiver_at(service, path)
            await self._prepare(service, provider)
            secrets = _NOBODYS if receiver is None else receiver.secrets
            told = provider.read(headers, body, secrets, now)
            if told is not None and receiver is not None:
                await take(receiver, service, told)
        except NotVerified:
            raise Rejected(400, _NOT_VERIFIED, "BAD_REQUEST") from None
        except Malformed:
            raise Rejected(400, _MALFORMED, "BAD_REQUEST") from None
        except (Refusal, *DATABASE_ERRORS) as fault:
            # Never what it says, which may quote what was sent.
            log.warning("webhook.not_taken", kind=type(fault).__name__)
            raise _busy(503, 5) from None
        except Exception as fault:
            return JSONResponse({"errors": [internal(fault, "webhook")]}, 500)
        return JSONResponse({"received": True})

    async def _prepare(self, service: PaymentService, provider: Provider) -> None:
        """Have the provider's library loaded, once, beside the event loop."""
        task = self._prepared.get(service)
        if task is None:
            task = self._prepared[service] = asyncio.create_task(asyncio.to_thread(provider.prepare))
        await asyncio.shield(task)


def _busy(status: int, seconds: int) -> Rejected:
    code = "LIMIT" if status == 429 else "UNAVAILABLE"
    return Rejected(status, _AGAIN, code, connection="close", retry_after=str(seconds))


def _place(scope: Scope) -> tuple[PaymentService, str]:
    """Of which provider, and on which path."""
    given = scope["path_params"]
    service = PaymentService.__members__.get(given["service"].upper()) if given["service"].islower() else None
    if scope["method"] != "POST" or service is None or PATH.fullmatch(given["path"]) is None:
        raise HTTPException(404)
    return service, given["path"]


def _told_once(headers: Headers) -> dict[str, str]:
    """The headers that were sent once. What is there twice may be one for the proxy and another for us."""
    return {name: headers[name] for name in headers if len(headers.getlist(name)) == 1}


def webhook_route(options: TransportOptions) -> Route:
    """The route of all providers. It takes every method, so that a wrong one is answered like a wrong path."""
    return Route("/webhooks/{service}/{path}", Webhooks(options))
