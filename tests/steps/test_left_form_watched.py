"""While a form waits without a process watch does what the process did beside it, and people see that it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from blocks.errors import StepError
from blocks.ledger.lease import Lease
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.cli import closing
from deployments.cli.main import main
from deployments.sandbox.faults import Fault, FaultKind
from tasks.watch import left_form
from tests.operator import Operator
from tests.steps.beside_the_form import ACCOUNT, REFUSED, alerts
from tests.steps.leaving import Rotating, again, leaving, left_again, read, set_state, shown
from tests.steps.live import MQ_A, PROD, kill_switches
from tests.steps.watching import LIVE, PAPER, set_cancelled, started, watched

Said = Callable[..., str]


@pytest.fixture
def stopped(operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    """Rotations of the live pair, with trading stopped while nobody enters the new pair."""
    with leaving(operator, tmp_path, monkeypatch, LIVE) as rotating:
        run = rotating()
        operator.be_ready()
        left_again(run)
        rotating.shown(read(run))
        yield rotating


@pytest.fixture
def status(operator: Operator, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """What `rekey status` says."""
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, operator.prefect.environment[name])

    def said() -> str:
        capsys.readouterr()
        main(["status"])
        return " ".join(capsys.readouterr().out.split())

    return said


def test_status_says_that_it_waits_and_then_that_it_begins_again(
    operator: Operator, left: Rotating, status: Said
) -> None:
    run = left()

    told = status()

    assert "alpaca-paper: waits for a person" in told
    assert "Its process has ended meanwhile, and nothing is lost." in told
    assert "No run of it lives" not in told
    operator.submit(shown(operator).run_id, operator.regenerate())
    assert "Its form was answered, and its run is about to begin again: look again soon." in status()
    assert again(run).is_completed()


def test_it_is_not_closed_by_hand_while_its_form_takes_an_answer(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = left()
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.setenv(name, operator.prefect.environment[name])

    with pytest.raises(StepError, match=f"Its form still takes an answer: .*{run.id}"):
        closing.demand_no_run(read_settings(), PAPER)

    set_cancelled(str(run.id))
    closing.demand_no_run(read_settings(), PAPER)


def test_while_its_run_begins_again_it_is_not_closed_by_hand(operator: Operator, left: Rotating, status: Said) -> None:
    """A worker has begun the process, which has no lease yet: the pair that was entered is in Prefect alone."""
    run = left()
    operator.submit(shown(operator).run_id, operator.regenerate())
    set_state(operator, run, "RUNNING")

    told = status()

    assert "Its form was answered, and its run is about to begin again: look again soon." in told
    with pytest.raises(StepError, match="Its form still takes an answer"):
        closing.demand_no_run(read_settings(), PAPER)


def test_while_watch_holds_its_lease_it_waits_all_the_same(operator: Operator, left: Rotating, status: Said) -> None:
    run = left()
    lease = Lease(read_settings().ledger_url, PAPER)
    lease.take("a run of watch", None)

    told = status()

    assert "alpaca-paper: waits for a person" in told
    assert f"/{run.id}" in told
    assert operator.actions() == [Action.STARTED]


def test_a_brake_that_somebody_releases_is_engaged_again(operator: Operator, stopped: Rotating) -> None:
    assert stopped.has_begun
    operator.estate.heroku.set_by_hand(PROD, "TRADING_LIVE_DISABLED", "0")

    watched()

    assert kill_switches(operator.estate) == {PROD: "1", MQ_A: "1"}
    assert [one for one in alerts(operator) if one.startswith("alpaca-live: somebody let trading go on")]


def test_keys_of_another_credential_are_missed_at_once(operator: Operator, stopped: Rotating) -> None:
    assert stopped.has_begun
    operator.regenerate()

    watched()

    assert alerts(operator)[0].startswith("Wrong keys regenerated: alpaca-paper instead of alpaca-live")


def test_one_that_waits_too_long_is_said_to_be_held_once_and_waits_still(
    operator: Operator, left: Rotating, monkeypatch: pytest.MonkeyPatch, status: Said
) -> None:
    left()
    watched()
    assert Action.HELD not in operator.actions()
    monkeypatch.setattr(left_form, "timedelta", lambda minutes: timedelta(milliseconds=minutes))

    watched()
    watched()

    (held,) = [row for row in operator.ledger.rows() if row.action is Action.HELD]
    assert held.facts.reason == "Nobody filled in the form within 60 minutes."
    told = status()
    assert "Waiting for the new pair" in told
    assert "No run of it lives" not in told
    with pytest.raises(StepError, match="Its form still takes an answer"):
        closing.demand_no_run(read_settings(), PAPER)


def test_one_that_is_cancelled_later_is_held(operator: Operator, stopped: Rotating) -> None:
    (run,) = started(LIVE)
    set_cancelled(str(run.id))

    watched()

    (held,) = [row for row in operator.ledger.rows() if row.action is Action.HELD]
    assert held.facts.reason.startswith("Its run was cancelled in Prefect. The brakes are on: trading is stopped.")
    assert stopped.has_begun


def test_while_all_is_as_it_was_each_pair_is_asked_once_a_minute(operator: Operator, left: Rotating) -> None:
    left()
    watched()
    journal = operator.estate.server.journal
    journal.clear()

    watched()

    assert [len(journal.of(f"alpaca-{realm}")) for realm in ("paper", "live")] == [1, 1]


@pytest.mark.long
def test_that_the_old_pair_lives_again_is_found(operator: Operator, left: Rotating) -> None:
    """An outage: it is refused for a while, and accepted later."""
    left()
    refusal = Fault("alpaca-paper", FaultKind.ANSWER, path=ACCOUNT, status=401, body=REFUSED, times=None)
    operator.estate.server.plan.add(refusal)
    watched()
    assert [row for row in operator.ledger.rows() if row.facts.old_died_at]
    operator.estate.server.plan.remove(refusal)

    watched()

    assert [one for one in alerts(operator) if one.startswith("alpaca-paper: not regenerated after all")]
