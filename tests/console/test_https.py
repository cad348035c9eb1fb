"""The console by https: with its own certificate, and behind a proxy that it names, over real sockets."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from deployments.console import renewal
from deployments.console.session import COOKIE
from deployments.local.processes import free_port
from tests.console.certificates import made
from tests.console.conftest import listening
from tests.waiting import wait_until

NAME = "console.example.org"
# Where the proxy of these tests comes from, and two of those who ask it.
PROXY, NEAR, FAR = "127.0.0.2", "127.0.0.1", "127.0.0.3"
LOGIN = "somebody:made up"
Browsers = Callable[..., httpx.Client]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return made(tmp_path, NAME)


@pytest.fixture
def console(alone: None, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: ARG001  # it sets the environment
    """Sets where the console is served."""
    ledger.append(Action.PROTECTED, rotation="", credential="all credentials", actor="somebody", context={})
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", LOGIN)

    def one(**settings: str | Path) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(f"REKEY_CONSOLE_{name.upper()}", str(value))

    return one


@pytest.fixture
def browsers(files: tuple[Path, Path]) -> Browsers:
    """A browser that takes this certificate, and takes the name's host to be on this machine."""
    trusted = ssl.create_default_context(cafile=files[0])

    def one(port: int, comes_from: str = NEAR, **headers: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://127.0.0.1:{port}",
            headers={"Host": NAME, **headers},
            transport=_Named(httpx.HTTPTransport(verify=trusted, local_address=comes_from)),
            timeout=30,
        )

    return one


