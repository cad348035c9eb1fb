"""``rekey console``: serves the operator's page until Ctrl-C."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event

import uvicorn
from prefect.logging.configuration import setup_logging
from starlette.types import ASGIApp

from blocks.catalog import load_catalog
from blocks.ledger.trading import clock
from blocks.settings import read_settings
from blocks.wire.beside import Beside
from blocks.worker_file import place_of
from deployments.console.address import Address, address_of
from deployments.console.app import application
from deployments.console.renewal import Renewal
from deployments.local.processes import refuse_busy_port
from deployments.terminal.tables import print_text

# A page that is open keeps its connection; nobody waits longer for it.
END_S = 2
# Connections of all kinds at once.
MOST = 400


def console(_: argparse.Namespace) -> int:
    """Serve it. Raises CatalogError for a catalog or an address with which it would not be safe."""
    settings = read_settings()
    address = address_of(settings, datetime.now(UTC))
    load_catalog(settings.catalog)
    instead = f"set {place_of('console_listen')} to {address.host} and another one"
    if not address.site.is_https:
        instead = f"set {place_of('console_url')} to http://localhost and another one"
    refuse_busy_port(address.port, "the console", instead, address.host)
    print_text(f"The console is at {address.site.origin} until Ctrl-C.")
    if address.until is not None:
        print_text(f"Its certificate is good until {clock(address.until)}; a new one in its place is served by itself.")
    setup_logging()
    config = config_of(address, application(settings))
    with renewed(address, config):
        uvicorn.Server(config).run()
    return 0


@contextmanager
def renewed(address: Address, config: uvicorn.Config) -> Iterator[None]:
    """Meanwhile a certificate that was renewed is served; nothing to do for a console without one of its own."""
    config.load()
    if address.certificate is None or address.key is None or config.ssl is None:
        yield
        return
    renewal = Renewal((address.certificate, address.key), address.site.host, config.ssl)
    over = Event()
    beside = Beside(partial(renewal.keep_looking, over))
    beside.begin()
    try:
        yield
    finally:
        over.set()
        beside.wait()


def config_of(address: Address, app: ASGIApp) -> uvicorn.Config:
    """How it is served there."""
    return uvicorn.Config(
        app,
        host=address.host,
        port=address.port,
        # As Prefect's own processes log, by the same setting.
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        # uvicorn takes who asks, and by https or not, from X-Forwarded-For and -Proto of these alone.
        proxy_headers=bool(address.proxies),
        forwarded_allow_ips=list(address.proxies),
        limit_concurrency=MOST,
        timeout_graceful_shutdown=END_S,
    )
