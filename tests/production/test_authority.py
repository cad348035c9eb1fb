"""A Prefect whose certificate is signed by an authority of its own is asked by whoever names that, and nobody else."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.settings import PREFECT_API_SSL_CERT_FILE

from blocks.errors import CatalogError, RekeyError
from deployments.local.ask_prefect import AUTHORITY, Prefect
from deployments.local.prefect_login import client_settings, http_client
from deployments.setup.production_certificates import issue


class _Version(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # a name of the standard library
        told = b'"3.8.8"'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("certificates")
    for name in ("own", "another"):
        issued = issue(("localhost",), "made up here")
        # What stands beside the certificates in a file is in any writing.
        (made / f"{name}.pem").write_bytes("# Főtanúsítvány\n".encode() + issued.authority)
        (made / f"{name}-server.pem").write_bytes(issued.server + issued.server_key)
    (made / "none.pem").write_text("no certificate")
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Version)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own-server.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_port}/api"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_command_line_believes_the_authority_that_is_named(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AUTHORITY, str(folder / "own.pem"))
    with Prefect(url) as prefect:
        prefect.demand_an_answer()


@pytest.mark.parametrize("named", ["another.pem", ""])
def test_without_it_the_command_line_believes_nobody(
    url: str, folder: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AUTHORITY, str(folder / named) if named else "")
    with Prefect(url) as prefect, pytest.raises(RekeyError, match="Prefect"):
        prefect.demand_an_answer()


@pytest.mark.parametrize("named", ["none.pem", "missing.pem"])
def test_a_file_without_certificates_is_said_to_be_wrong(
    url: str, folder: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AUTHORITY, str(folder / named))
    with pytest.raises(CatalogError, match=f"{AUTHORITY} names no file with certificates"):
        Prefect(url)


def test_the_robot_believes_it_and_nobody_else(url: str, folder: Path) -> None:
    named = {"PREFECT_API_URL": url, "PREFECT_API_AUTH_STRING": "user:made-up"}
    with http_client({**named, AUTHORITY: str(folder / "own.pem")}, 10) as browser:
        assert browser.get("/admin/version").json() == "3.8.8"
    for other in ({}, {AUTHORITY: str(folder / "another.pem")}):
        with http_client({**named, **other}, 10) as browser, pytest.raises(httpx.ConnectError):
            browser.get("/admin/version")


def test_prefects_own_client_is_told_of_it(folder: Path) -> None:
    named = {"PREFECT_API_URL": "https://localhost/api", "PREFECT_API_AUTH_STRING": "user:made-up"}
    own = str(folder / "own.pem")
    assert client_settings({**named, AUTHORITY: own})[PREFECT_API_SSL_CERT_FILE] == own
    assert PREFECT_API_SSL_CERT_FILE not in client_settings(named)
