"""Whoever answers the forms of the grid notices those that should not come, and keeps what they say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from blocks.ledger.ledger import Ledger
from deployments.sandbox.estate import LIVE_RUNTIMES, Estate
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.at_prefect import Form
from tests.faults.calls import call
from tests.faults.cell import ASKED, Cell
from tests.faults.faults import LASTING, fault_of
from tests.faults.play import _Person
from tests.faults.suspects import Suspects, Trial
from tests.operator import Operator

TOLD = "Alpaca refuses this pair. Copy both values again."
RETURNED = f"### The last entry was not accepted\n\n{TOLD}\n\n### Rotate alpaca-live"


@pytest.fixture
def trial(ledger: Ledger) -> Trial:
    one = call("preflight", "alpaca-live", "GET", "/v2/account")
    return Trial(Cell(one, "401", LASTING), fault_of(one, "401", LASTING, ledger), is_set=True)


@pytest.fixture
def person(trial: Trial, ledger: Ledger) -> _Person:
    return _Person(Suspects([trial], ledger))


def _shown(estate: Estate, description: str, *fields: str) -> Operator:
    """An operator who is shown that form, and no more of one: no rotation runs."""
    form = Form("run", "key", description, {name: {} for name in fields})
    shown = SimpleNamespace(estate=estate, form=form, be_ready=lambda: None, regenerate_live=estate.live.regenerate)
    return cast("Any", shown)  # type: ignore[no-any-return]  # what of an operator these forms need


def test_a_second_readiness_form_is_noticed(person: _Person, estate: Estate) -> None:
    form = _shown(estate, "Are you ready?", "confirm")
    person.answer(form)
    assert person.violations == []
    person.answer(form)
    assert person.violations == ["the operator, who said to be ready before, was asked again"]


def test_what_a_returned_form_says_is_kept_and_the_brakes_are_looked_at(
    person: _Person, trial: Trial, estate: Estate
) -> None:
    for app in LIVE_RUNTIMES.values():
        estate.heroku.set_by_hand(app, KILL_SWITCH, "1")
    person.answer(_shown(estate, "### Rotate alpaca-live", "key_id"))
    assert trial.fault.matches("alpaca-live", "GET", "/v2/account")
    assert person.violations == []
    for app in LIVE_RUNTIMES.values():
        estate.heroku.set_by_hand(app, KILL_SWITCH, "0")

    person.answer(_shown(estate, RETURNED, "key_id"))

    assert (trial.result.outcome, trial.result.told) == (ASKED, [TOLD])
    assert person.violations == ["the dashboard link is shown, and trading is on in raxx-api-prod, raxx-mq-a"]
