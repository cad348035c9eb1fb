"""``rekey metrics``: how rekey stands, for a monitoring system; from the ledger alone."""

from __future__ import annotations

import argparse
import threading

from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from blocks.catalog import load_catalog
from blocks.errors import StepError
from blocks.ledger.metrics import Metrics
from blocks.settings import read_settings
from deployments.cli.exit_codes import Every
from deployments.terminal.tables import print_text


def metrics(chosen: argparse.Namespace) -> int:
    """Print them once, or serve them until Ctrl-C. Raises CatalogError, and StepError for an address that is taken."""
    settings = read_settings()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Metrics(settings.ledger_url, load_catalog(settings.catalog).enabled))
    if chosen.listen is None:
        print(generate_latest(registry).decode(), end="")  # noqa: T201  # for a program
        return Every.DONE
    host, port = chosen.listen
    _serve(registry, host, port)
    print_text(f"Metrics: http://{host}:{port}/metrics, until Ctrl-C. Whoever reaches this address reads them.")
    threading.Event().wait()
    return Every.DONE


def _serve(registry: CollectorRegistry, host: str, port: int) -> None:
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        problem = f"Nothing can be served at {host}:{port} ({error.strerror})."
    else:
        return
    raise StepError(problem, "Choose another address: `rekey metrics --listen 127.0.0.1:PORT`.")
