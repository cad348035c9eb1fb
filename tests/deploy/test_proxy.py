"""The proxy lets through what docs/how-to/production.md says, from whom it says, and nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import httpx
import pytest

from deployments.production.proxy import FILE
from deployments.setup.production_secrets import Site, make
from tests.deploy.proxy import CONSOLE, PREFECT, Proxy, served
from tests.door import gateway

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
RUN, BLOCK = "/api/flow_runs/3f0c", "/api/block_documents"
# Of each route one that fits, and what looks like it.
ASKED = [
    ("GET", "/v2/runs"),
    ("GET", "/ui-settings"),
    ("GET", "/ui-settings/more"),
    ("GET", "/api/flow_runs/3f0c"),
    ("GET", f"{RUN}/input/paused-1-schema"),
    ("GET", f"{RUN}/input/paused-1-response"),
    ("GET", BLOCK),
    ("GET", f"{BLOCK}/3f0c"),
    ("GET", "/api/block_types/slug/heroku/block_documents/name/rekey"),
    ("GET", "/api/events/out"),
    ("GET", "/runs/flow-run/3f0c"),
    ("GET", "/docs"),
    ("POST", "/api/flow_runs/filter"),
    ("POST", "/api/flow_runs/count"),
    ("POST", "/api/flow_runs/paginate"),
    ("POST", f"{BLOCK}/filter"),
    ("POST", f"{RUN}/input/filter"),
    ("POST", f"{RUN}/input"),
    ("POST", f"{RUN}/resume"),
    ("POST", f"{RUN}/set_state"),
    ("POST", "/api/deployments/3f0c/create_flow_run"),
    ("POST", "/api/deployments/"),
    ("POST", "/api/ui/schemas/validate"),
    ("POST", "/v2/runs"),
    ("PATCH", f"{RUN}"),
    ("DELETE", f"{RUN}"),
    ("PUT", f"{RUN}"),
]


def routes() -> list[tuple[str, bool]]:
    """The lines of the map, in their order: method and path, and whether it passes."""
    (inside,) = re.findall(r'map "\$request_method \$uri" \$passes \{\n(.*?)\n    \}', FILE.read_text(), re.DOTALL)
    found = re.findall(r'^\s+"(.+)" ([01]);$', inside, re.MULTILINE)
    assert inside.strip().startswith("default 0;")
    assert len(found) == len(inside.strip().splitlines()) - 1
    return [(route, passes == "1") for route, passes in found]


def written(method: str, route: str) -> str:
    """A route of the page, as the file writes it: "*" is any text, and a route without one at its end ends there."""
    pattern = re.escape(route).replace(r"\*", ".*").replace(r"\_", "_").replace(r"\-", "-")
    return f"~(?s)^{method} {pattern[:-2]}" if pattern.endswith(".*") else rf"~(?s)^{method} {pattern}\z"


def test_the_file_has_the_routes_of_the_page_and_no_others() -> None:
    page = [
        *((written("GET", one), False) for one in gateway.NOT_READ),
        *((written("GET", one), True) for one in gateway.READ),
        *((written("POST", one), False) for one in gateway.NOT_POSTED),
        *((written("POST", one), True) for one in gateway.POSTED),
    ]
    # The first address that a person types, which the proxy answers itself.
    assert sorted(routes()) == sorted([("GET /", True), *page])


def test_what_is_kept_back_stands_before_what_lets_it_through() -> None:
    """The first line that fits counts."""
    for method in ("GET", "POST"):
        passing = [passes for route, passes in routes() if route.startswith(f"~(?s)^{method} ")]
        assert passing == sorted(passing)
        assert len(set(passing)) == 2


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A real nginx with that file."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    secrets = tmp_path_factory.mktemp("secrets")
    make(secrets, Site())
    with served(tmp_path_factory.mktemp("nginx"), secrets, NGINX) as running:
        yield running


@pytest.mark.parametrize(("method", "path"), ASKED, ids=lambda one: one)
def test_nginx_lets_through_what_the_page_lets_through(proxy: Proxy, method: str, path: str) -> None:
    answer = proxy.ask(method, path)
    passes = gateway.lets_through(method, path)
    assert answer.status_code == (200 if passes else 403)
    assert (f"{method} {path}\n" in answer.text) == passes
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"


@pytest.mark.parametrize(
    "path",
    [
        "/api/%62lock_documents/filter",
        "/api//block_documents/filter",
        "/api/x/../block_documents/filter",
        "/api/x/%2e%2e/block_documents/filter",
        "/api/block_documents%2Ffilter",
        "/api/flow_runs/3f0c%2Finput%2Ffilter",
        "/api/flow_runs/3f0c%0A/input/filter",
    ],
)
def test_paths_are_compared_decoded(proxy: Proxy, path: str) -> None:
    assert proxy.ask("POST", path).status_code == 403


def test_without_a_certificate_nobody_sees_a_page_of_prefect(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/v2/runs", known=False)
    assert answer.status_code == 400
    assert "GET /v2/runs" not in answer.text


def test_the_login_that_prefects_pages_send_reaches_prefect(proxy: Proxy) -> None:
    assert "Authorization: Basic made-up" in proxy.ask("GET", "/api/flows", Authorization="Basic made-up").text


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://prefect.localhost:8443", ""])
def test_a_page_of_somebody_else_changes_nothing_and_hears_nothing(proxy: Proxy, origin: str) -> None:
    assert proxy.ask("POST", f"{RUN}/resume", Origin=origin).status_code == 403
    assert proxy.ask("GET", "/api/events/out", Upgrade="websocket", Origin=origin).status_code == 403
    own = proxy.ask("GET", "/api/events/out", Upgrade="websocket", Origin=f"https://{PREFECT}")
    assert "Upgrade: websocket" in own.text


def test_by_another_name_it_says_nothing(proxy: Proxy) -> None:
    with pytest.raises(httpx.ConnectError):
        proxy.ask("GET", "/v2/runs", "elsewhere.example:8443")
    # The name of one page, and a request for the other, which asks for no certificate.
    with httpx.Client(verify=proxy.context(known=False), trust_env=False) as client:
        answer = client.get(
            f"https://127.0.0.1:{proxy.port}/v2/runs",
            headers={"Host": PREFECT},
            extensions={"sni_hostname": CONSOLE.partition(":")[0]},
        )
    assert answer.status_code in {400, 421}
    assert "GET /v2/runs" not in answer.text


def test_the_console_hears_who_asks_and_how(proxy: Proxy) -> None:
    told = proxy.ask("GET", "/", CONSOLE, known=False).text
    assert f"Host: {CONSOLE}\n" in told
    assert "X-Forwarded-Proto: https\n" in told
    assert "X-Forwarded-For: 127.0.0.1\n" in told
    assert (
        "X-Forwarded-For: 203.0.113.9, 127.0.0.1"
        in proxy.ask("GET", "/", CONSOLE, known=False, **{"X-Forwarded-For": "203.0.113.9"}).text
    )


def test_whoever_types_the_name_comes_to_the_pages(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"https://{PREFECT}/v2/")


def test_a_worker_is_answered_while_one_server_is_down(proxy: Proxy) -> None:
    for _ in range(4):
        assert httpx.patch(f"http://127.0.0.1:{proxy.inside}/api/x", trust_env=False).text.startswith("PATCH /api/x\n")
