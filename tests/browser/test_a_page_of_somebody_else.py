"""A web page of another origin, open beside Prefect's: nothing is read, and nothing happens."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from deployments.local.places import Places
from deployments.local.processes import LocalPrefect, free_port
from deployments.sandbox import made_up
from deployments.sandbox.server import SandboxServer
from tests.browser import chromium
from tests.browser.conftest import Rekey
from tests.browser.pages import Prefect
from tests.door.doors import OPEN
from tests.waiting import PREFECT_TIMEOUT_S

STRANGER = Path(__file__).with_name("stranger.js").read_text()
DEPLOYMENT = "rotate/alpaca-paper"
# Another origin is another scheme, host or port.
FOREIGN_HOST = {"Host": "somebody-else.invalid"}


@dataclass(frozen=True)
class Page:
    """Of another origin on this machine."""

    url: str

    def tries(self, window: BrowserContext, api: str, deployment: str, run: str) -> dict[str, Any]:
        """Open it in this window and let it try everything; return what it was told."""
        tab = window.new_page()
        tab.goto(self.url)
        known = {"api": api, "deployment": deployment, "run": run, "secret": made_up.alpaca_secret()}
        told: dict[str, Any] = tab.evaluate(STRANGER, known)
        tab.close()
        return told


@pytest.fixture(scope="module")
def somebody_else() -> Iterator[Page]:
    """A server of somebody else."""
    page = HTMLResponse("<!doctype html><title>kittens</title><body></body>")

    async def answer(_: object) -> HTMLResponse:
        return page

    server = SandboxServer({"page": Starlette(routes=[Route("/", answer)])})
    server.start()
    yield Page(server.url("page"))
    server.stop()


def standing(rekey: Rekey, run: str) -> dict[str, Any]:
    """What the page would have changed: the rotations that there are, the run's state and form, and what was typed."""
    inputs = rekey.robot.api.post(f"/flow_runs/{run}/input/filter", json={"prefix": ""}).raise_for_status().json()
    return {
        "runs": sorted(one["id"] for one in rekey.robot.runs()),
        "state": rekey.robot.state(run),
        "form": rekey.form_key(run),
        "inputs": sorted(one["key"] for one in inputs),
    }


@pytest.mark.parametrize("logged_in", [True, False], ids=["an operator is logged in", "nobody is logged in"])
def test_it_reads_nothing_and_changes_nothing(
    logged_in: bool,  # a case of the test
    paused: str,
    prefect_pages: Prefect,
    rekey: Rekey,
    browser: Browser,
    somebody_else: Page,
) -> None:
    """In the same window as Prefect's own page, which shows the waiting run; and in one that knows no login."""
    before = standing(rekey, paused)
    assert before["state"][0] == "PAUSED"
    deployment = rekey.robot.api.get(f"/deployments/name/{DEPLOYMENT}").json()["id"]
    api = rekey.local.environment["PREFECT_API_URL"]

    if logged_in:
        prefect_pages.see("Paused")
        told = somebody_else.tries(prefect_pages.page.context, api, deployment, paused)
    else:
        with chromium.window(browser) as other:
            told = somebody_else.tries(other, api, deployment, paused)

    assert told == {
        **dict.fromkeys(("run", "token", "settings", "deleted"), "hidden"),
        # Sent, and the answer is not shown to it.
        **dict.fromkeys(("started", "resumed", "cancelled"), "opaque"),
        "posted": "answered",
        "events": "closed 1008",
    }
    assert standing(rekey, paused) == before


def test_a_host_that_is_not_prefects_own_opens_nothing(paused: str, rekey: Rekey) -> None:
    """As after a name of somebody else's was pointed at this machine: the browser thinks it asks its own server."""
    before = standing(rekey, paused)
    deployment = rekey.robot.api.get(f"/deployments/name/{DEPLOYMENT}").json()["id"]
    with httpx.Client(
        base_url=rekey.local.environment["PREFECT_API_URL"],
        headers=FOREIGN_HOST,
        trust_env=False,
        timeout=PREFECT_TIMEOUT_S,
    ) as stranger:
        reads = [f"/flow_runs/{paused}", "/csrf-token?client=stranger", "/admin/settings", "/deployments/name/a/health"]
        assert [stranger.get(path).status_code for path in reads] == [HTTPStatus.UNAUTHORIZED] * len(reads)
        changes = [
            f"/deployments/{deployment}/create_flow_run",
            f"/flow_runs/{paused}/resume",
            "/block_documents/filter",
        ]
        assert [stranger.post(path, json={}).status_code for path in changes] == [HTTPStatus.FORBIDDEN] * len(changes)
        # Prefect checks no Host: it is the login alone that is missing.
        name, _, word = rekey.places.login().partition(":")
        assert stranger.get(reads[0], auth=(name, word)).status_code == HTTPStatus.OK

    assert standing(rekey, paused) == before


def test_the_browser_keeps_the_login(prefect_pages: Prefect, rekey: Rekey) -> None:
    """Whoever runs a script within Prefect's pages reads it; docs/threat-model.md says what helps."""
    prefect_pages.page.goto(f"{prefect_pages.url}/deployments")
    kept = prefect_pages.page.evaluate("localStorage.getItem('prefect-password')")
    assert b64decode(kept).decode() == rekey.places.login()


@pytest.mark.long
def test_the_same_page_reads_starts_and_deletes_where_prefect_has_no_door(
    tmp_path: Path, browser: Browser, somebody_else: Page
) -> None:
    """What the door is for: Prefect as it starts by itself. And that the page would be noticed."""
    with LocalPrefect(Places.made(tmp_path / "home"), free_port(), OPEN) as local:
        local.start_server()
        api_url = local.environment["PREFECT_API_URL"]
        with httpx.Client(base_url=api_url, trust_env=False, timeout=PREFECT_TIMEOUT_S) as api:
            flow = api.post("/flows/", json={"name": "rotate"}).json()["id"]
            deployment = api.post("/deployments/", json={"name": "alpaca-paper", "flow_id": flow}).json()["id"]
            run = api.post("/flow_runs/", json={"flow_id": flow, "state": {"type": "PENDING"}}).json()["id"]

            with chromium.window(browser) as window:
                told = somebody_else.tries(window, api_url, deployment, run)

            found = api.post("/flow_runs/filter", json={}).json()
    assert told["run"].startswith("200 ")
    assert told["events"] == '{"type":"auth_success"}'
    states = {one["id"]: (one["deployment_id"], one["state_type"]) for one in found}
    # Deleted, after it was cancelled: by default Prefect lets pages of every origin do that, too.
    assert told["deleted"] == HTTPStatus.NO_CONTENT
    assert list(states.values()) == [(deployment, "SCHEDULED")]
