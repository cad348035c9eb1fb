"""``rekey console``: serves the operator's page until Ctrl-C."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

import uvicorn

from blocks.catalog import load_catalog
from blocks.errors import CatalogError
from blocks.settings import Settings, read_settings
from deployments.console.app import application
from deployments.local.processes import refuse_busy_port
from deployments.terminal.tables import print_text

LOOPBACK = frozenset({"localhost", "127.0.0.1"})
# A page that is open keeps its connection; nobody waits longer for it.
END_S = 2
# Connections of all kinds at once.
MOST = 400


def console(_: argparse.Namespace) -> int:
    """Serve it. Raises CatalogError for a catalog or an address with which it would not be safe."""
    settings = read_settings()
    port = port_of(settings)
    load_catalog(settings.catalog)
    refuse_busy_port(port, "the console", "set REKEY_CONSOLE_URL to http://localhost and another one")
    print_text(f"The console is at {settings.console_url} until Ctrl-C.")
    server = uvicorn.Config(
        application(settings),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST,
        timeout_graceful_shutdown=END_S,
    )
    uvicorn.Server(server).run()
    return 0


def port_of(settings: Settings) -> int:
    """The port on which it listens. Raises CatalogError for an address that is not on this machine's loopback."""
    parts = urlsplit(settings.console_url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK or not parts.port:
        raise CatalogError(
            f"The console has no login yet, so it is served on this machine alone, and not at {settings.console_url}.",
            "Set REKEY_CONSOLE_URL to http://localhost and a port, and reach it from elsewhere by an SSH tunnel.",
        )
    return parts.port
