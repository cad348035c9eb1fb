from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.alpaca.state import AlpacaKnobs
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.releases import HerokuKnobs
from deployments.sandbox.raptor.app import KILL_SWITCH, RaptorKnobs, RaptorSandbox
from deployments.sandbox.server import SandboxServer

APP = "raxx-api-prod"
SOP_HOST = "https://api.raxx.app"
PAPER = ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY")
LIVE = ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY")
SOP_PAPER_ORDER = {
    "symbol": "AAPL",
    "qty": 1,
    "side": "buy",
    "type": "market",
    "time_in_force": "day",
    "mode": "paper",
}
SOP_LIVE_ORDER = {**SOP_PAPER_ORDER, "type": "limit", "limit_price": "1.00", "mode": "live"}


@dataclass(frozen=True)
class Scene:
    """Alpaca, Heroku and a Raptor that runs there with both pairs."""

    alpaca: AlpacaSandbox
    heroku: HerokuSandbox
    raptor: RaptorSandbox
    server: SandboxServer
    paper: SandboxAccount
    live: SandboxAccount

    def ask(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """A request to Raptor."""
        return httpx.request(method, self.server.url("raptor") + path, trust_env=False, timeout=10, **more)

    def install(self, account: SandboxAccount, names: tuple[str, str]) -> None:
        """Regenerate the account's pair and give it to the app."""
        for name, value in zip(names, account.regenerate(), strict=True):
            self.heroku.set_by_hand(APP, name, value)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]]:
    alpaca, heroku = AlpacaSandbox(), HerokuSandbox()
    urls: dict[Any, str] = {}
    raptor = RaptorSandbox(APP, heroku, urls)
    server = SandboxServer({"paper": alpaca.host("paper"), "live": alpaca.host("live"), "raptor": raptor.app()})
    urls.update({"paper": server.url("paper"), "live": server.url("live")})
    server.start()
    yield alpaca, heroku, raptor, server
    server.stop()


@pytest.fixture
def scene(served: tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]) -> Iterator[Scene]:
    alpaca, heroku, raptor, server = served
    raptor.knobs = RaptorKnobs()
    heroku.add_app(APP, {KILL_SWITCH: "0"}).knobs = HerokuKnobs()
    for field in AlpacaKnobs.__dataclass_fields__:
        setattr(alpaca.knobs, field, getattr(AlpacaKnobs(), field))
    paper, live = alpaca.add_account("paper"), alpaca.add_account("live")
    scene = Scene(alpaca, heroku, raptor, server, paper, live)
    scene.install(paper, PAPER)
    scene.install(live, LIVE)
    yield scene
    server.plan.clear()
    alpaca.delete_account(paper)
    alpaca.delete_account(live)


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


def test_the_kill_switch_refuses_live_orders_and_lets_paper_ones_through(scene: Scene) -> None:
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    refused = scene.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER)
    assert (refused.status_code, refused.json()) == (403, {"error": "trading_disabled"})
    assert scene.ask("/api/trading/orders", "POST", json=SOP_PAPER_ORDER).is_success
    assert scene.live.orders == []


def test_the_kill_switch_may_let_live_orders_through(scene: Scene) -> None:
    scene.raptor.knobs.kill_switch_blocks_orders = False
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert scene.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER).is_success


def test_alpacas_business_refusals_pass_with_status_and_code(scene: Scene) -> None:
    too_much = {**SOP_LIVE_ORDER, "qty": 1_000_000, "limit_price": "230"}
    refused = scene.ask("/api/trading/orders", "POST", json=too_much)
    assert (refused.status_code, refused.json()["code"]) == (403, 40310000)
    scene.alpaca.knobs.order_price_check = True
    refused = scene.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER)
    assert refused.status_code == 422
    assert str(refused.json()["code"]).startswith("422")


def test_an_unknown_order_is_not_found(scene: Scene) -> None:
    missing = scene.ask(f"/api/trading/orders/{made_up.identifier()}", "DELETE", params={"mode": "live"})
    assert (missing.status_code, missing.json()["code"]) == (404, 40410000)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("paper", FaultKind.ANSWER, status=500), "alpaca_error"),
        (Fault("paper", FaultKind.HTML, status=200), "alpaca_error"),
        (Fault("paper", FaultKind.ANSWER, status=200, body={"status": "ACTIVE"}), "alpaca_error"),
        (Fault("paper", FaultKind.DROP_BEFORE), "alpaca_unreachable"),
    ],
    ids=["500", "html", "no number", "drop"],
)
def test_alpaca_in_trouble_is_a_bad_gateway(scene: Scene, fault: Fault, error: str) -> None:
    scene.server.plan.add(fault)
    answer = scene.ask("/api/trading/account")
    assert (answer.status_code, answer.json()) == (502, {"error": error})


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"mode": "both"}'])
def test_a_bad_order_is_a_bad_request(scene: Scene, content: bytes) -> None:
    assert scene.ask("/api/trading/orders", "POST", content=content).status_code == 400


def test_a_token_is_asked_for_below_api_only(scene: Scene) -> None:
    token = made_up.token("raptor-")
    scene.raptor.knobs.token = token
    refused = scene.ask("/api/trading/account")
    assert (refused.status_code, refused.json()) == (401, {"error": "unauthorized"})
    assert scene.ask("/api/trading/account", headers={"Authorization": f"Bearer {token}"}).is_success
    assert scene.ask("/health/trading").is_success


def test_stale_health_repeats_what_it_said_last(scene: Scene) -> None:
    assert scene.ask("/health/trading").json()["live_enabled"] is True
    scene.raptor.knobs.stale_health = True
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert scene.ask("/health/trading").json()["live_enabled"] is True
    scene.raptor.knobs.stale_health = False
    assert scene.ask("/health/trading").json()["live_enabled"] is False


def test_health_and_account_may_answer_anything(scene: Scene) -> None:
    scene.raptor.knobs.health_answer = (302, "https://login.example.com/")
    scene.raptor.knobs.account_answer = (200, "<html></html>")
    assert scene.ask("/health/trading").headers["Location"] == "https://login.example.com/"
    assert scene.ask("/api/trading/account").headers["Content-Type"].startswith("text/html")


def test_the_client_order_id_may_be_dropped_as_the_sop_knows_none(scene: Scene) -> None:
    scene.raptor.knobs.forwards_client_order_id = False
    scene.ask("/api/trading/orders", "POST", json={**SOP_PAPER_ORDER, "client_order_id": "rekey-1"})
    assert scene.paper.orders[0].client_order_id != "rekey-1"
