from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from deployments.sandbox import made_up
from deployments.sandbox.alpaca import AlpacaSandbox
from deployments.sandbox.alpaca_account import SandboxAccount
from deployments.sandbox.alpaca_state import AlpacaKnobs
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku import HerokuSandbox
from deployments.sandbox.heroku_apps import HerokuKnobs
from deployments.sandbox.raptor import KILL_SWITCH, RaptorKnobs, RaptorSandbox
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
class Estate:
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
def estate(served: tuple[AlpacaSandbox, HerokuSandbox, RaptorSandbox, SandboxServer]) -> Iterator[Estate]:
    alpaca, heroku, raptor, server = served
    raptor.knobs = RaptorKnobs()
    heroku.add_app(APP, {KILL_SWITCH: "0"}).knobs = HerokuKnobs()
    for field in AlpacaKnobs.__dataclass_fields__:
        setattr(alpaca.knobs, field, getattr(AlpacaKnobs(), field))
    paper, live = alpaca.add_account("paper"), alpaca.add_account("live")
    estate = Estate(alpaca, heroku, raptor, server, paper, live)
    estate.install(paper, PAPER)
    estate.install(live, LIVE)
    yield estate
    server.plan.clear()
    alpaca.delete_account(paper)
    alpaca.delete_account(live)


def curl(estate: Estate, *arguments: str) -> str:
    """The SOP's line with only the host replaced."""
    local = [argument.replace(SOP_HOST, estate.server.url("raptor")) for argument in arguments]
    line = ["curl", "-s", "--noproxy", "*", *local]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=30).stdout


def test_the_sop_reads_alpaca_status(estate: Estate) -> None:
    assert json.loads(curl(estate, f"{SOP_HOST}/api/trading/account"))["alpaca_status"] == "ACTIVE"


def test_the_sop_reads_status_and_account_number_of_the_live_account(estate: Estate) -> None:
    answer = json.loads(curl(estate, f"{SOP_HOST}/api/trading/account?mode=live"))
    assert (answer["status"], answer["account_number"]) == ("ACTIVE", estate.live.number)


def test_the_sop_places_a_paper_market_order_that_alpaca_shows(estate: Estate) -> None:
    body = json.dumps(SOP_PAPER_ORDER)
    header = "Content-Type: application/json"
    answer = json.loads(curl(estate, "-X", "POST", "-H", header, "-d", body, f"{SOP_HOST}/api/trading/orders"))
    assert [order.id for order in estate.paper.orders] == [answer["id"]]
    assert estate.live.orders == []


def test_the_sop_places_and_cancels_a_live_limit_order(estate: Estate) -> None:
    body = json.dumps(SOP_LIVE_ORDER)
    header = "Content-Type: application/json"
    answer = json.loads(curl(estate, "-X", "POST", "-H", header, "-d", body, f"{SOP_HOST}/api/trading/orders"))
    path = f"{SOP_HOST}/api/trading/orders/{answer['id']}?mode=live"
    assert curl(estate, "-X", "DELETE", "-o", "/dev/null", "-w", "%{http_code}", path) == "204"
    assert [order.status for order in estate.live.orders] == ["canceled"]


def test_the_sop_reads_the_brake(estate: Estate) -> None:
    assert json.loads(curl(estate, f"{SOP_HOST}/health/trading"))["live_enabled"] is True
    estate.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert json.loads(curl(estate, f"{SOP_HOST}/health/trading"))["live_enabled"] is False


def test_health_says_ok_while_a_dyno_is_up(estate: Estate) -> None:
    assert estate.ask("/health").json() == {"status": "ok"}


def test_a_dead_key_breaks_it_until_the_new_one_runs(estate: Estate) -> None:
    new = estate.paper.regenerate()
    broken = estate.ask("/api/trading/account")
    assert (broken.status_code, broken.json()) == (502, {"error": "alpaca_unauthorized"})
    for name, value in zip(PAPER, new, strict=True):
        estate.heroku.set_by_hand(APP, name, value)
    assert estate.ask("/api/trading/account").json()["account_number"] == estate.paper.number


def test_a_legacy_refusal_is_recognized(estate: Estate) -> None:
    estate.alpaca.knobs.legacy_auth_errors = True
    estate.paper.regenerate()
    assert estate.ask("/api/trading/account").json() == {"error": "alpaca_unauthorized"}


def test_a_config_change_counts_only_when_its_dyno_serves(estate: Estate) -> None:
    estate.heroku.apps[APP].knobs.boot_delay_s = 3600
    estate.install(estate.paper, PAPER)
    assert estate.ask("/api/trading/account").status_code == 502


def test_a_wrong_variable_name_breaks_it(estate: Estate) -> None:
    estate.heroku.set_by_hand(APP, "ALPACA_PAPER_API_KEY", estate.heroku.variables(APP)[PAPER[0]])
    estate.heroku.set_by_hand(APP, PAPER[0], None)
    broken = estate.ask("/api/trading/account")
    assert (broken.status_code, broken.json()) == (503, {"error": "not_configured"})


