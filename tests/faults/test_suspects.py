"""A form is put down to a cell only when the ledger and the faults that struck leave no other."""

from __future__ import annotations

import pytest

from blocks.prefect_api.recording import DONE, FAILED
from tests.faults.calls import call
from tests.faults.cell import ASKED, HELD, REFUSED, WENT_ON
from tests.faults.faults import ONCE, fault_of
from tests.faults.scene import PATH, Scene
from tests.faults.suspects import AmbiguousError, Suspects, Trial


def test_it_is_the_cell_of_the_failed_step_whose_fault_struck(scene: Scene) -> None:
    early, guilty, later = scene.trial("preflight"), scene.trial("pause"), scene.trial("verify")
    scene.strike(early)
    scene.done("preflight", "await_readiness")
    scene.strike(guilty)
    scene.row("pause", FAILED)

    assert Suspects([early, guilty, later], scene.ledger).blame(HELD) is guilty
    assert [one.result.outcome for one in (early, guilty, later)] == [WENT_ON, HELD, WENT_ON]


def test_two_faults_in_the_failed_step_are_ambiguous(scene: Scene) -> None:
    lasting, other = scene.trial("preflight"), scene.trial("pause")
    scene.done("preflight", "await_readiness")
    scene.strike(lasting)
    scene.strike(other)
    scene.row("pause", FAILED)

    with pytest.raises(AmbiguousError, match="pause failed, by preflight"):
        Suspects([lasting, other], scene.ledger).blame(HELD)


def test_a_form_for_which_no_fault_struck_is_ambiguous(scene: Scene) -> None:
    early, later = scene.trial("preflight"), scene.trial("verify")
    scene.strike(early)
    scene.done("preflight", "await_readiness")
    scene.row("pause", FAILED)

    with pytest.raises(AmbiguousError, match="by none of them"):
        Suspects([early, later], scene.ledger).blame(HELD)


def test_a_cell_is_settled_once(scene: Scene) -> None:
    one, later = scene.trial("pause"), scene.trial("verify")
    suspects = Suspects([one, later], scene.ledger)
    scene.done("preflight", "await_readiness")
    scene.strike(one)
    scene.row("pause", FAILED)
    suspects.blame(HELD)

    with pytest.raises(AmbiguousError, match="settled before"):
        suspects.blame(HELD)


def _met_again(scene: Scene, where: str) -> tuple[Suspects, Trial]:
    """What lasts since preflight and did not fail there, when another cell was held in snapshot."""
    lasting, held = scene.trial("preflight"), scene.trial("snapshot")
    suspects = Suspects([lasting, held], scene.ledger)
    scene.strike(lasting)
    scene.done("preflight", "await_readiness", "pause")
    scene.strike(held)
    scene.row("snapshot", FAILED)
    assert suspects.blame(HELD) is held
    scene.done("hold")
    scene.strike(lasting)
    scene.row(where, FAILED)
    return suspects, lasting


def test_what_lasts_since_an_earlier_step_may_hold_where_the_rotation_was_not_yet(scene: Scene) -> None:
    suspects, lasting = _met_again(scene, "validate")

    assert suspects.blame(HELD) is lasting


def test_what_lasts_since_an_earlier_step_is_ambiguous_where_the_rotation_was_before(scene: Scene) -> None:
    suspects, _ = _met_again(scene, "pause")

    with pytest.raises(AmbiguousError, match="after another form"):
        suspects.blame(HELD)


def test_a_step_that_fails_before_it_records_anything_is_the_one_after_the_newest(scene: Scene) -> None:
    early, guilty = scene.trial("pause"), scene.trial("propagate")
    scene.done("preflight", "await_readiness")
    scene.strike(early)
    scene.done("pause", "snapshot", "await_human_input", "validate", "store")
    scene.strike(guilty)

    assert Suspects([early, guilty], scene.ledger).blame(HELD) is guilty


def test_the_fault_of_a_step_that_was_passed_over_makes_a_form_ambiguous(scene: Scene) -> None:
    passed, guilty = scene.trial("pause"), scene.trial("snapshot")
    scene.done("preflight", "await_readiness", "pause")
    scene.strike(guilty)
    scene.row("snapshot", FAILED)

    with pytest.raises(AmbiguousError, match="struck nothing yet"):
        Suspects([passed, guilty], scene.ledger).blame(HELD)


def test_a_consumer_that_is_done_after_another_one_failed_leaves_propagate_the_failed_step(scene: Scene) -> None:
    guilty, later = scene.trial("propagate"), scene.trial("verify")
    scene.done("store")
    scene.strike(guilty)
    scene.row("propagate", FAILED, subject="one")
    scene.row("propagate", DONE, subject="other")

    assert Suspects([guilty, later], scene.ledger).blame(HELD) is guilty


def test_a_pair_that_is_not_accepted_is_no_end_of_validate(scene: Scene) -> None:
    guilty, later = scene.trial("validate"), scene.trial("store")
    scene.done("await_human_input")
    scene.strike(guilty)
    scene.row("validate", DONE, accepted=None, rejected="0123456789ab")

    assert not later.fault.matches("heroku", "GET", PATH)
    assert Suspects([guilty, later], scene.ledger).blame(ASKED) is guilty


def test_a_refusal_is_due_to_the_preflight_cell(scene: Scene) -> None:
    guilty, later = scene.trial("preflight"), scene.trial("verify")
    scene.strike(guilty)
    scene.row("preflight", FAILED)

    assert Suspects([guilty, later], scene.ledger).blame(REFUSED) is guilty
    with pytest.raises(AmbiguousError, match="by none of them"):
        Suspects([later, scene.trial("resume")], scene.ledger).blame(REFUSED)


def test_a_second_refusal_is_due_to_the_second_preflight_cell(scene: Scene) -> None:
    first, second = scene.trial("preflight"), scene.trial("preflight")
    suspects = Suspects([first, second], scene.ledger)
    scene.strike(first)
    assert suspects.blame(REFUSED) is first
    scene.strike(second)
    assert suspects.blame(REFUSED) is second


def test_a_fault_waits_for_both_consumers_also_when_one_of_them_is_done_twice(scene: Scene) -> None:
    verify = scene.trial("verify").fault
    scene.row("propagate", DONE, subject="one")
    scene.row("propagate", DONE, subject="one")
    assert not verify.matches("heroku", "GET", PATH)
    scene.row("propagate", DONE, subject="other")
    assert verify.matches("heroku", "GET", PATH)
    assert fault_of(call("preflight", "heroku", "GET", PATH), "500", ONCE, scene.ledger).matches("heroku", "GET", PATH)
