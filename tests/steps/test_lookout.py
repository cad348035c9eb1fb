"""While a form waits: nothing that is down or hangs hides a death, and what is none is told as none."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from blocks.issuers.alpaca.session import REFUSALS
from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.prefect_api.recording import open_ledger
from deployments.sandbox.faults import Fault, FaultKind
from tasks.run.one_at_a_time import this_run
from tests.operator import Operator
from tests.steps.beside_the_form import (
    ACCOUNT,
    REFUSED,
    TOLD_WITHIN_S,
    Away,
    alerts,
    asked,
    beside,
    until_told,
    until_watched,
)
from tests.steps.lookouts import deaths
from tests.steps.watching import PAPER
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("_often")


@pytest.mark.parametrize("down", ["vault", "ledger"])
def test_a_death_is_told_while_nobody_can_say_whether_it_is_explained(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, down: str
) -> None:
    def dies() -> None:
        until_watched(operator)
        if down == "vault":
            operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
        else:
            Away(monkeypatch).goes()
        operator.regenerate()
        until_told(operator)

    beside(operator, dies)

    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-paper instead of alpaca-live")


def test_a_row_that_the_ledger_did_not_take_at_first_is_written_when_the_brakes_are_on(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(monkeypatch)

    def dies() -> None:
        until_watched(operator)
        away.goes()
        operator.regenerate()
        until_told(operator)
        away.comes_back()

    beside(operator, dies)

    assert [row.action for row in operator.ledger.rows()] == [Action.MISROTATION]


def test_a_sibling_that_could_not_be_read_at_first_is_watched_when_it_can(operator: Operator) -> None:
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, "GET", status=503, times=None))

    def dies() -> None:
        wait_until(lambda: len(operator.estate.server.journal.of("infisical")) >= 1, description="the vault is asked")
        operator.estate.server.plan.clear()
        until_watched(operator, PAPER)
        operator.regenerate()
        until_told(operator)

    beside(operator, dies, forced=True)

    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-paper")


def test_the_moment_of_a_death_outlives_a_ledger_that_is_away_for_a_moment(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(monkeypatch)

    def dies() -> None:
        until_watched(operator)
        away.goes()
        operator.regenerate_live()
        before = asked(operator, "alpaca-live")
        # A look is over with its fifth refusal; the next one has begun by then.
        wait_until(lambda: asked(operator, "alpaca-live") >= before + 10, description="it is refused in two looks")
        died.append(datetime.now(UTC))
        away.comes_back()
        wait_until(lambda: bool(deaths(operator)), description="the death is noted")

    died: list[datetime] = []
    beside(operator, dies)

    assert datetime.fromisoformat(deaths(operator)[0]) < died[0]
    assert len(deaths(operator)) == 1


def test_a_host_that_hangs_delays_no_word_of_the_other_ones_death(operator: Operator) -> None:
    took: list[float] = []

    def dies() -> None:
        until_watched(operator)
        hang = Fault("alpaca-live", FaultKind.HANG, "GET", ACCOUNT, seconds=TOLD_WITHIN_S, times=None)
        operator.estate.server.plan.add(hang)
        operator.regenerate()
        began = time.monotonic()
        until_told(operator)
        took.append(time.monotonic() - began)

    beside(operator, dies)

    assert took[0] < TOLD_WITHIN_S / 2


@pytest.mark.parametrize(("refusals", "noted"), [(REFUSALS, 0), (None, 1)])
def test_one_refusal_on_leaving_a_form_that_asks_for_no_click_is_no_death(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, refusals: int | None, noted: int
) -> None:
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "1")

    def leaves() -> None:
        wait_until(lambda: asked(operator, "alpaca-live") == 1, description="it was asked once")
        time.sleep(0.1)
        refused = Fault("alpaca-live", FaultKind.ANSWER, "GET", ACCOUNT, 401, REFUSED, times=refusals)
        operator.estate.server.plan.add(refused)

    beside(operator, leaves, Step.HOLD)

    assert len(deaths(operator)) == noted


def test_a_sibling_that_another_living_run_rotates_is_no_misrotation(operator: Operator) -> None:
    def dies() -> None:
        until_watched(operator)
        context = {"flow_run_id": this_run()[0], "reason": "scheduled"}
        open_ledger().append(Action.STARTED, rotation="r-2", credential=PAPER, actor="somebody", context=context)
        operator.regenerate()
        before = asked(operator, PAPER)
        wait_until(lambda: asked(operator, PAPER) >= before + 2 * REFUSALS, description="it is refused in two looks")
        time.sleep(0.5)

    beside(operator, dies)

    assert alerts(operator) == []
    assert [row.action for row in operator.ledger.rows()] == [Action.STARTED]


def test_a_run_that_prefect_cannot_have_explains_no_death(operator: Operator) -> None:
    def dies() -> None:
        until_watched(operator)
        context = {"flow_run_id": "no run", "reason": "scheduled"}
        open_ledger().append(Action.STARTED, rotation="r-2", credential=PAPER, actor="somebody", context=context)
        operator.regenerate()
        until_told(operator)

    beside(operator, dies)

    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-paper")
