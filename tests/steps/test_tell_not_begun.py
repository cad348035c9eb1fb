"""A rotation that no person started and that cannot begin is told: nobody looks at the page of its run."""

from __future__ import annotations

from prefect import tags

from blocks.ledger.row import Action
from blocks.prefect_api.prefect_runs import BY_ITSELF
from deployments.sandbox.estate import REPOSITORY
from tests.operator import Operator
from tests.steps.beside_the_form import alerts

PAPER = "alpaca-paper"


def test_what_rekey_started_and_what_cannot_begin_is_told_once_for_the_same_reason(operator: Operator) -> None:
    operator.estate.raptors["raptor-prod"].knobs.account_answer = (200, {"alpaca_status": "ACTIVE"})

    with tags(BY_ITSELF):
        for _ in range(2):
            assert operator.rotate().state.is_failed()

    (told,) = alerts(operator)
    assert told.startswith(f"{PAPER}: its rotation did not begin: rekey started it by itself, and it ended before")
    assert "raptor-prod does not say which account it trades in" in told

    operator.estate.github.rename_repository(REPOSITORY, "raxx/elsewhere")
    with tags(BY_ITSELF):
        assert operator.rotate().state.is_failed()

    assert len(alerts(operator)) == 2, "another reason is news"
    assert operator.actions() == [Action.STARTED, Action.ABORTED] * 3


def test_what_a_person_started_is_told_to_nobody_else(operator: Operator) -> None:
    operator.estate.raptors["raptor-prod"].knobs.account_answer = (200, {"alpaca_status": "ACTIVE"})

    assert operator.rotate().state.is_failed()

    assert alerts(operator) == []