def test_the_other_environments_pair_breaks_it(estate: Estate) -> None:
    for name, value in zip(LIVE, estate.paper.regenerate(), strict=True):
        estate.heroku.set_by_hand(APP, name, value)
    assert estate.ask("/api/trading/account", params={"mode": "live"}).json() == {"error": "alpaca_unauthorized"}


def test_it_may_look_for_other_names(estate: Estate) -> None:
    names: Any = {"paper": ("ALPACA_PAPER_API_KEY", "ALPACA_PAPER_SECRET"), "live": LIVE}
    other = RaptorSandbox(APP, estate.heroku, {"paper": estate.server.url("paper"), "live": ""}, names=names)
    server = SandboxServer({"other": other.app()})
    server.start()
    try:
        url = f"{server.url('other')}/api/trading/account"
        assert httpx.get(url, trust_env=False).json() == {"error": "not_configured"}
        estate.install(estate.paper, names["paper"])
        assert httpx.get(url, trust_env=False).json()["account_number"] == estate.paper.number
    finally:
        server.stop()


@pytest.mark.parametrize("path", ["/health", "/health/trading", "/api/trading/account"])
def test_with_no_dyno_up_the_router_answers_html_503(estate: Estate, path: str) -> None:
    estate.heroku.apps[APP].types = {"web": 0}
    answer = estate.ask(path)
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")


def test_live_is_not_enabled_without_live_variables(estate: Estate) -> None:
    estate.heroku.set_by_hand(APP, LIVE[1], None)
    assert estate.ask("/health/trading").json()["live_enabled"] is False


def test_the_kill_switch_refuses_live_orders_and_lets_paper_ones_through(estate: Estate) -> None:
    estate.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    refused = estate.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER)
    assert (refused.status_code, refused.json()) == (403, {"error": "trading_disabled"})
    assert estate.ask("/api/trading/orders", "POST", json=SOP_PAPER_ORDER).is_success
    assert estate.live.orders == []


def test_the_kill_switch_may_let_live_orders_through(estate: Estate) -> None:
    estate.raptor.knobs.kill_switch_blocks_orders = False
    estate.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert estate.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER).is_success


def test_alpacas_business_refusals_pass_with_status_and_code(estate: Estate) -> None:
    too_much = {**SOP_LIVE_ORDER, "qty": 1_000_000, "limit_price": "230"}
    refused = estate.ask("/api/trading/orders", "POST", json=too_much)
    assert (refused.status_code, refused.json()["code"]) == (403, 40310000)
    estate.alpaca.knobs.order_price_check = True
    refused = estate.ask("/api/trading/orders", "POST", json=SOP_LIVE_ORDER)
    assert refused.status_code == 422
    assert str(refused.json()["code"]).startswith("422")


def test_an_unknown_order_is_not_found(estate: Estate) -> None:
    missing = estate.ask(f"/api/trading/orders/{made_up.identifier()}", "DELETE", params={"mode": "live"})
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
def test_alpaca_in_trouble_is_a_bad_gateway(estate: Estate, fault: Fault, error: str) -> None:
    estate.server.plan.add(fault)
    answer = estate.ask("/api/trading/account")
    assert (answer.status_code, answer.json()) == (502, {"error": error})


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"mode": "both"}'])
def test_a_bad_order_is_a_bad_request(estate: Estate, content: bytes) -> None:
    assert estate.ask("/api/trading/orders", "POST", content=content).status_code == 400


def test_a_token_is_asked_for_below_api_only(estate: Estate) -> None:
    token = made_up.token("raptor-")
    estate.raptor.knobs.token = token
    refused = estate.ask("/api/trading/account")
    assert (refused.status_code, refused.json()) == (401, {"error": "unauthorized"})
    assert estate.ask("/api/trading/account", headers={"Authorization": f"Bearer {token}"}).is_success
    assert estate.ask("/health/trading").is_success


def test_stale_health_repeats_what_it_said_last(estate: Estate) -> None:
    assert estate.ask("/health/trading").json()["live_enabled"] is True
    estate.raptor.knobs.stale_health = True
    estate.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert estate.ask("/health/trading").json()["live_enabled"] is True
    estate.raptor.knobs.stale_health = False
    assert estate.ask("/health/trading").json()["live_enabled"] is False


def test_health_and_account_may_answer_anything(estate: Estate) -> None:
    estate.raptor.knobs.health_answer = (302, "https://login.example.com/")
    estate.raptor.knobs.account_answer = (200, "<html></html>")
    assert estate.ask("/health/trading").headers["Location"] == "https://login.example.com/"
    assert estate.ask("/api/trading/account").headers["Content-Type"].startswith("text/html")
