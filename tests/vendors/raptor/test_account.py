"""Whose account the application trades in, and what is no answer to that."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.answer import Answer
from blocks.errors import Refused, Unclear
from blocks.runtimes.raptor import RaptorClient
from blocks.runtimes.raptor_errors import ALPACA_REFUSES
from deployments.sandbox import made_up
from deployments.sandbox.faults import FaultKind
from tests.vendors.raptor.scene import APP, SHORT_S, Scene
from tests.vendors.silence import assert_silent


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_running_account_is_the_one_whose_pair_runs(scene: Scene, client: RaptorClient, mode: Any) -> None:
    account = client.identity(mode)
    assert account.status == "ACTIVE"
    assert account.account_number == {"paper": scene.paper, "live": scene.live}[mode].number


@pytest.mark.parametrize(
    ("body", "status", "number"),
    [
        ({"alpaca_status": "ACTIVE"}, "ACTIVE", None),
        ({"status": "ACTIVE", "account_number": "PA1"}, "ACTIVE", "PA1"),
        ({"status": "ok", "alpaca_status": "ACTION_REQUIRED", "account_number": None}, "ACTION_REQUIRED", None),
    ],
)
def test_both_spellings_of_the_status_are_read(
    scene: Scene, client: RaptorClient, body: Any, status: str, number: str | None
) -> None:
    scene.says(200, body)
    account = client.identity("paper")
    assert (account.status, account.account_number) == (status, number)


@pytest.mark.parametrize("body", [{}, [], {"status": None}, {"status": 1}, {"status": "ACTIVE", "account_number": 1}])
def test_a_missing_status_is_unclear(scene: Scene, client: RaptorClient, body: Any) -> None:
    scene.says(200, body)
    with pytest.raises(Unclear, match="no account status"):
        client.identity("paper")
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN


def test_it_answers_with_the_account_whose_pair_runs_and_with_no_other(scene: Scene, client: RaptorClient) -> None:
    assert client.answers_with("paper", scene.paper.number) is Answer.YES
    assert client.answers_with("live", scene.live.number) is Answer.YES
    assert client.answers_with("paper", scene.live.number) is Answer.NO


def test_keys_that_alpaca_refuses_are_a_no(scene: Scene, client: RaptorClient) -> None:
    scene.paper.regenerate()
    assert client.answers_with("paper", scene.paper.number) is Answer.NO
    with pytest.raises(Unclear, match="config vars") as caught:
        client.identity("paper")
    assert caught.value.code == ALPACA_REFUSES


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, {"status": "ACCOUNT_CLOSED", "account_number": "PA1"}, Answer.NO),
        (200, {"alpaca_status": "INACTIVE"}, Answer.NO),
        (200, {"status": "ACTIVE", "account_number": "PA2"}, Answer.NO),
        (401, {"code": 40110000, "message": "request is not authorized"}, Answer.NO),
        (200, {"status": "BRAND_NEW_STATUS", "account_number": "PA1"}, Answer.UNKNOWN),
        (200, {"status": "ACTIVE"}, Answer.UNKNOWN),
        (200, {"status": "ACTIVE", "account_number": ""}, Answer.UNKNOWN),
        (200, {"status": "active", "account_number": "PA1"}, Answer.UNKNOWN),
        (200, "<html></html>", Answer.UNKNOWN),
        (302, "https://login.example.com/", Answer.UNKNOWN),
        (403, "<html>login</html>", Answer.UNKNOWN),
        (429, {"error": "slow down"}, Answer.UNKNOWN),
        (500, {}, Answer.UNKNOWN),
        (502, {"error": "alpaca_unreachable"}, Answer.UNKNOWN),
        (503, {"error": "not_configured"}, Answer.UNKNOWN),
        (503, "<html></html>", Answer.UNKNOWN),
    ],
)
def test_every_answer_of_the_account_page_has_its_value(
    scene: Scene, client: RaptorClient, status: int, body: Any, answer: Answer
) -> None:
    scene.says(status, body)
    assert client.answers_with("paper", "PA1") is answer


def test_no_dyno_a_drop_and_a_hang_are_unknown(scene: Scene, client: RaptorClient) -> None:
    scene.fault(FaultKind.DROP_BEFORE)
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN
    scene.fault(FaultKind.HANG)
    with scene.client(read_timeout_s=SHORT_S) as impatient:
        assert impatient.answers_with("paper", scene.paper.number) is Answer.UNKNOWN
    scene.heroku.apps[APP].types = {"web": 0}
    assert client.answers_with("paper", scene.paper.number) is Answer.UNKNOWN


def test_a_token_that_raptor_asks_for_goes_along(scene: Scene, client: RaptorClient) -> None:
    token = made_up.token("raptor-")
    scene.raptor.knobs.token = token
    with scene.client(token) as knowing:
        assert knowing.answers_with("paper", scene.paper.number) is Answer.YES
    with pytest.raises(Refused, match="Raptor block") as caught:
        client.answers_with("paper", scene.paper.number)
    assert_silent(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "transient"),
    [
        (500, {}, True),
        (503, "<html></html>", True),
        (302, "https://login.example.com/", False),
        (200, "<html></html>", True),
        (200, {}, False),
    ],
)
def test_what_the_teams_own_application_does_not_say_is_in_its_log_and_on_no_status_page(
    scene: Scene, client: RaptorClient, status: int, body: Any, transient: bool
) -> None:
    scene.says(status, body)
    with pytest.raises(Unclear) as caught:
        client.identity("paper")
    assert caught.value.remedy.startswith("Look at this application's own log")
    assert caught.value.transient is transient
