"""A form that its run left is answered as any other: what is demanded of an answer is demanded of this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from blocks.ledger.row import Action
from blocks.model.step import Step
from blocks.operators.approval import DO_NOT
from blocks.operators.registry import SUPERADMIN
from blocks.prefect_api import leave
from deployments.rehearsal import proof
from tasks.person.question import INCOMPLETE
from tests.operator import Operator
from tests.steps.leaving import (
    Rotating,
    again,
    again_choosing,
    as_entered,
    leaving,
    left_again,
    read,
    set_state,
    shown,
    stored,
)
from tests.steps.live import kill_switches
from tests.steps.proving import acted, ask_for, carry_a_code, change_the_plan, let_it_say, unsigned
from tests.steps.sealed_hands import Hands, entry_rows, well
from tests.steps.watching import LIVE, state_of, watched

pytestmark = pytest.mark.usefixtures("_nothing_is_remembered")


def test_a_passkey_proves_it(operator: Operator, left: Rotating) -> None:
    ask_for(operator, "passkey")
    operator.enrol()
    run = left()
    operator.submit(shown(operator).run_id, operator.regenerate(), stop_here=False)

    assert again(run).is_completed()

    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert entered.actor == f"proved to be test operator ({SUPERADMIN}, passkey)"
    assert len(acted(operator)) == 1


@pytest.mark.parametrize("how", ["not signed", pytest.param("past the form", marks=pytest.mark.long)])
def test_what_nobody_proves_is_kept_until_somebody_says_whose_it_is(
    operator: Operator, left: Rotating, how: str
) -> None:
    """That form keeps its process: somebody has just answered."""
    ask_for(operator, "passkey")
    operator.enrol()
    run, pair = left(), operator.regenerate()
    if how == "not signed":
        unsigned(operator, pair, "rekey-act-1.AAAA")
    else:
        # Whoever reaches Prefect's API stores what the form does not take, and lets the run begin.
        stored(operator, run, {**as_entered(operator, pair, run), "more": "than it asks for"})
        set_state(operator, run, "SCHEDULED")

    asked = "who entered this pair?"
    assert again_choosing(operator, run, asked, "I entered it: go on with it").is_completed()

    (row,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    proved = f"proved to be test operator ({SUPERADMIN}, passkey)"
    assert (row.actor, row.facts.fingerprint) == (proved, pair.fingerprint)


def test_a_one_time_code_proves_it(operator: Operator, left: Rotating, capsys: pytest.CaptureFixture[str]) -> None:
    code = carry_a_code(operator, capsys)
    run = left()
    operator.submit(shown(operator).run_id, operator.regenerate(), stop_here=False, proof=code.now())

    assert again(run).is_completed()

    (entered,) = [row for row in operator.steps("await_human_input") if row.facts.is_done]
    assert entered.actor == f"proved to be test operator ({SUPERADMIN}, code)"


def test_a_sealed_pair_is_opened(demanded: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, hands = proof.observe(demanded.estate), Hands()
    with leaving(demanded, tmp_path, monkeypatch) as left:
        run = left()
        hands.enter(demanded)

        assert again(run).is_completed()

    well(demanded, before, hands)
    assert entry_rows(demanded) == ["sealed"]


def test_readiness_and_the_new_pair_are_waited_for_without_a_process(operator: Operator, left_live: Rotating) -> None:
    before = proof.observe(operator.estate, "live")
    run = left_live()
    assert set(kill_switches(operator.estate).values()) == {"0"}, "nothing is stopped before somebody is ready"
    watched()
    assert set(kill_switches(operator.estate).values()) == {"0"}
    assert operator.actions() == [Action.STARTED]
    operator.be_ready()

    left_again(run)

    assert set(kill_switches(operator.estate).values()) == {"1"}
    left_live.shown(read(run))
    operator.submit(shown(operator).run_id, operator.regenerate_live(), stop_here=False)

    assert again(run).is_completed()

    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)
    left = [row.facts for row in operator.ledger.rows() if row.facts.form_left]
    by_its_process = [one.step for one in left if one.step != Step.LOOK_AFTER]
    assert by_its_process == ["await_readiness", "await_human_input"]


def test_whoever_is_not_ready_ends_it_before_anything_is_stopped(operator: Operator, left_live: Rotating) -> None:
    run = left_live()
    left_empty = {"at_dashboard": False, "second_factor": False, "confirm": ""}
    taken = operator.fill(**left_empty, stop_here=True, why="the second factor is at home")
    assert taken["status"] == "ACCEPT", taken
    # Before a worker begins it.
    watched()
    assert set(kill_switches(operator.estate).values()) == {"0"}

    assert again(run).name == "Stopped"

    assert set(kill_switches(operator.estate).values()) == {"0"}
    assert operator.actions()[-1] == Action.ABORTED


def test_what_cannot_be_read_as_the_form_is_no_less_a_pair(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been shown only once."""
    run = left()
    operator.submit(shown(operator).run_id, operator.regenerate(), stop_here=False)
    monkeypatch.setattr("tasks.person.left_form._entry", lambda *_: None)

    assert again(run).is_completed()


def test_a_rotation_that_ended_meanwhile_is_not_begun_again_by_its_old_form(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left()
    monkeypatch.delenv("REKEY_FORM_LEAVE_AFTER_S")
    assert operator.rotate(Operator.regenerate).state.is_completed()

    assert state_of(str(run.id))[0] == "Taken over"
    assert not leave.is_left(read(run).state)


def test_an_approval_of_a_plan_that_changed_is_asked_for_again_with_why(
    operator: Operator, left_live: Rotating
) -> None:
    let_it_say('proof = "passkey"\napprovals = 2', LIVE)
    operator.enrol()
    operator.enrol("Kim", SUPERADMIN)
    run = left_live()
    operator.be_ready()
    left_again(run)
    left_live.shown(read(run))
    (choice,) = [one for one in shown(operator).fields["choice"]["enum"] if one != DO_NOT]
    change_the_plan(LIVE)
    operator.choose(choice)

    # Who was ready said so of the plan as it was.
    left_again(run)
    left_live.shown(read(run))
    operator.be_ready()
    left_again(run)
    left_live.shown(read(run))

    assert "What the catalog says of this rotation changed" in shown(operator).description
    assert set(kill_switches(operator.estate).values()) == {"0"}


def test_what_is_no_answer_at_all_is_asked_for_again(operator: Operator, left: Rotating) -> None:
    run = left()
    stored(operator, run, ["no", "form"])
    set_state(operator, run, "SCHEDULED")

    left_again(run)
    left.shown(read(run))

    assert INCOMPLETE.split(". ")[0] in shown(operator).description
    operator.submit(shown(operator).run_id, operator.regenerate(), stop_here=False)
    assert again(run).is_completed()
