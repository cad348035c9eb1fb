"""A death that was none is taken back, told, and watched again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blocks.ledger.history import History
from blocks.ledger.row import Action
from deployments.sandbox.faults import Fault, FaultKind
from tasks.lookout import way_back
from tasks.person.now_text import Moment, old_pair
from tasks.run.watched import ACCEPTANCES
from tests.operator import Operator
from tests.steps.beside_the_form import (
    ACCOUNT,
    REFUSED,
    alerts,
    asked,
    beside,
    rotation_of,
    until_told,
    until_watched,
)
from tests.steps.lookouts import deaths
from tests.steps.watching import PAPER
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("_often")


def taken_back(operator: Operator) -> list[str]:
    """What was written down of a death that was none."""
    rows = [row.context for row in operator.ledger.rows()]
    return [one["proofs"][0] for one in rows if "old_died_at" in one and one["old_died_at"] is None]


def test_a_pair_whose_death_was_taken_back_is_watched_again(operator: Operator) -> None:
    def is_out_and_dies() -> None:
        until_watched(operator)
        refused = Fault(PAPER, FaultKind.ANSWER, "GET", ACCOUNT, 401, REFUSED, times=None)
        operator.estate.server.plan.add(refused)
        until_told(operator)
        operator.estate.server.plan.clear()
        until_told(operator, 2)
        operator.regenerate()
        until_told(operator, 3)

    beside(operator, is_out_and_dies)

    assert alerts(operator)[1].startswith("alpaca-paper: not regenerated after all")
    told = [Action.MISROTATION, Action.WITHDRAWN, Action.MISROTATION]
    assert [row.action for row in operator.ledger.rows()] == told
    assert {row.rotation for row in operator.ledger.rows()} == {rotation_of(operator).id}


def refuse(operator: Operator) -> None:
    """Alpaca's login refuses every living pair of the live host, and a made-up one as always."""
    fault = Fault("alpaca-live", FaultKind.ANSWER, "GET", ACCOUNT, 401, REFUSED, times=None)
    operator.estate.server.plan.add(fault)


@pytest.mark.parametrize("same_form", [True, pytest.param(False, marks=pytest.mark.long)])
def test_an_outage_that_looked_like_the_click_is_taken_back_told_and_opens_the_way_back(
    operator: Operator, *, same_form: bool
) -> None:
    """Also by the next form: then the death is known from the ledger only."""
    is_open: list[bool] = []

    def is_out() -> None:
        until_watched(operator)
        refuse(operator)
        wait_until(lambda: bool(deaths(operator)), description="the death is noted")
        is_open.append(way_back.is_open(rotation_of(operator)))

    def comes_back() -> None:
        operator.estate.server.plan.clear()
        until_told(operator)
        is_open.append(way_back.is_open(rotation_of(operator)))

    def both() -> None:
        is_out()
        comes_back()

    for form in [both] if same_form else [is_out, comes_back]:
        beside(operator, form)

    assert is_open == [False, True]
    assert alerts(operator)[0].startswith("alpaca-live: not regenerated after all: Alpaca accepts the old pair ")
    assert "cancel the run and start the rotation of alpaca-live again, which offers it." in alerts(operator)[0]
    assert len(taken_back(operator)) == len(alerts(operator)) == len(deaths(operator)) == 1
    assert f"again, {ACCEPTANCES} times in a row" in taken_back(operator)[0]
    shown = old_pair(rotation_of(operator), History.fold(operator.ledger.rows()), [], Moment(datetime.now(UTC)))
    assert not shown.startswith("dead")


@pytest.mark.long
def test_an_old_pair_whose_death_was_taken_back_is_watched_again(operator: Operator) -> None:
    def is_out_and_dies() -> None:
        until_watched(operator)
        refuse(operator)
        wait_until(lambda: bool(deaths(operator)), description="the death is noted")
        operator.estate.server.plan.clear()
        until_told(operator)
        operator.regenerate_live()
        wait_until(lambda: len(deaths(operator)) == 2, description="the other death is noted")

    beside(operator, is_out_and_dies)

    shown = old_pair(rotation_of(operator), History.fold(operator.ledger.rows()), [], Moment(datetime.now(UTC)))
    assert shown.startswith("dead since ")


def test_a_host_that_accepts_anything_takes_no_death_back(operator: Operator) -> None:
    def dies() -> None:
        until_watched(operator)
        operator.regenerate_live()
        wait_until(lambda: bool(deaths(operator)), description="the death is noted")
        operator.estate.alpaca.knobs.accepts_garbage = True
        before = asked(operator, "alpaca-live")
        wait_until(
            lambda: asked(operator, "alpaca-live") >= before + 4 * ACCEPTANCES,
            description="it is asked again and again",
        )

    beside(operator, dies)

    assert taken_back(operator) == alerts(operator) == []
