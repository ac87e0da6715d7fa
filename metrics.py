"""What Prometheus reads at /metrics."""

import dataclasses
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from models.hashing import HASHING
from schema.engine import Engine
from subscriptions.hub import Hub
from transport.traffic import Traffic


class _Counts(Collector):
    """Reads the plain numbers that the parts keep, when asked."""

    def __init__(self, engine: Engine, hub: Hub, traffic: Traffic) -> None:
        self._answers = engine.answers
        self._hub = hub
        self._traffic = traffic

    def collect(self) -> Iterator[Metric]:
        """The present numbers."""
        yield GaugeMetricFamily("jobwire_feeds", "Firms that somebody here listens to.", len(self._hub.feeds))
        live, answers = self._hub.counts, self._answers
        yield GaugeMetricFamily("jobwire_subscribers", "Subscriptions that are served.", live.subscribers)
        yield GaugeMetricFamily("jobwire_cohorts", "Groups of them that are told the same.", live.cohorts)
        yield CounterMetricFamily("jobwire_messages_rendered", "Messages executed and serialized.", live.rendered)
        yield CounterMetricFamily("jobwire_messages_sent", "Messages handed to subscribers.", live.sent)
        yield CounterMetricFamily("jobwire_resumed", "Subscriptions that came back with a cursor.", live.resumed)
        yield CounterMetricFamily("jobwire_resyncs", "Subscribers told to read anew.", live.resyncs)
        yield CounterMetricFamily("jobwire_answers_made", "Answers executed that others may be given.", answers.made)
        yield CounterMetricFamily("jobwire_answers_joined", "Answers that somebody else had asked for.", answers.joined)
        yield CounterMetricFamily("jobwire_answers_kept", "Answers given again.", answers.hits)
        yield GaugeMetricFamily("jobwire_answers_bytes", "What the answers that are kept take.", answers.bytes)
        yield CounterMetricFamily("jobwire_bell_rung", "Revisions published.", self._hub.bell.rung)
        yield CounterMetricFamily("jobwire_bell_dropped", "Revisions that Redis did not take.", self._hub.bell.dropped)
        turns = HASHING.turns
        yield CounterMetricFamily("jobwire_passwords_checked", "Turns to hash passwords that were taken.", turns.taken)
        yield CounterMetricFamily("jobwire_passwords_refused", "Callers who got no turn in time.", turns.refused)
        yield GaugeMetricFamily("jobwire_passwords_waiting", "Callers who wait for theirs.", turns.waiting)
        for name, number in dataclasses.asdict(self._traffic.counters).items():
            yield GaugeMetricFamily(f"jobwire_transport_{name}", "See transport/counters.py.", number)


def metrics_route(engine: Engine, hub: Hub, traffic: Traffic) -> Route:
    """GET /metrics."""
    registry = CollectorRegistry()
    registry.register(_Counts(engine, hub, traffic))

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Route("/metrics", metrics, methods=["GET"])
