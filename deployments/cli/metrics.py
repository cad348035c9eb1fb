"""``rekey metrics``: how rekey stands, for a monitoring system; from the ledger alone."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Collection

from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.ledger.metrics import Metrics
from blocks.model.credential import Credential
from blocks.settings import read_settings
from deployments.cli.exit_codes import Every
from deployments.terminal.tables import print_text

EVERY_S = 60.0


def metrics(chosen: argparse.Namespace) -> int:
    """Print them, serve them or push them. Raises CatalogError, and StepError for an address that takes nothing."""
    settings = read_settings()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Metrics(settings.ledger_url, _listed))
    if chosen.otlp:
        return _push(registry, once=chosen.once)
    if chosen.listen is None:
        print(generate_latest(registry).decode(), end="")  # noqa: T201  # for a program
        return Every.DONE
    host, port = chosen.listen
    _serve(registry, host, port)
    print_text(f"Metrics: http://{host}:{port}/metrics, until Ctrl-C. Whoever reaches this address reads them.")
    threading.Event().wait()
    return Every.DONE


def _listed() -> Collection[Credential]:
    """All of the catalog as it is now: a scrape may come days after this process began."""
    return load_catalog(read_settings().catalog).credential.values()


def _serve(registry: CollectorRegistry, host: str, port: int) -> None:
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        problem = f"Nothing can be served at {host}:{port} ({error.strerror})."
    else:
        return
    raise StepError(problem, "Choose another address: `rekey metrics --listen 127.0.0.1:PORT`.")


def _push(registry: CollectorRegistry, *, once: bool) -> int:
    """Once, or each minute until Ctrl-C: then a collector that is away is told, and tried again."""
    try:
        from deployments.cli.otlp import Collector  # noqa: PLC0415  # an extra, which most do without
    except ImportError:
        raise StepError("OpenTelemetry is not installed.", "In rekey's checkout: pip install '.[otlp]'") from None
    collector = Collector()
    if once:
        collector.push(registry)
        return Every.DONE
    print_text(f"Metrics go to {collector.origin} each minute, until Ctrl-C.")
    while True:
        try:
            collector.push(registry)
        except StepError as problem:
            print_text(str(problem), indent=4)
        # A log that is written to a file would have it only much later.
        sys.stdout.flush()
        _wait()


def _wait() -> None:
    time.sleep(EVERY_S)
