"""The settings with which rekey starts Prefect. docs/how-to/production.md lists the same ones, and a test compares."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import httpx

from deployments.local.places import Places

HOST = "127.0.0.1"


def prefect_environment(places: Places, port: int) -> dict[str, str]:
    """For client, server and worker: with the login of the server, and without the encryption key."""
    origin = f"http://{HOST}:{port}"
    return {
        # Nothing of another Prefect installation's settings: only what is named here.
        **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "REKEY_"))},
        "PREFECT_HOME": str(places.prefect_home),
        "PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(places.prefect_home / "storage"),
        "PREFECT_API_URL": f"{origin}/api",
        "PREFECT_API_AUTH_STRING": places.login(),
        "PREFECT_API_SSL_CERT_FILE": str(_one_certificate(places)),
        # The V2 pages mask secret fields, the V1 pages do not: every link that Prefect writes must lead to V2.
        "PREFECT_UI_URL": f"{origin}/v2",
        # Five attempts end after 70 s of outage, and a paused run would fail.
        "PREFECT_CLIENT_MAX_RETRIES": "10",
        # As Prefect's server and a proxy answer while the database, or the server, is away.
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500,504",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origin,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "REKEY_CONFIG": str(places.worker_file),
    }


def server_environment(places: Places, port: int) -> dict[str, str]:
    """For the server: its key, and its door.

    The key must be there before the first block, else Prefect keeps one in the same database. Without the other two any
    web page that somebody has open may start runs and read forms.
    """
    return {
        **prefect_environment(places, port),
        "PREFECT_SERVER_ENCRYPTION_KEY": places.encryption_key(),
        "PREFECT_SERVER_API_AUTH_STRING": places.login(),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
    }


def _one_certificate(places: Places) -> Path:
    """A file with one certificate authority, which nobody asks: this server speaks plain http on loopback.

    Prefect reads the whole file again for each of its clients, dozens in a rotation: 22 ms for all authorities, one for
    this (Prefect 3.8.8). It takes no empty file.
    """
    path = places.home / "one-certificate.pem"
    if not path.exists():
        first = httpx.create_ssl_context(trust_env=False).get_ca_certs(binary_form=True)[0]
        path.write_text(ssl.DER_cert_to_PEM_cert(first))
    return path
