"""A rotation that waits for somebody to be ready has told nobody to click: its pair is looked after as one at rest."""

from __future__ import annotations

import pytest

from blocks.ledger.lease import Lease, held
from blocks.ledger.row import Action
from blocks.settings import read_settings
from deployments.rehearsal import proof
from tests.operator import Operator
from tests.steps.beside_the_form import alerts
from tests.steps.leaving import Rotating, again, left_again, read, shown
from tests.steps.live import kill_switches
from tests.steps.watching import LIVE, PAPER, started, watched


def deaths(operator: Operator) -> list[str]:
    return [row.credential for row in operator.ledger.rows() if row.action is Action.DIED]


def dead_ones(operator: Operator) -> list[str]:
    return [one for one in alerts(operator) if "alpaca-live is dead" in one]


def test_a_death_is_told_stops_trading_and_the_rotation_goes_on_for_it(operator: Operator, left_live: Rotating) -> None:
    before = proof.observe(operator.estate, "live")
    first = left_live()
    pair = operator.regenerate_live()

    watched()

    assert deaths(operator) == [LIVE]
    assert len(dead_ones(operator)) == 1
    assert set(kill_switches(operator.estate).values()) == {"1"}
    (run,) = [one for one in started(LIVE) if one.id != first.id]
    left_again(run)
    watched()
    assert (len(started(LIVE)), len(dead_ones(operator))) == (2, 1), "that is known, and its form waits"
    left_live.shown(read(run))
    operator.be_ready()
    left_again(run)
    left_live.shown(read(run))
    operator.submit(shown(operator).run_id, pair)
    assert again(run).is_completed(), "its first preflight saw the account that the new pair has to open"

    assert proof.prove_rotated(before, proof.observe(operator.estate, "live"), operator.ledger)
    assert set(kill_switches(operator.estate).values()) == {"0"}, "rekey itself had stopped it for the death"


def test_where_its_process_waits_it_is_told_and_no_other_run_is_started(
    operator: Operator, left_live: Rotating
) -> None:
    run = left_live()
    operator.regenerate_live()
    lease = Lease(read_settings().ledger_url, LIVE)
    lease.take(str(run.id), None)

    with held(lease, lambda _: None, read_settings().lease_s):
        watched()
        watched()

    assert deaths(operator) == [LIVE]
    (told,) = dead_ones(operator)
    assert "waits for somebody to be ready already: open its run, and answer there." in told
    assert set(kill_switches(operator.estate).values()) == {"1"}
    assert len(started(LIVE)) == 1


@pytest.mark.long
def test_whoever_killed_it_by_mistake_is_told_so(operator: Operator, left_live: Rotating) -> None:
    """It waits for somebody to be ready: nobody clicked there for its own rotation."""
    left_live()
    paper = Rotating(operator, left_live.start, PAPER)()
    operator.regenerate_live()

    watched()

    operator.delete(f"/flow_runs/{paper.id}")
    assert [one for one in alerts(operator) if one.startswith("Wrong keys regenerated: alpaca-live instead of")]
