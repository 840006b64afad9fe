"""Numbers for Prometheus: how many requests there were, how long they took, what runs, what the cache does.

They hold no query, no address of a client and no data, so that whoever reads them learns how busy the server is and
nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from .observing import ROUTE, Seen

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from .site import Site

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Upper ends of the histogram of seconds."""


class Metrics:
    """The numbers of one server process.

    Raises:
        ImportError: ``prometheus_client`` is not installed (``pip install geokg[serve]``).

    >>> b"geokg_requests_total" in Metrics().render()
    True
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest

        self._render = generate_latest
        self._registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self._requests = Counter("geokg_requests", "Requests answered.", labels, registry=self._registry)
        self._sent = Counter("geokg_sent_bytes", "Bytes of bodies sent.", registry=self._registry)
        self._cut = Counter("geokg_cut_answers", "Answers that did not reach their end.", registry=self._registry)
        self._seconds = Histogram(
            "geokg_request_seconds", "From request to last byte.", ("route",), buckets=BUCKETS, registry=self._registry
        )
        ProcessCollector(registry=self._registry)
        self._requests_of, self._seconds_of = cache(self._requests.labels), cache(self._seconds.labels)

    def watch(self, site: Site) -> None:
        """Tell also of a site: its pool, its cache, its data."""
        self._registry.register(_State(site))

    def observe(self, seen: Seen) -> None:
        """Count a request."""
        method = seen.environ.get("REQUEST_METHOD", "")
        route = str(seen.environ.get(ROUTE) or "none").removeprefix("geokg.")
        self._requests_of(route, method if method in METHODS else "other", str(seen.status)).inc()
        self._sent.inc(seen.sent)
        self._seconds_of(route).observe(seen.seconds)
        if not seen.is_whole and method != "HEAD":
            self._cut.inc()

    def render(self) -> bytes:
        """All numbers, in the text format of Prometheus."""
        return self._render(self._registry)


class _State:
    """What is so at the moment when somebody asks."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        site = self._site
        yield GaugeMetricFamily("geokg_generation", "The state of the data.", site.store.generation)
        if site.pool is not None:
            yield GaugeMetricFamily("geokg_queries_running", "Queries that run.", len(site.pool.running()))
            yield GaugeMetricFamily("geokg_workers", "Queries that can run at once.", site.pool.workers)
        if site.cache is not None:
            yield CounterMetricFamily("geokg_cache_hits", "Answers that were kept.", site.cache.hits)
            yield CounterMetricFamily("geokg_cache_misses", "Answers that were not.", site.cache.misses)
            yield GaugeMetricFamily("geokg_cache_bytes", "Bytes that kept answers take.", site.cache.size)
