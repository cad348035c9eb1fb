"""An answer to a form that was left counts for what it says, and readiness does not wait for a worker for long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blocks.operators.registry import SUPERADMIN
from tasks.person.question import INCOMPLETE
from tasks.rotate import await_readiness
from tasks.run import submissions
from tests.operator import Operator
from tests.steps.leaving import Rotating, again, again_answering, form_of, left_again, read, set_state, shown, stored
from tests.steps.live import kill_switches
from tests.steps.proving import carry_a_code

ONCE_MORE = INCOMPLETE.split(". ")[0]


def test_who_said_to_be_ready_long_ago_says_so_again(
    operator: Operator, left_live: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker was there meanwhile: nobody may be at the dashboard any more."""
    run = left_live()
    operator.be_ready()
    # Prefect's clock is told to the second, and may be told a second late.
    monkeypatch.setattr(await_readiness, "READY_FOR_S", -5)

    left_again(run)

    left_live.shown(read(run))
    assert "Nothing was stopped: you said so" in shown(operator).description
    assert set(kill_switches(operator.estate).values()) == {"0"}
    monkeypatch.setattr(await_readiness, "READY_FOR_S", 300)
    operator.be_ready()
    left_again(run)
    assert set(kill_switches(operator.estate).values()) == {"1"}


def test_whose_late_answer_did_not_count_answers_afresh_once(
    operator: Operator, left_live: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fresh answer is of a moment ago: it is not asked for once more, as if it had waited for a worker, too."""
    run = left_live()
    stored(operator, run, ["no", "form"])
    set_state(operator, run, "SCHEDULED")
    monkeypatch.setattr(await_readiness, "READY_FOR_S", -5)
    monkeypatch.delenv("REKEY_FORM_LEAVE_AFTER_S")

    def enters() -> None:
        operator.submit(str(run.id), operator.regenerate_live(), stop_here=False)

    assert again_answering(operator, run, {ONCE_MORE: operator.be_ready, "Regenerate": enters}).is_completed()

    asked = [row for row in operator.steps("await_readiness") if row.facts.is_waiting]
    assert len(asked) == 2, "the form that was left, and the fresh one"


def test_how_long_an_answer_waits_is_told_by_prefects_clock(operator: Operator, left: Rotating) -> None:
    run = left()
    key = form_of(operator, run.id).key.removesuffix("-response")
    assert submissions.age_s(str(run.id), key) is None
    stored(operator, run, {"operator": "test operator"})

    age = submissions.age_s(str(run.id), key)

    assert age is not None
    # Its clock is told to the second, and may be told a second late.
    assert -2 <= age < 60


def test_a_one_time_code_counts_as_of_when_it_was_entered(
    operator: Operator, left: Rotating, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may need longer than the half minute for which an app shows it."""
    code = carry_a_code(operator, capsys)
    run, then = left(), datetime.now(UTC) - timedelta(minutes=10)
    operator.submit(shown(operator).run_id, operator.regenerate(), stop_here=False, proof=code.at(then))
    monkeypatch.setattr(submissions, "age_s", lambda *_: (datetime.now(UTC) - then).total_seconds())

    assert again(run).is_completed()

    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert entered.actor == f"proved to be test operator ({SUPERADMIN}, code)"
