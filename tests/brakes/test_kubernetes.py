"""As many pods as before come back, whoever died in between, and who scaled it meanwhile is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blocks.answer import Answer, LiveEnabled
from blocks.brakes.interface import Done
from blocks.brakes.kubernetes.scale import MARK, KubernetesBrake
from blocks.errors import LedgerError, StepError
from blocks.wire import permission
from deployments.kit.shipped.clusters import NAME, NAMESPACE
from deployments.sandbox.faults import Fault, FaultKind
from tests.consumers.handover import a_pair, given
from tests.consumers.kubernetes.scene import DEPLOYMENT, Scene

BRAKE = KubernetesBrake(kind="kubernetes", deployment=DEPLOYMENT, runtime="http-json/desk")


def set_it(*, engaged: bool, timeout_s: float = 2.0) -> Done:
    return BRAKE.set(engaged=engaged, timeout_s=timeout_s, on_change=lambda: None)


def page(answer: Answer) -> Callable[[], LiveEnabled]:
    return lambda: LiveEnabled(answer, "the page")


def marks(scene: Scene) -> dict[str, str]:
    return dict(scene.twin.cluster.objects["deployments", NAMESPACE, NAME]["metadata"]["annotations"])


def test_it_has_as_many_pods_as_before_and_nothing_is_left_on_it(scene: Scene) -> None:
    scene.twin.cluster.scale(NAMESPACE, NAME, 3)

    stopped = set_it(engaged=True)

    assert (stopped.told, BRAKE.position().told) == ("0 pods (no pod runs)", "0 pods")
    assert (scene.running, marks(scene)[MARK]) == ([], "3")
    going_on = set_it(engaged=False)
    assert (going_on.told, len(scene.running), MARK in marks(scene)) == ("3 pods (all available)", 3, False)


@pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
@pytest.mark.parametrize("engaged", [True, False])
def test_a_kill_at_its_write_changes_nothing_of_the_number(scene: Scene, kind: FaultKind, engaged: bool) -> None:
    """What was remembered is written together with the zero, so there is nothing between the two."""
    if not engaged:
        set_it(engaged=True)
    scene.server.plan.add(Fault("kubernetes", kind, "PATCH", times=1))
    with pytest.raises(Exception, match="scale deployment"):
        set_it(engaged=engaged)

    set_it(engaged=True)
    set_it(engaged=False)

    assert len(scene.running) == 2


def test_pods_that_are_being_ended_trade_still(scene: Scene) -> None:
    scene.knobs.end_s = 60

    with pytest.raises(StepError, match=r"that no pod runs is not proved after 1 s \(2 run, such as desk-"):
        set_it(engaged=True, timeout_s=0.6)

    assert BRAKE.trading(page(Answer.YES)).answer is Answer.YES


def test_without_a_pod_it_does_not_trade_and_its_page_is_not_asked(scene: Scene) -> None:
    assert BRAKE.trading(page(Answer.YES)).answer is Answer.YES
    set_it(engaged=True)

    assert BRAKE.trading(page(Answer.UNKNOWN)).answer is Answer.NO
    assert BRAKE.said(enabled=False) == f"no pod of {DEPLOYMENT} runs that trades"
    scene.server.plan.add(Fault("kubernetes", FaultKind.ANSWER, status=503, times=None))
    seen = BRAKE.trading(page(Answer.NO))
    assert (seen.answer, "the vendor is in trouble" in seen.reason) == (Answer.UNKNOWN, True)


def test_somebody_who_scales_it_meanwhile_is_told_and_what_was_before_counts(scene: Scene) -> None:
    set_it(engaged=True)
    scene.twin.cluster.scale(NAMESPACE, NAME, 5, manager="argocd")
    assert BRAKE.position().told == "5 pods, although rekey scaled it to zero (argocd did that)"

    again = set_it(engaged=True)

    assert again.beside == (
        f"Somebody (argocd) scaled {DEPLOYMENT} to 5 while it was to have no pod. Later it gets 2 again, as before.",
    )
    set_it(engaged=False)
    assert len(scene.running) == 2


def test_what_somebody_scaled_before_the_release_stays_and_is_told(scene: Scene) -> None:
    set_it(engaged=True)
    scene.twin.cluster.scale(NAMESPACE, NAME, 4, manager="helm")

    told = set_it(engaged=False).told

    assert told == "4 pods (all available), as helm scaled it meanwhile: it had 2 before"
    assert (len(scene.running), MARK in marks(scene)) == (4, False)


def test_zero_of_somebody_else_is_never_released_to_a_guess(scene: Scene) -> None:
    scene.twin.cluster.scale(NAMESPACE, NAME, 0)

    assert (BRAKE.position().is_engaged, BRAKE.position().told) == (True, "0 pods, by somebody else")
    assert not set_it(engaged=True).is_changed
    with pytest.raises(StepError, match="nothing on it says how many there were"):
        set_it(engaged=False)
    assert scene.running == []


def test_a_pair_that_was_given_meanwhile_is_in_every_pod_that_comes_back(scene: Scene) -> None:
    set_it(engaged=True)
    given(scene.consumer, pair := a_pair())

    set_it(engaged=False)

    assert scene.running == [pair.secret.get_secret_value()] * 2


def test_a_write_of_somebody_else_in_the_same_moment_is_no_obstacle(scene: Scene) -> None:
    scene.knobs.conflicts = 3

    assert set_it(engaged=True).is_changed
    assert scene.running == []


def test_it_is_stopped_and_not_released_while_nobody_knows_whether_this_run_may(scene: Scene) -> None:
    def away() -> None:
        raise LedgerError("The ledger is away.", "Wait.", transient=True)

    with permission.asked(away):
        set_it(engaged=True)
        with pytest.raises(LedgerError):
            set_it(engaged=False)

    assert scene.running == []
