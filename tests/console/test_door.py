"""Who may ask the console, and what every answer says to the browser."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import pytest

from blocks.operators.passkeys import Site
from deployments.console.door import HEADERS, names_of
from tests.console.conftest import Served

PAGES = (
    "/",
    "/health",
    "/rotations/r-1",
    "/credentials/alpaca-paper",
    "/nowhere",
    "/static/console.js",
    "/static/none",
    "/login",
    "/credentials/alpaca-paper/start",
    "/static/hpke/index.js",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_has_the_policy(served: Served, path: str) -> None:
    """Those that say that there is nothing, too."""
    answer = served.browser.get(path)

    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize("path", PAGES)
def test_no_page_loads_anything_of_another_origin(served: Served, path: str) -> None:
    served.start()
    served.wait()
    served.shows("enter the new pair")

    text = served.browser.get(path).text

    assert re.findall(r"(?:src|action)=\"(?!/static/)[^\"]*|url\(|style=|<script>|\son[a-z]+=", text) == []
    assert re.findall(r"<link[^>]+href=\"(?!/static/)", text) == []


@pytest.mark.parametrize(
    "host", ["attacker.example", "localhost", "localhost:1", "127.0.0.1", "localhost.attacker.example:{port}", ""]
)
def test_by_another_name_it_answers_nothing(served: Served, host: str) -> None:
    """Whoever lets a name of their own lead here reads nothing by it (DNS rebinding)."""
    port = urlsplit(served.url).port

    answer = served.browser.get("/", headers={"Host": host.format(port=port)})

    assert answer.status_code == 421
    assert "alpaca" not in answer.text


def test_two_names_at_once_are_refused(served: Served) -> None:
    parts = urlsplit(served.url)
    with socket.create_connection(("127.0.0.1", parts.port or 0), timeout=30) as raw:
        raw.sendall(f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nHost: attacker.example\r\n\r\n".encode())
        said = raw.recv(4096).decode()

    assert said.split()[1] in {"400", "421"}
    assert "alpaca" not in said


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_it_knows_no_other_method(served: Served, method: str) -> None:
    answer = served.browser.request(method, "/", content=b"x")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST"
    assert "access-control-allow-origin" not in answer.headers


def test_a_long_address_is_no_page(served: Served) -> None:
    assert served.browser.get(f"/rotations/{'r' * 400}").status_code == 404


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("http://localhost:4280", {"localhost:4280", "127.0.0.1:4280"}),
        ("https://rekey.example.com", {"rekey.example.com:443", "rekey.example.com"}),
        ("https://Rekey.example.com:443/", {"rekey.example.com:443", "rekey.example.com"}),
        ("https://rekey.example.com:8443/", {"rekey.example.com:8443"}),
    ],
)
def test_its_names_are_those_of_its_address(url: str, names: set[str]) -> None:
    assert names_of(Site.of(url)) == names
