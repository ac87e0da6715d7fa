"""What Prometheus reads at /metrics."""

import dataclasses
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from subscriptions.hub import Hub
from transport.traffic import Traffic


class _Counts(Collector):
    """Reads the plain numbers that the parts keep, when asked."""

    def __init__(self, hub: Hub, traffic: Traffic) -> None:
        self._hub = hub
        self._traffic = traffic

    def collect(self) -> Iterator[Metric]:
        """The present numbers."""
        yield GaugeMetricFamily("jobwire_feeds", "Firms that somebody here listens to.", len(self._hub.feeds))
        listeners = sum(len(feed.listeners) for feed in self._hub.feeds.values())
        yield GaugeMetricFamily("jobwire_streams", "Open streams of changes.", listeners)
        yield CounterMetricFamily("jobwire_bell_rung", "Revisions published.", self._hub.bell.rung)
        yield CounterMetricFamily("jobwire_bell_dropped", "Revisions that Redis did not take.", self._hub.bell.dropped)
        for name, number in dataclasses.asdict(self._traffic.counters).items():
            yield GaugeMetricFamily(f"jobwire_transport_{name}", "See transport/counters.py.", number)


def metrics_route(hub: Hub, traffic: Traffic) -> Route:
    """GET /metrics."""
    registry = CollectorRegistry()
    registry.register(_Counts(hub, traffic))

    def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    return Route("/metrics", metrics, methods=["GET"])
