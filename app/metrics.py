"""What Prometheus reads at /metrics."""

import asyncio
import dataclasses
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from engine.engine import Engine
from models.followers.standing import standing_still, stopped
from models.hashing import HASHING
from subscriptions.hub import Hub
from transport.traffic import Traffic

#: In seconds: how long the database may take.
PATIENCE = 5.0


class _Counts(Collector):
    """Reads the plain numbers that the parts keep, when asked."""

    def __init__(self, engine: Engine, hub: Hub, traffic: Traffic) -> None:
        self._answers = engine.answers
        self._hub = hub
        self._traffic = traffic
        #: How many followers stand still; None while the database does not say.
        self.standing: int | None = None
        #: In how many firms each has stopped.
        self.stopped: Mapping[str, int] = {}

    def collect(self) -> Iterator[Metric]:
        """The present numbers."""
        yield GaugeMetricFamily("jobwire_feeds", "Firms that somebody here listens to.", len(self._hub.feeds))
        live, answers = self._hub.counts, self._answers
        yield GaugeMetricFamily("jobwire_subscribers", "Subscriptions that are served.", live.subscribers)
        yield GaugeMetricFamily("jobwire_cohorts", "Groups of them that are told the same.", live.cohorts)
        documents = len(self._hub.documents)
        yield GaugeMetricFamily("jobwire_live_documents", "Different ones that are followed, of all firms.", documents)
        yield CounterMetricFamily("jobwire_messages_rendered", "Messages executed and serialized.", live.rendered)
        yield CounterMetricFamily("jobwire_messages_sent", "Messages handed to subscribers.", live.sent)
        yield CounterMetricFamily("jobwire_resumed", "Subscriptions that came back with a cursor.", live.resumed)
        yield CounterMetricFamily("jobwire_resyncs", "Subscribers told to read anew.", live.resyncs)
        yield CounterMetricFamily("jobwire_answers_made", "Answers executed that others may be given.", answers.made)
        yield CounterMetricFamily("jobwire_answers_joined", "Answers that somebody else had asked for.", answers.joined)
        yield CounterMetricFamily("jobwire_answers_kept", "Answers given again.", answers.hits)
        yield GaugeMetricFamily("jobwire_answers_bytes", "What the answers that are kept take.", answers.bytes)
        yield CounterMetricFamily("jobwire_bell_rung", "Revisions published.", self._hub.bell.rung)
        yield CounterMetricFamily("jobwire_bell_heard", "Revisions heard from Redis.", self._hub.bell.heard)
        yield CounterMetricFamily("jobwire_bell_dropped", "Revisions that Redis did not take.", self._hub.bell.dropped)
        turns = HASHING.turns
        yield CounterMetricFamily("jobwire_passwords_checked", "Turns to hash passwords that were taken.", turns.taken)
        yield CounterMetricFamily("jobwire_passwords_refused", "Callers who got no turn in time.", turns.refused)
        yield GaugeMetricFamily("jobwire_passwords_waiting", "Callers who wait for theirs.", turns.waiting)
        if self.standing is not None:
            yield GaugeMetricFamily("jobwire_followers_standing", "Followers that stand still.", self.standing)
            yield _of_followers("jobwire_follower_stopped", "Firms in which it cannot go on.", self.stopped)
        for name, number in dataclasses.asdict(self._traffic.counters).items():
            yield GaugeMetricFamily(f"jobwire_transport_{name}", "See transport/counters.py.", number)


@dataclass(frozen=True, slots=True)
class MetricsAccess:
    """Who reads the metrics. With a port they are there and nowhere else; with a token, for whoever has it; with
    neither, for nobody."""

    token: str | None = None
    port: int | None = None

    def refusal(self, request: Request) -> Response | None:
        """The answer for somebody who may not."""
        if self.port is None and self.token is None:
            return _says(404, "Metrics are closed. JOBWIRE_METRICS_TOKEN or JOBWIRE_METRICS_PORT opens them.")
        if self.port is not None and request.scope["server"][1] != self.port:
            return _says(404, "Metrics are at an address of their own.")
        if self.token is not None and not _same(_bearer(request), self.token):
            return _says(401, "Metrics need their token.", {"WWW-Authenticate": 'Bearer realm="metrics"'})
        return None


class MetricsPort:
    """ASGI middleware: on the port of the metrics there is nothing but what is for those who run the server."""

    _THERE = frozenset({"/metrics", "/healthz", "/readyz"})

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["server"][1] != self._port or self._is_there(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose()(scope, receive, send)
        else:
            await _says(404, "The API is at another address.")(scope, receive, send)

    def _is_there(self, scope: Scope) -> bool:
        return scope["type"] == "http" and scope["path"] in self._THERE


def metrics_route(engine: Engine, hub: Hub, traffic: Traffic, access: MetricsAccess) -> Route:
    """GET /metrics."""
    registry, counts = CollectorRegistry(), _Counts(engine, hub, traffic)
    registry.register(counts)

    async def metrics(request: Request) -> Response:
        refusal = access.refusal(request)
        if refusal is not None:
            return refusal
        counts.standing, counts.stopped = await _followers()
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Route("/metrics", metrics, methods=["GET"])


async def _followers() -> tuple[int | None, Mapping[str, int]]:
    try:
        async with asyncio.timeout(PATIENCE):
            return len(await standing_still(datetime.now(UTC))), await stopped()
    except Exception:  # whatever it is, the other numbers are there
        return None, {}


def _of_followers(name: str, meaning: str, numbers: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=["follower"])
    for follower, number in sorted(numbers.items()):
        family.add_metric([follower], number)
    return family


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _same(given: str, token: str) -> bool:
    """In a time that does not tell how much of it was right."""
    return hmac.compare_digest(given.encode(), token.encode())


def _says(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"errors": [{"message": message}]}, status, headers)
