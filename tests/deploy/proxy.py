"""deploy/nginx.conf, served on free ports of the loopback, before a server that says what reached it."""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from deployments.local.prefect_environment import HOST
from deployments.local.processes import free_ports
from deployments.production.proxy import Ports, configuration
from tests.waiting import wait_until

SANDBOX = r"172\.30\.17\.10:4300-4315"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
PREFECT, CONSOLE = "prefect.localhost:8443", "rekey.localhost:8443"


class _Says(BaseHTTPRequestHandler):
    """Answers every request with its line and its headers."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = f"{self.command} {self.path}\n{self.headers}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815  # names of the standard library

    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it is, and with what it is asked."""

    port: int
    inside: int
    secrets: Path

    def context(self, *, known: bool) -> ssl.SSLContext:
        """As a browser that trusts the authority; ``known`` has the operator's certificate, too."""
        made = ssl.create_default_context(cafile=str(self.secrets / "operator" / "authority.pem"))
        if known:
            made.load_cert_chain(_pem_of_the_browser(self.secrets))
        return made

    def ask(self, method: str, path: str, host: str = PREFECT, *, known: bool = True, **headers: str) -> httpx.Response:
        """By TLS and this name; the path goes out as it is written. A POST comes from the host's own page."""
        own = {"Origin": f"https://{host}"} if method == "POST" else {}
        with httpx.Client(verify=self.context(known=known), trust_env=False) as client:
            return client.request(
                method,
                httpx.URL(f"https://127.0.0.1:{self.port}").copy_with(raw_path=path.encode()),
                headers={"Host": host, **own, **headers},
                extensions={"sni_hostname": host.partition(":")[0]},
            )


def _pem_of_the_browser(secrets: Path) -> Path:
    path = secrets / "browser.pem"
    if not path.exists():
        password = (secrets / "operator" / "browser.password").read_bytes().strip()
        read = pkcs12.load_pkcs12((secrets / "operator" / "browser.p12").read_bytes(), password)
        assert read.cert
        assert read.key
        key = read.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(key + read.cert.certificate.public_bytes(Encoding.PEM))
    return path


@contextmanager
def served(folder: Path, secrets: Path, program: str) -> Iterator[Proxy]:
    """The file as it is, but for its addresses and the places of its files."""
    behind = ThreadingHTTPServer(("127.0.0.1", 0), _Says)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    first = free_ports(4)
    port, inside, nobody, forwarded = range(first, first + 4)
    ports = Ports(port, inside, (nobody, behind.server_port), behind.server_port)
    text = configuration(ports, folder, secrets, folder / "log", {SANDBOX: f"{HOST}:{forwarded}"})
    text = f"load_module {STREAM};\n{text}" if STREAM.exists() else text.split("\nstream {")[0]
    own = folder / "nginx.conf"
    own.write_text(f"daemon off;\n{text}")
    command = [program, "-p", str(folder), "-c", str(own), "-e", str(folder / "log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True, text=True)
    running = subprocess.Popen(command)
    try:
        proxy = Proxy(port, inside, secrets)
        wait_until(lambda: _answers(inside), description="nginx answers")
        yield proxy
    finally:
        running.terminate()
        running.wait(30)
        behind.shutdown()
        behind.server_close()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).is_success
    except httpx.HTTPError:
        return False