class _Named(httpx.BaseTransport):
    """Asks whoever listens there to be the one of the name."""

    def __init__(self, inner: httpx.HTTPTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = NAME
        return self._inner.handle_request(request)

    def close(self) -> None:
        self._inner.close()


@contextmanager
def proxy(to: int, files: tuple[Path, Path], scheme: str = "https") -> Iterator[int]:
    """A proxy with this certificate, which says from whom each request is. Where it listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            before = self.headers.get_all("X-Forwarded-For") or []
            said = {name: value for name, value in self.headers.items() if name != "X-Forwarded-For"}
            said |= {"X-Forwarded-For": ", ".join([*before, self.client_address[0]]), "X-Forwarded-Proto": scheme}
            upstream = http.client.HTTPConnection("127.0.0.1", to, timeout=30, source_address=(PROXY, 0))
            upstream.request(self.command, self.path, body, said)
            answer = upstream.getresponse()
            text = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)
            upstream.close()

        do_POST = do_GET  # noqa: N815  # the library's name

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)


def test_with_its_own_certificate_it_is_asked_by_https_and_its_name(
    console: Callable[..., None], files: tuple[Path, Path], browsers: Browsers
) -> None:
    port = free_port()
    console(url=f"https://{NAME}:{port}", certificate=files[0], key=files[1])
    name = f"{NAME}:{port}"
    with listening(), browsers(port, Host=name) as browser:
        answer = browser.get("/login")
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        # Nobody is a proxy here: what is said of others is not looked at.
        told = browser.get("/login", headers={"X-Forwarded-Proto": "http", "X-Forwarded-For": FAR})
        assert told.status_code == 200
        assert browser.get("/", headers={"Host": f"localhost:{port}"}).status_code == 421

        # The cookie is this origin's: acting needs it to the letter.
        body = {"name": "ops", "login": LOGIN}
        assert browser.post("/login", json=body, headers={"Origin": f"http://{name}"}).status_code == 403
        logged_in = browser.post("/login", json=body, headers={"Origin": f"https://{name}"})
        assert logged_in.status_code == 200
        assert logged_in.headers["Set-Cookie"].startswith(f"{COOKIE}=")

        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": name}, trust_env=False)


def served_at(port: int) -> str:
    """The certificate that is shown there; empty for whoever connects while it is being replaced by its key's."""
    try:
        return ssl.get_server_certificate((NEAR, port))
    except ssl.SSLError:
        return ""


def test_a_certificate_that_is_renewed_is_served_while_it_runs(
    console: Callable[..., None], files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK_S", 0.05)
    port = free_port()
    console(url=f"https://{NAME}:{port}", certificate=files[0], key=files[1])
    with listening():
        before = ssl.get_server_certificate((NEAR, port))
        made(files[0].parent, NAME)
        assert files[0].read_text() != before

        wait_until(
            lambda: served_at(port) == files[0].read_text(),
            description="the new one is served",
            timeout_s=30,
        )


def test_served_to_others_it_shows_nothing_before_a_login(
    console: Callable[..., None], files: tuple[Path, Path], browsers: Browsers
) -> None:
    """Not that a credential exists."""
    port = free_port()
    console(url=f"https://{NAME}:{port}", certificate=files[0], key=files[1])
    name = f"{NAME}:{port}"
    with listening(), browsers(port, Host=name) as browser:
        for path in (
            "/",
            "/health",
            "/credentials/alpaca-live",
            "/rotations/r-1",
            "/credentials/alpaca-live/start",
            "/x",
        ):
            answer = browser.get(path)
            assert (answer.status_code, answer.headers["Location"], answer.text) == (303, f"/login?to={path}", "")
        shown = browser.get("/login?to=/rotations/r-1").text
        assert 'data-to="/rotations/r-1"' in shown
        assert "To look, no login is needed" not in shown
        assert "alpaca" not in shown

        body = {"name": "ops", "login": LOGIN}
        cookie = browser.post("/login", json=body, headers={"Origin": f"https://{name}"}).cookies[COOKIE]
        with_it = {"Cookie": f"{COOKIE}={cookie}"}
        wait_until(
            lambda: "alpaca-live" in browser.get("/", headers=with_it).text, description="it shows", timeout_s=30
        )
        assert browser.get("/", headers={"Cookie": f"{COOKIE}={cookie}x"}).status_code == 303


def test_behind_a_proxy_only_what_the_proxy_says_is_believed(
    console: Callable[..., None], files: tuple[Path, Path], browsers: Browsers
) -> None:
    port = free_port()
    console(url=f"https://{NAME}", listen=f"127.0.0.1:{port}", proxies=f'["{PROXY}"]')
    with listening(), proxy(port, files) as behind, browsers(behind) as browser:
        answer = browser.get("/login")
        assert answer.status_code == 200
        assert answer.headers["Strict-Transport-Security"]
        assert browser.post("/login", json={}, headers={"Origin": f"https://{NAME}"}).status_code == 401

        # Whoever is no proxy says in vain to be one.
        forged = {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": FAR}
        refused = httpx.get(f"http://127.0.0.1:{port}/", headers=forged, trust_env=False)
        assert refused.status_code == 421
        assert "asked for by https alone, at https://console.example.org/" in refused.text
        assert "alpaca" not in refused.text


def test_a_proxy_that_is_asked_by_http_is_refused(
    console: Callable[..., None], files: tuple[Path, Path], browsers: Browsers
) -> None:
    port = free_port()
    console(url=f"https://{NAME}", listen=f"127.0.0.1:{port}", proxies=f'["{PROXY}"]')
    with listening(), proxy(port, files, scheme="http") as behind, browsers(behind) as browser:
        assert browser.get("/").status_code == 421


def test_behind_a_proxy_each_address_is_counted_by_itself(
    console: Callable[..., None], files: tuple[Path, Path], browsers: Browsers
) -> None:
    """Also for whoever says to be somebody else: the proxy adds from where it was asked."""
    port = free_port()
    console(url=f"https://{NAME}", listen=f"127.0.0.1:{port}", proxies=f'["{PROXY}"]')
    path, headers = "/enrol/register", {"Origin": f"https://{NAME}"}
    with listening(), proxy(port, files) as behind, browsers(behind) as near, browsers(behind, FAR) as far:
        codes = [
            near.post(path, json={}, headers={**headers, "X-Forwarded-For": f"192.0.2.{one}"}).status_code
            for one in range(31)
        ]
        assert codes == [400] * 30 + [429]
        assert far.post(path, json={}, headers=headers).status_code == 400
