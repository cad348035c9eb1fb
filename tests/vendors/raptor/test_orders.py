"""A check order through the application: placed, refused, cancelled, and found again."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.errors import Missing, Refused, Rejected, Unclear, Unreachable, VendorError
from blocks.runtimes.raptor import RaptorClient
from blocks.runtimes.raptor_errors import ALPACA_REFUSES, TRADING_DISABLED
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.vendors.raptor.scene import APP, FAR_ORDER, Scene


def test_an_order_is_placed_at_alpaca_under_its_client_order_id_and_cancelled(
    scene: Scene, client: RaptorClient
) -> None:
    placed = client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-1")
    (order,) = scene.live.orders
    assert (order.id, order.client_order_id, order.status) == (placed.order_id, "rekey-1", "accepted")
    client.cancel_order(placed.order_id, "live")
    assert order.status == "canceled"
    assert scene.paper.orders == []


def test_the_order_id_may_be_called_order_id(scene: Scene, client: RaptorClient) -> None:
    scene.raptor.knobs.order_id_field = "order_id"
    placed = client.place_order(FAR_ORDER, mode="paper", client_order_id="rekey-2")
    assert [order.id for order in scene.paper.orders] == [placed.order_id]


def test_an_answer_without_an_order_id_is_unclear(scene: Scene, client: RaptorClient) -> None:
    scene.raptor.knobs.order_id_field = "reference"
    with pytest.raises(Unclear, match="no order id"):
        client.place_order(FAR_ORDER, mode="paper", client_order_id="rekey-3")


def test_the_brakes_refusal_is_a_rejection_with_its_word(scene: Scene, client: RaptorClient) -> None:
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    with pytest.raises(Rejected) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-4")
    assert (caught.value.status, caught.value.code) == (403, TRADING_DISABLED)
    assert not caught.value.transient


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({**FAR_ORDER, "qty": 1_000_000, "limit_price": "230"}, 403, "40310000"),
        ({**FAR_ORDER, "limit_price": "-1"}, 422, "40010001"),
    ],
)
def test_alpacas_business_refusals_are_rejections_with_its_number(
    client: RaptorClient, order: dict[str, Any], status: int, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        client.place_order(order, mode="live", client_order_id="rekey-5")
    assert (caught.value.status, caught.value.code) == (status, code)


def test_a_price_too_far_away_is_a_rejection_with_a_number(scene: Scene, client: RaptorClient) -> None:
    scene.alpaca.knobs.order_price_check = True
    with pytest.raises(Rejected) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-6")
    assert caught.value.code is not None
    assert caught.value.code.startswith("422")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "unauthorized"}),
        (401, {"error": "trading_disabled"}),
        (403, {"error": "forbidden"}),
        (403, {}),
        (403, {"code": 40110000}),
        (403, {"code": 403}),
        (403, {"code": 40300000000}),
        (403, {"code": "42210000"}),
    ],
)
def test_a_refusal_that_is_not_about_the_order_never_looks_like_a_business_one(
    scene: Scene, client: RaptorClient, status: int, body: Any
) -> None:
    scene.fault(FaultKind.ANSWER, status=status, body=body)
    with pytest.raises(Refused):
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-7")


def test_keys_that_alpaca_refuses_are_no_business_refusal(scene: Scene, client: RaptorClient) -> None:
    scene.live.regenerate()
    with pytest.raises(Unclear) as caught:
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-8")
    assert caught.value.code == ALPACA_REFUSES


def test_cancelling_what_is_final_or_unknown_is_told_apart(scene: Scene, client: RaptorClient) -> None:
    placed = client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-9")
    client.cancel_order(placed.order_id, "live")
    assert scene.live.orders[0].status == "canceled"
    scene.live.orders[0].close("filled", "filled_at")
    with pytest.raises(Rejected):
        client.cancel_order(placed.order_id, "live")
    with pytest.raises(Missing):
        client.cancel_order(made_up.identifier(), "live")


def test_an_order_id_cannot_reach_another_path(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.ANSWER, method="DELETE", path="/health/trading", status=204)
    with pytest.raises(VendorError):
        client.cancel_order("../../../health/trading", "live")


def test_after_a_dropped_answer_the_order_can_be_found_at_alpaca(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_AFTER, method="POST")
    with pytest.raises(Unreachable):
        client.place_order(FAR_ORDER, mode="live", client_order_id="rekey-10")
    assert [order.client_order_id for order in scene.live.orders] == ["rekey-10"]
