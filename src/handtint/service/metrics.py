"""Metrics of the service for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from handtint.service.request_pool import RequestPool

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 12.0, 30.0, 60.0)


class Metrics:
    """The metrics, in a registry of their own."""

    def __init__(self, pool: RequestPool) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_PoolCollector(pool))
        self._requests = Counter("handtint_requests", "Requests answered.", ["path", "status"], registry=self.registry)
        self._times = Histogram(
            "handtint_request_seconds",
            "From a request's headers to its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def count(self, path: str, status: int, seconds: float) -> None:
        """Count a request. path: one of a few fixed values, never text of the client."""
        self._requests.labels(path, str(status)).inc()
        self._times.labels(path).observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class _PoolCollector(Collector):
    """A collector of the pool's metrics, read on each scrape."""

    def __init__(self, pool: RequestPool) -> None:
        self._pool = pool

    def collect(self) -> Iterable[Metric]:
        """The current values."""
        pool = self._pool
        yield GaugeMetricFamily("handtint_places_taken", "Requests uploading, waiting or worked on.", pool.admitted)
        yield GaugeMetricFamily("handtint_places", "Requests that there is room for.", pool.size + pool.queue)
        yield GaugeMetricFamily("handtint_waiting", "Requests that no worker has in hand.", pool.waiting)
        yield GaugeMetricFamily("handtint_workers_ready", "Workers that are ready or at work.", pool.ready)
        yield GaugeMetricFamily("handtint_workers_busy", "Workers at work.", pool.busy)
        yield SummaryMetricFamily("handtint_work_seconds", "A worker's time.", pool.done, pool.work_seconds)
        replaced = CounterMetricFamily("handtint_workers_replaced", "Workers replaced.", labels=["reason"])
        for reason in ("time", "death", "idle", "client gone"):
            replaced.add_metric([reason], pool.replaced[reason])
        yield replaced
