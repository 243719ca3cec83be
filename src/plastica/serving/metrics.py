"""Metrics of a service in the text format of Prometheus."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ..typing import Document
from .exchange import Served
from .pool import CountPool

SHARED = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)


class Metrics:
    """The metrics of a service, which begin at 0 when it starts.

    With the environment variable ``PROMETHEUS_MULTIPROC_DIR`` they are those of all processes that share this folder.

    Args:
        pool: What other processes counted of the columns.

    Attributes:
        media_type: The type of the text.
    """

    media_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, pool: CountPool) -> None:
        self._registry, self._shared = CollectorRegistry(), SHARED in os.environ
        own = {"registry": self._registry, "namespace": "plastica"}
        self.requests = Counter("requests", "Requests by path and HTTP status.", ("path", "status"), **own)
        self.seconds = Histogram("request_seconds", "Time from request to reply.", ("path",), buckets=SECONDS, **own)
        self.errors = Counter("errors", "Refused requests by the code of the error.", ("code",), **own)
        self.rows = Counter("rows", "Rows predicted.", **own)
        self.lacking = Counter("missing_column", "Requests that lack a column.", ("column",), **own)
        self.batches = Histogram("batch_rows", "Rows answered together.", buckets=ROWS, **own)
        self.model_seconds = Histogram("batch_seconds", "Time to answer a batch.", buckets=SECONDS, **own)
        self.waiting = Gauge(
            "waiting_requests", "Requests that wait for the model.", multiprocess_mode="livesum", **own
        )
        self.ready = Gauge("ready", "Whether the model answers.", multiprocess_mode="livesum", **own)
        newest = {"multiprocess_mode": "livemax", **own}
        self.model = Gauge("model_info", "The model that answers.", ("name", "kind", "digest"), **newest)
        self.loaded = Gauge("model_loaded_timestamp_seconds", "When it was loaded.", **newest)
        self.reloads = Counter("reloads", "Attempts to load the model again.", ("result",), **own)
        ProcessCollector(registry=self._registry)
        self._of_model = _ModelCollector(pool)
        self._registry.register(self._of_model)
        self._told: tuple[str, str, str] | None = None

    def watch(self, rows: int, seconds: float) -> None:
        """Add a batch."""
        self.batches.observe(rows)
        self.model_seconds.observe(seconds)

    def take(self, served: Served, now: float) -> None:
        """State which model answers from now on."""
        if self._told is not None:
            self.model.labels(*self._told).set(0)
            if not self._shared:  # shared metrics keep all labels
                self.model.remove(*self._told)
        self._told = (served.name, served.kind, served.digest)
        self.model.labels(*self._told).set(1)
        self.loaded.set(now)
        self._of_model.take(served)

    def text(self) -> bytes:
        """Return all metrics."""
        if not self._shared:
            return generate_latest(self._registry)
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)
        of_all.register(self._of_model)
        return generate_latest(of_all)


class _ModelCollector(Collector):
    """Metrics of the model and its columns, computed when they are asked for."""

    def __init__(self, pool: CountPool) -> None:
        self._served: Served | None = None
        self._pool = pool
        self._lock = threading.Lock()

    def take(self, served: Served) -> None:
        self._served = served

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            columns: list[Document] = self._pool.drift(self._served) if self._served is not None else []
            deaths = self._pool.deaths(self._served) if self._served is not None else 0
        yield CounterMetricFamily("plastica_model_restarts", "How often its process was started again.", value=deaths)
        psi = GaugeMetricFamily(
            "plastica_drift_psi", "Population stability index of recent rows against training.", labels=["column"]
        )
        chance = GaugeMetricFamily(
            "plastica_drift_psi_by_chance", "What the index exceeds by chance in 1 of 20 columns.", labels=["column"]
        )
        gone = CounterMetricFamily("plastica_missing_values", "Missing values.", labels=["column"])
        unknown = CounterMetricFamily("plastica_unknown_values", "Categories unknown in training.", labels=["column"])
        for each in columns:
            gone.add_metric([each["column"]], each["missing"])
            if "unknown" in each:
                unknown.add_metric([each["column"]], each["unknown"])
            if each["psi"] is not None:
                psi.add_metric([each["column"]], each["psi"])
                chance.add_metric([each["column"]], each["by_chance"])
        yield from (psi, chance, gone, unknown)
