"""Whether the process lives, and whether requests should come here."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

#: In seconds: how long an answer of the database is good, and how long it may take.
GLANCE, PATIENCE = 1.0, 5.0


class Readiness:
    """Whether the database answers. It is asked once a second at the most, by one at a time, however many ask here:
    anybody may, and each would otherwise take a connection of the pool."""

    def __init__(self, ask: Callable[[], Awaitable[object]], *, glance: float = GLANCE, patience: float = PATIENCE):
        self._ask = ask
        self._glance = glance
        self._patience = patience
        self._asked = float("-inf")
        self._asking: asyncio.Task[bool] | None = None

    async def answers(self) -> bool:
        """What it said a moment ago, or says now."""
        if self._asking is None or (self._asking.done() and monotonic() - self._asked >= self._glance):
            self._asked = monotonic()
            self._asking = asyncio.create_task(self._try())
        return await asyncio.shield(self._asking)

    async def _try(self) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await self._ask()
        except Exception:  # whatever it is, no requests should come here
            return False
        return True


def health_routes(readiness: Readiness, draining: Callable[[], bool]) -> list[Route]:
    """GET /healthz and GET /readyz."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def ready(_request: Request) -> Response:
        if draining():
            return JSONResponse({"status": "draining"}, 503)
        if not await readiness.answers():
            return JSONResponse({"status": "database unreachable"}, 503)
        return JSONResponse({"status": "ready"})

    return [Route("/healthz", alive, methods=["GET"]), Route("/readyz", ready, methods=["GET"])]
