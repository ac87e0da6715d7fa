"""Whether the process lives, and whether requests should come here."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from common.single_flight import SingleFlight

#: In seconds: how long an answer of the database is good, and how long it may take.
GLANCE, PATIENCE = 1.0, 5.0


class Readiness:
    """Whether the database answers. It is asked once a second at the most, by one at a time, however many ask here:
    anybody may, and each would otherwise take a connection of the pool."""

    def __init__(self, ask: Callable[[], Awaitable[object]], *, glance: float = GLANCE, patience: float = PATIENCE):
        self._ask = ask
        self._patience = patience
        self._flights = SingleFlight[None, bool]("readiness", kept_for=glance)

    async def answers(self) -> bool:
        """What it said a moment ago, or says now."""
        return await self._flights.get(None, self._try)

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
