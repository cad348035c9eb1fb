"""A switch that the catalog declares: read strictly, read back, and never released by what is not clear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.logging import disable_run_logger
from pydantic import ValidationError

from blocks.brakes.http.switch import HttpBrake
from blocks.brakes.interface import SOMETHING_ELSE
from blocks.consumers.heroku.app import HerokuConsumer
from blocks.errors import LedgerError, Refused, StepError, Unclear
from blocks.model import containment
from blocks.prefect_api.block_cache import CACHE
from blocks.wire import permission
from deployments.kit.shipped import clusters
from deployments.kit.stands import BrakeStand
from deployments.sandbox.faults import FaultKind
from tests.vendors.silence import assert_silent

FIELDS: dict[str, Any] = {
    "kind": "http",
    "app": "desk",
    "switch": "flags",
    "path": "/flags/trading",
    "engage": {"enabled": False},
    "release": {"enabled": True},
    "runtime": "http-json/desk",
}


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[BrakeStand]:
    monkeypatch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
    with clusters.http_brake() as stand, CACHE.afresh(), disable_run_logger():
        for document, block in stand.blocks:
            CACHE.get(type(block), document, lambda *_, one=block: one)
        yield stand


def set_it(stand: BrakeStand, *, engaged: bool) -> str:
    return stand.brake.set(engaged=engaged, timeout_s=0.3, on_change=lambda: None).told


def test_it_is_set_read_back_and_set_no_second_time(stand: BrakeStand) -> None:
    assert set_it(stand, engaged=True) == "false, read back"
    assert set_it(stand, engaged=True) == "false already"
    assert set_it(stand, engaged=False) == "true, read back"
    assert [one.method for one in stand.asked].count("PUT") == 2


@pytest.mark.parametrize("value", ["true", "released", 1, "on"])
def test_what_only_looks_like_released_is_not(stand: BrakeStand, value: Any) -> None:
    stand.turn(value)

    assert stand.brake.position().is_engaged
    assert stand.brake.position().told == SOMETHING_ELSE


@pytest.mark.parametrize("body", [{"other": True}, {"enabled": None}, {"enabled": {"now": True}}, [True]])
def test_an_answer_without_a_value_says_nothing(stand: BrakeStand, body: Any) -> None:
    stand.goes_wrong(FaultKind.ANSWER, "GET", status=200, body=body)

    with pytest.raises(Unclear, match="no enabled in the answer"):
        stand.brake.position()


def test_a_service_that_takes_it_and_does_not_do_it_is_told(stand: BrakeStand) -> None:
    stand.goes_wrong(FaultKind.ANSWER, "PUT", status=200, body={"enabled": False})

    with pytest.raises(StepError, match=r"took the request and does not read enabled false after it \(no\)"):
        set_it(stand, engaged=True)


def test_a_token_that_is_refused_names_the_block(stand: BrakeStand) -> None:
    stand.goes_wrong(FaultKind.ANSWER, status=401)

    with pytest.raises(Refused) as refused:
        stand.brake.position()

    assert "the token in the HTTP switch block (Prefect UI, Blocks)" in refused.value.remedy
    assert_silent(refused.value)


def test_it_is_stopped_and_not_released_while_nobody_knows_whether_this_run_may(stand: BrakeStand) -> None:
    def away() -> None:
        raise LedgerError("The ledger is away.", "Wait.", transient=True)

    with permission.asked(away):
        set_it(stand, engaged=True)
        with pytest.raises(LedgerError):
            set_it(stand, engaged=False)

    assert stand.is_engaged()


def test_it_stops_the_application_that_it_names_on_its_platform() -> None:
    consumer = HerokuConsumer(kind="heroku", app="desk", names={"token": "TOKEN"})

    assert HttpBrake(**FIELDS).stops(consumer)
    assert not HttpBrake(**FIELDS, runs_on="kubernetes").stops(consumer)
    assert containment.written(HttpBrake, FIELDS) == ("heroku", "desk")
    assert containment.written(HttpBrake, {**FIELDS, "runs_on": "kubernetes"}) == ("kubernetes", "desk")


@pytest.mark.parametrize("same", [{"engaged": True}, {"engage": {"enabled": True}}])
def test_both_positions_differ(same: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="need two different values"):
        HttpBrake(**{**FIELDS, **same})
