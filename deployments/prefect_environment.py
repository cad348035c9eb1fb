"""The settings with which rekey starts Prefect. README's production part lists the same ones, and a test compares."""

from __future__ import annotations

import os

from blocks.settings import ROOT
from deployments.places import Places

HOST = "127.0.0.1"


def prefect_environment(places: Places, port: int) -> dict[str, str]:
    """For client, server and worker. The only secret in it, the encryption key, goes to the server alone."""
    origin = f"http://{HOST}:{port}"
    return {
        # Nothing of another Prefect installation's settings: only what is named here.
        **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "REKEY_"))},
        "PREFECT_HOME": str(places.prefect_home),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(places.prefect_home / "storage"),
        "PREFECT_API_URL": f"{origin}/api",
        # The V2 pages mask secret fields, the V1 pages do not: every link that Prefect writes must lead to V2.
        "PREFECT_UI_URL": f"{origin}/v2",
        # Five attempts end after 70 s of outage, and a paused run would fail.
        "PREFECT_CLIENT_MAX_RETRIES": "10",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "REKEY_ROOT": str(ROOT),
        "REKEY_LEDGER_URL": f"sqlite:///{places.ledger}",
        "REKEY_PREFECT_UI_URL": f"{origin}/v2",
    }


def server_environment(places: Places, port: int) -> dict[str, str]:
    """For the server: the key must be there before the first block, else Prefect keeps one in the same database."""
    return {**prefect_environment(places, port), "PREFECT_SERVER_ENCRYPTION_KEY": places.encryption_key()}
