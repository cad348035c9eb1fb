"""Rotations whose run is dead are found, told, and started again where nobody has to decide."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.states import Paused

from blocks.ledger.row import Action
from blocks.model.step import Step
from deployments.cli.main import main
from deployments.rehearsal import proof
from deployments.sandbox.faults import Fault, FaultKind
from tasks.watch import close_dead, look_after
from tests.another_process import AnotherProcess, another_process
from tests.operator import Operator
from tests.steps import beginning, left_runs
from tests.steps.live import PROD, kill_switches, retry
from tests.steps.support import stay_held, until_told
from tests.steps.watching import LIVE, PAPER, set_cancelled, started, state_of, watched


def alerts(operator: Operator) -> str:
    """What Slack told."""
    return json.dumps(operator.estate.slack.messages)


def kept_by_prefect(operator: Operator, run_id: str) -> list[str]:
    """The keys of everything that Prefect keeps of this run's forms."""
    found = operator.api.post(f"/flow_runs/{run_id}/input/filter", json={"prefix": "paused-", "limit": 50})
    return [one["key"] for one in found.json()]


def status(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code and text of ``rekey status``."""
    capsys.readouterr()
    code = main(["status"])
    return code, capsys.readouterr().out


def at_its_form(process: AnotherProcess, operator: Operator, credential: str) -> str:
    """Let the run come to the form for the pair; return the run."""
    if credential == LIVE:
        process.form("confirm")
        operator.be_ready()
    form = process.form("key_id")
    until_told(operator)
    return form.run_id


@pytest.mark.usefixtures("deployments")
def test_a_run_that_was_killed_at_its_form_is_started_again_once_and_goes_on(
    operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = proof.observe(operator.estate)
    with another_process(operator, tmp_path) as process:
        dead = at_its_form(process, operator, PAPER)
        assert status(capsys)[0] == 4
        rows = len(operator.ledger.rows())
        watched()
        assert (len(operator.ledger.rows()), started(PAPER)) == (rows, []), "a run that lives is left alone"
        process.kill()

    code, told = status(capsys)
    assert (code, "No run of it lives: start the rotation again" in told) == (5, True)
    watched()
    (again,) = started(PAPER)
    assert again.parameters == {"credential": PAPER, "reason": "scheduled"}
    assert "The process of its run is gone (Prefect says Paused)." in alerts(operator)
    assert operator.steps("look_after")[-1].context["started"].endswith(str(again.id))
    watched()
    assert started(PAPER) == [again], "not while it is about to begin"

    outcome = operator.rotate(Operator.regenerate)

    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    name, message = state_of(dead)
    assert (name, message.split(" http")[0]) == ("Taken over", "Its process is gone. Its rotation goes on in")
    code, told = status(capsys)
    assert (code, told.splitlines()[0]) == (0, "No rotation is open.")
    (line,) = (one for one in told.splitlines() if one.startswith(PAPER))
    assert f"{datetime.now(UTC):%Y-%m-%d}" in line, "rotated today, as the matrix says"


@pytest.mark.long
def test_what_was_typed_into_a_dead_run_is_adopted_and_deleted_there(operator: Operator, tmp_path: Path) -> None:
    """Prefect takes it, says Running, and nothing runs."""
    before = proof.observe(operator.estate)
    with another_process(operator, tmp_path) as process:
        dead = at_its_form(process, operator, PAPER)
        process.kill()
    pair = operator.regenerate()
    operator.submit(dead, pair)
    assert state_of(dead)[0] == "Running"
    assert operator.tables_with(pair.secret) == ["flow_run_input"]

    outcome = operator.rotate()

    assert outcome.state.is_completed(), outcome.message
    assert proof.prove_rotated(before, proof.observe(operator.estate), operator.ledger)
    assert operator.tables_with(pair.secret) == []
    assert state_of(dead)[0] == "Taken over"


@pytest.mark.long
def test_what_was_answered_to_a_dead_run_leaves_nothing_in_prefect(operator: Operator, tmp_path: Path) -> None:
    with another_process(operator, tmp_path, LIVE) as process:
        form = process.form("confirm")
        process.kill()
    operator.be_ready()
    assert kept_by_prefect(operator, form.run_id)

    beginning.begun(operator, Operator.be_ready, until=Step.SNAPSHOT)

    assert kept_by_prefect(operator, form.run_id) == []


@pytest.mark.usefixtures("deployments")
@pytest.mark.long
def test_a_run_that_was_cancelled_after_the_click_is_held_with_the_brakes_on(
    operator: Operator, tmp_path: Path
) -> None:
    with another_process(operator, tmp_path, LIVE) as process:
        dead = at_its_form(process, operator, LIVE)
        process.kill()
    set_cancelled(dead)
    # Somebody lets trading go on by hand: the pair is not verified.
    operator.estate.heroku.apps[PROD].change({"TRADING_LIVE_DISABLED": "0"}, "somebody@example.com")

    watched()

    assert set(kill_switches(operator.estate).values()) == {"1"}
    (held,) = (row for row in operator.ledger.rows() if row.action is Action.HELD)
    assert held.context["reason"] == "Its run was cancelled in Prefect. The brakes are on: trading is stopped."
    assert alerts(operator).count("alpaca-live is held") > 0
    assert started(LIVE) == []
    rows = len(operator.ledger.rows())
    watched()
    assert len(operator.ledger.rows()) == rows, "told once"

    # Whoever cancelled it may want to stop: that is offered before the pair is asked for.
    outcome = operator.rotate(retry, Operator.regenerate_live, credential=LIVE)
    assert outcome.state.is_completed(), outcome.message
    assert set(kill_switches(operator.estate).values()) == {"0"}


@pytest.mark.usefixtures("deployments")
def test_a_rotation_that_died_before_anything_was_paused_is_closed(operator: Operator) -> None:
    left_runs.begun(operator, LIVE, Paused(), paused=False)

    watched()

    assert operator.actions() == [Action.STARTED, Action.ABORTED]
    reason = operator.ledger.rows()[-1].context["reason"]
    assert reason == "Its run ended before anything was changed (Prefect says Paused)."
    assert reason in alerts(operator)
    assert started(LIVE) == []


@pytest.mark.usefixtures("deployments")
def test_one_whose_plan_somebody_stands_behind_goes_on_though_nothing_was_paused(operator: Operator) -> None:
    """What was said of its plan counts in the next run, and for how long it cooled off."""
    left_runs.begun(operator, LIVE, Paused(), paused=False)
    for step in ("preflight", "await_readiness"):
        facts = {"step": step, "outcome": "done", "operator": "Sam", "plan": "a" * 64}
        operator.ledger.append(Action.STEP, rotation="r-1", credential=LIVE, actor="somebody", context=facts)

    watched()

    assert len(started(LIVE)) == 1
    assert operator.actions() == [Action.STARTED]


@pytest.mark.usefixtures("deployments", "_few_tries")
@pytest.mark.long
def test_a_rotation_that_the_operator_stopped_is_not_started_but_reminded_of(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.estate.server.plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", ".*", 503, skip=2, times=None))
    outcome = operator.rotate(Operator.regenerate, stay_held)
    assert outcome.state.name == "Stopped", outcome.message
    rows = len(operator.ledger.rows())

    watched()
    assert (len(operator.ledger.rows()), started(PAPER)) == (rows, [])
    code, told = status(capsys)
    assert (code, "held: " in told, "NEEDS PEOPLE" in told) == (5, True, True)
    monkeypatch.setattr(look_after, "REMIND_AFTER", timedelta(0))
    watched()
    assert operator.ledger.rows()[-1].context["reminded"] is True
    assert "alpaca-paper is still held" in alerts(operator)


@pytest.mark.usefixtures("deployments")
def test_runs_that_die_again_and_again_are_not_started_for_ever(operator: Operator) -> None:
    operator.ledger.append(
        Action.STARTED,
        rotation="r-1",
        credential=PAPER,
        actor="somebody",
        context={"flow_run_id": "00000000-0000-4000-8000-000000000000", "reason": "scheduled"},
    )
    facts = {"step": "pause", "outcome": "done", "seconds": 0, "proofs": []}
    operator.ledger.append(Action.STEP, rotation="r-1", credential=PAPER, actor="somebody", context=facts)
    for number in range(close_dead.MOST_STARTS):
        watched()
        runs = started(PAPER)
        assert len(runs) == 1, number
        operator.delete(f"/flow_runs/{runs[0].id}")

    watched()

    assert started(PAPER) == []
    held = operator.ledger.rows()[-1]
    assert (held.action, "Its runs died 3 times within 15 minutes" in held.context["reason"]) == (Action.HELD, True)


def test_without_its_deployment_it_is_held_and_says_what_to_do(operator: Operator) -> None:
    left_runs.begun(operator, PAPER, Paused())

    watched()

    held = operator.ledger.rows()[-1]
    assert held.action is Action.HELD
    assert "there is no deployment rotate/alpaca-paper" in held.context["reason"]
    assert "Start it by hand" in held.context["what_would_help"]
