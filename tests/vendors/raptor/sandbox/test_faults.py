"""A Raptor in trouble: what it answers, and what passes through."""

from __future__ import annotations

import pytest

from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.vendors.raptor.sandbox.scene import SOP_LIVE_ORDER, SOP_PAPER_ORDER, Scene
from tests.vendors.raptor.scene import APP


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
