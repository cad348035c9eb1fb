"""A cell that has a rotation of its own answers for every form; a fault of the last time strikes in its step only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blocks.prefect_api.recording import DONE
from deployments.sandbox.faults import FaultPlan
from tests.faults.calls import call
from tests.faults.cell import ASKED, HELD, REFUSED
from tests.faults.faults import LAST, fault_of
from tests.faults.scene import PATH, Scene
from tests.faults.suspects import Suspects


def test_a_cell_that_is_alone_is_always_the_one_and_its_strongest_outcome_stays(scene: Scene) -> None:
    alone = scene.trial("preflight")
    suspects = Suspects([alone], scene.ledger)
    scene.strike(alone)

    assert suspects.blame(REFUSED) is alone
    assert alone.result.violations == []
    assert suspects.blame(HELD) is alone
    assert alone.result.outcome == REFUSED


@pytest.mark.parametrize(("first", "second"), [(HELD, HELD), (REFUSED, HELD), (ASKED, HELD), (HELD, ASKED)])
def test_what_comes_again_after_the_fault_was_removed_is_a_violation(scene: Scene, first: str, second: str) -> None:
    alone = scene.trial("preflight")
    suspects = Suspects([alone], scene.ledger)
    scene.strike(alone)
    suspects.blame(first)
    assert alone.result.violations == []

    suspects.blame(second)

    assert alone.result.violations == [f"{second}, although its fault was removed before"]


def test_a_form_before_the_fault_struck_is_a_violation(scene: Scene) -> None:
    alone = scene.trial("preflight")

    Suspects([alone], scene.ledger).blame(HELD)

    assert alone.result.violations == [f"{HELD}, and the fault had not struck yet"]


def test_a_pair_that_was_judged_while_the_fault_was_there_may_be_asked_for_once_more(scene: Scene) -> None:
    alone = scene.trial("preflight")
    suspects = Suspects([alone], scene.ledger)
    scene.strike(alone)
    scene.row("validate", DONE, accepted=None, rejected="0123456789ab")
    suspects.blame(HELD)

    suspects.blame(ASKED)
    assert alone.result.violations == []
    suspects.blame(ASKED)
    assert alone.result.violations == [f"{ASKED}, although its fault was removed before"]


def test_a_pair_that_is_refused_after_the_fault_was_removed_is_a_violation(scene: Scene) -> None:
    alone = scene.trial("preflight")
    suspects = Suspects([alone], scene.ledger)
    scene.strike(alone)
    for _ in range(2):
        scene.row("validate", DONE, accepted=None, rejected="0123456789ab")
        suspects.blame(ASKED)

    assert alone.result.violations == [f"{ASKED}, although its fault was removed before"]


def test_a_fault_of_the_last_time_lets_the_others_through(scene: Scene) -> None:
    one = replace(call("preflight", "heroku", "GET", PATH), times=3)
    fault = fault_of(one, "500", LAST, scene.ledger)
    plan = FaultPlan()
    plan.add(fault)

    struck = [plan.take("heroku", "GET", PATH) is fault for _ in range(5)]

    assert struck == [False, False, True, False, False]
    assert fault.struck == 1


def test_a_fault_of_the_last_time_strikes_in_no_later_step(scene: Scene) -> None:
    fault = fault_of(replace(call("pause", "heroku", "GET", PATH), times=2), "500", LAST, scene.ledger)
    scene.done("preflight", "await_readiness")
    assert fault.matches("heroku", "GET", PATH)
    scene.done("pause")

    assert not fault.matches("heroku", "GET", PATH)
    assert not fault.struck
