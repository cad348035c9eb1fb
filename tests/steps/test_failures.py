"""Watch: what goes wrong with one thing hides no other, and is raised after the others were looked at."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

import pytest

from blocks.errors import StepError
from blocks.ledger.row import Action
from flows.watch import watch
from tasks.run import untold
from tasks.watch.failures import Failures
from tests.operator import Operator
from tests.steps.support import alone, told


def test_a_credential_that_cannot_be_looked_at_keeps_nobody_from_hearing_of_another_ones_death(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.05")
    # Its rotation is named by a run that Prefect cannot have.
    context = {"flow_run_id": "no run", "reason": "no reason"}
    operator.ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor="x", context=context)
    operator.regenerate_live()

    state: Any = watch(return_state=True)

    assert state.is_failed()
    assert [row.credential for row in operator.ledger.rows() if row.action is Action.DIED] == ["alpaca-live"]


def test_a_late_message_that_the_ledger_does_not_take_keeps_nobody_from_hearing_of_a_death(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "0.05")
    assert alone(lambda: untold.keep("One is held", "Why.", "Look.", {}, "rekey_alert")).is_completed()
    with sqlite3.connect(os.environ["REKEY_LEDGER_URL"].removeprefix("sqlite:///")) as database:
        database.execute(
            "CREATE TRIGGER nothing_late BEFORE INSERT ON rekey_ledger WHEN NEW.action = 'secret.alarm.late' "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    database.close()
    operator.regenerate_live()

    state: Any = watch(return_state=True)

    assert state.is_failed()
    assert [row.credential for row in operator.ledger.rows() if row.action is Action.DIED] == ["alpaca-live"]


@pytest.mark.usefixtures("prefect")
def test_all_that_went_wrong_is_raised_at_the_end_and_a_foreign_error_tells_only_its_kind() -> None:
    def fails() -> None:
        failures = Failures()
        with failures.kept("one"):
            raise StepError("One is broken.", "Mend one.")
        with failures.kept("two"):
            raise ValueError("anything")
        with failures.kept("three"):
            pass
        failures.demand_none()

    text = told(alone(fails))

    assert "2 could not be looked at" in text
    assert "one: One is broken. Mend one." in text
    assert "two: rekey itself failed (ValueError)." in text
    assert "anything" not in text
    assert "three" not in text
