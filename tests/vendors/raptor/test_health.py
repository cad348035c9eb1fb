"""What the application says of its brake: only a strict true or false counts."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.answer import Answer
from blocks.runtimes.raptor import RaptorClient
from deployments.sandbox.faults import FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.vendors.raptor.scene import APP, SHORT_S, Scene


def test_live_enabled_follows_the_brake(scene: Scene, client: RaptorClient) -> None:
    assert client.trading_health().answer is Answer.YES
    scene.heroku.set_by_hand(APP, KILL_SWITCH, "1")
    assert client.trading_health().answer is Answer.NO


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"live_enabled": None}),
        (200, {"live_enabled": "false"}),
        (200, {"live_enabled": 0}),
        (200, {}),
        (200, [False]),
        (200, "<html></html>"),
        (302, "https://login.example.com/"),
        (401, {"error": "unauthorized"}),
        (403, {"live_enabled": False}),
        (404, {"live_enabled": False}),
        (429, {}),
        (500, {"live_enabled": False}),
        (503, "<html></html>"),
    ],
)
def test_health_is_unknown_unless_it_says_a_strict_true_or_false(
    scene: Scene, client: RaptorClient, status: int, body: Any
) -> None:
    scene.raptor.knobs.health_answer = (status, body)
    health = client.trading_health()
    assert health.answer is Answer.UNKNOWN
    assert "Raptor" in health.reason


def test_unreachable_health_is_unknown(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_BEFORE)
    assert client.trading_health().answer is Answer.UNKNOWN
    scene.fault(FaultKind.HANG)
    with scene.client(read_timeout_s=SHORT_S) as impatient:
        health = impatient.trading_health()
    assert health.answer is Answer.UNKNOWN
    assert "no answer in time" in health.reason
