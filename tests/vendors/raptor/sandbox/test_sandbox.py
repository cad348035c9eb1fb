from __future__ import annotations

import json
import subprocess
from typing import Any

import httpx
import pytest

from deployments.sandbox.raptor.app import KILL_SWITCH, RaptorSandbox
from deployments.sandbox.server import SandboxServer
from tests.vendors.raptor.sandbox.scene import SOP_LIVE_ORDER, SOP_PAPER_ORDER, Scene
from tests.vendors.raptor.scene import APP, LIVE, PAPER

SOP_HOST = "https://api.raxx.app"


def curl(scene: Scene, *arguments: str) -> str:
    """A line of the operating procedure (SOP) with only the host replaced."""
    local = [argument.replace(SOP_HOST, scene.server.url("raptor")) for argument in arguments]
    line = ["curl", "-s", "--noproxy", "*", *local]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=30).stdout


def test_the_sop_reads_alpaca_status(scene: Scene) -> None:
    assert json.loads(curl(scene, f"{SOP_HOST}/api/trading/account"))["alpaca_status"] == "ACTIVE"


def test_the_sop_reads_status_and_account_number_of_the_live_account(scene: Scene) -> None:
    answer = json.loads(curl(scene, f"{SOP_HOST}/api/trading/account?mode=live"))
    assert (answer["status"], answer["account_number"]) == ("ACTIVE", scene.live.number)


def test_the_sop_places_a_paper_market_order_that_alpaca_shows(scene: Scene) -> None:
    body = json.dumps(SOP_PAPER_ORDER)
    header = "Content-Type: application/json"
    answer = json.loads(curl(scene, "-X", "POST", "-H", header, "-d", body, f"{SOP_HOST}/api/trading/orders"))
    assert [order.id for order in scene.paper.orders] == [answer["id"]]
    assert scene.live.orders == []


def test_the_sop_places_and_cancels_a_live_limit_order(scene: Scene) -> None:
    body = json.dumps(SOP_LIVE_ORDER)
    header = "Content-Type: application/json"
    answer = json.loads(curl(scene, "-X", "POST", "-H", header, "-d", body, f"{SOP_HOST}/api/trading/orders"))
    path = f"{SOP_HOST}/api/trading/orders/{answer['id']}?mode=live"
    assert curl(scene, "-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}", path) == "204"
    assert [order.status for order in scene.live.orders] == ["canceled"]


def test_the_sop_reads_the_brake(scene: Scene) -> None:
    assert json.loads(curl(scene, f"{SOP_HOST}/health/trading"))["live_enabled"] is True
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert json.loads(curl(scene, f"{SOP_HOST}/health/trading"))["live_enabled"] is False


def test_health_says_ok_while_a_dyno_is_up(scene: Scene) -> None:
    assert scene.ask("/health").json() == {"status": "ok"}


def test_a_dead_key_breaks_it_until_the_new_one_runs(scene: Scene) -> None:
    new = scene.paper.regenerate()
    broken = scene.ask("/api/trading/account")
    assert (broken.status_code, broken.json()) == (502, {"error": "alpaca_unauthorized"})
    for name, value in zip(PAPER, new, strict=True):
        scene.heroku.set_by_hand(APP, name, value)
    assert scene.ask("/api/trading/account").json()["account_number"] == scene.paper.number


def test_a_legacy_refusal_is_recognized(scene: Scene) -> None:
    scene.alpaca.knobs.legacy_auth_errors = True
    scene.paper.regenerate()
    assert scene.ask("/api/trading/account").json() == {"error": "alpaca_unauthorized"}


def test_a_config_change_counts_only_when_its_dyno_serves(scene: Scene) -> None:
    scene.heroku.apps[APP].knobs.boot_delay_s = 3600
    scene.install(scene.paper, PAPER)
    assert scene.ask("/api/trading/account").status_code == 502


def test_an_app_that_was_renamed_is_not_found_by_its_old_name(scene: Scene) -> None:
    scene.heroku.apps["renamed"] = scene.heroku.apps.pop(APP)
    try:
        gone = scene.ask("/health")
    finally:
        scene.heroku.apps[APP] = scene.heroku.apps.pop("renamed")
    assert (gone.status_code, "No such app" in gone.text) == (404, True)
    assert scene.ask("/health").status_code == 200


def test_a_wrong_variable_name_breaks_it(scene: Scene) -> None:
    scene.heroku.set_by_hand(APP, "ALPACA_PAPER_API_KEY", scene.heroku.variables(APP)[PAPER[0]])
    scene.heroku.set_by_hand(APP, PAPER[0], None)
    broken = scene.ask("/api/trading/account")
    assert (broken.status_code, broken.json()) == (503, {"error": "not_configured"})


def test_the_other_environments_pair_breaks_it(scene: Scene) -> None:
    for name, value in zip(LIVE, scene.paper.regenerate(), strict=True):
        scene.heroku.set_by_hand(APP, name, value)
    assert scene.ask("/api/trading/account", params={"mode": "live"}).json() == {"error": "alpaca_unauthorized"}


def test_it_may_look_for_other_names(scene: Scene) -> None:
    names: Any = {"paper": ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET"), "live": LIVE}
    other = RaptorSandbox(APP, scene.heroku, {"paper": scene.server.url("paper"), "live": ""}, names=names)
    server = SandboxServer({"other": other.app()})
    server.start()
    try:
        url = f"{server.url('other')}/api/trading/account"
        assert httpx.get(url, trust_env=False).json() == {"error": "not_configured"}
        scene.install(scene.paper, names["paper"])
        assert httpx.get(url, trust_env=False).json()["account_number"] == scene.paper.number
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/health", "/health/trading", "/api/trading/account"])
def test_with_no_dyno_up_the_router_answers_html_503(scene: Scene, path: str) -> None:
    scene.heroku.apps[APP].types = {"web": 0}
    answer = scene.ask(path)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")


def test_live_is_not_enabled_without_live_variables(scene: Scene) -> None:
    scene.heroku.set_by_hand(APP, LIVE[1], None)
    assert scene.ask("/health/trading").json()["live_enabled"] is False
