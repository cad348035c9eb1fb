"""A rotation up to one of its steps, for tests of what a form leads to. What comes after it is tested by itself."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed

from blocks.model.rotation import Reason, Verdict
from blocks.model.step import Step
from tasks.lookout.beside_the_run import looked_after
from tasks.person.now import shown
from tasks.rotate.approve import approve
from tasks.rotate.await_readiness import await_readiness
from tasks.rotate.mint import mint
from tasks.rotate.pause import pause
from tasks.rotate.preflight import preflight
from tasks.rotate.snapshot import snapshot
from tasks.rotate.validate import validate
from tasks.run.one_at_a_time import one_at_a_time
from tests.operator import Answer, Operator, Outcome


@flow(name="beginning of a rotation", persist_result=False)
def beginning(credential: str, until: Step, reason: Reason = Reason.SCHEDULED) -> State:
    """The procedure of flows/rotate.py, which ends behind that step and holds nothing."""
    with one_at_a_time(credential), shown(), looked_after():
        rotation = preflight(credential, reason)
        ended = await_readiness(rotation) or approve(rotation)
        if ended is not None:
            return Cancelled(name="Stopped", message=ended)
        if until not in {Step.AWAIT_READINESS, Step.APPROVE}:
            pause(rotation)
            before = snapshot(rotation)
            verdict = Verdict(accepted=None)
            while until is Step.VALIDATE and verdict.accepted is None:
                verdict = validate(rotation, before, mint(rotation, before, verdict))
    return Completed(message=f"{until} is done.")


def begun(
    operator: Operator,
    *answers: Answer,
    until: Step,
    credential: str = "alpaca-live",
    reason: Reason = Reason.SCHEDULED,
) -> Outcome:
    """Play it up to that step, with these answers to its forms, and demand that it gets there."""
    assert until in {Step.AWAIT_READINESS, Step.APPROVE, Step.SNAPSHOT, Step.VALIDATE}
    outcome = operator.rotate(*answers, flow=beginning, credential=credential, until=until, reason=reason)
    assert outcome.state.is_completed(), outcome.message
    assert [row.context["outcome"] for row in operator.steps(until)][-1] == "done"
    return outcome
