"""Pushes what `rekey metrics` says to a collector of OpenTelemetry (OTLP by HTTP); asked for by `--otlp` alone.

Needs the extra `otlp`. The collector's address, headers and certificates are those variables of the environment that
OpenTelemetry names: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (read 2026-11-29). Its headers may hold
a token, so it is https, no redirect is followed, and what it answers is not shown.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable

import requests
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Metric,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as Family

from blocks.errors import CatalogError, StepError
from blocks.model.hosts import origin_of

VARIABLES = ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Collector:
    """A collector at the address that the environment names."""

    def __init__(self) -> None:
        """Raises CatalogError without an address that a token may be sent to."""
        self.origin = _origin()
        # Its own log shows what the collector answered, and again each minute.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        session = requests.Session()
        session.trust_env, session.max_redirects = False, 0
        self._exporter = OTLPMetricExporter(session=session)

    def push(self, registry: CollectorRegistry) -> None:
        """Send every number once. Raises StepError when it is not taken."""
        scope = ScopeMetrics(InstrumentationScope("rekey"), _metrics(registry.collect(), time.time_ns()), "")
        data = MetricsData([ResourceMetrics(Resource.create({"service.name": "rekey"}), [scope], "")])
        if self._exporter.export(data) is not MetricExportResult.SUCCESS:
            raise StepError(
                f"The collector at {self.origin} took no numbers.",
                "Look whether it runs, and compare the variables OTEL_EXPORTER_OTLP_... with what it expects.",
            )


def _origin() -> str:
    name = next((one for one in VARIABLES if os.environ.get(one)), None)
    problem = "is not set"
    if name is not None:
        try:
            return origin_of(os.environ[name].strip())
        except ValueError as error:
            problem = str(error)
    raise CatalogError(
        f"The address of the collector ({name or VARIABLES[-1]}) {problem}.",
        "Write the address of its OTLP receiver by HTTP there, such as https://collector.example.com:4318.",
    )


def _metrics(families: Iterable[Family], now_ns: int) -> list[Metric]:
    return [Metric(one.name, one.documentation, "", _data(one, now_ns)) for one in families if one.samples]


def _data(family: Family, now_ns: int) -> Gauge | Sum:
    # When the counting began is not known: 0 says so.
    points = [NumberDataPoint(dict(one.labels), 0, now_ns, float(one.value)) for one in family.samples]
    if family.type == "counter":
        return Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)
    return Gauge(points)
