"""A form that no operator may answer any more is told, once in some hours: nobody would ever answer it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from blocks.ledger.row import Action
from blocks.operators import enrolment
from blocks.operators.registry import SUPERADMIN
from tasks.watch import tell_nobody as telling
from tasks.watch.look_after import _look_whether_it_goes_on
from tests.operator import Operator
from tests.steps.live import LIVE
from tests.steps.proving import let_it_say
from tests.steps.support import alone

SAM, KIM = "test operator", "Kim"


def test_people_hear_of_an_approval_that_nobody_may_give(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    let_it_say('proof = "passkey"\napprovals = 2', LIVE)
    operator.enrol(SAM)
    operator.enrol(KIM, SUPERADMIN)
    add = partial(operator.ledger.append, rotation="r-1", credential=LIVE, actor="rekey")
    add(Action.STARTED, context={"flow_run_id": "no-run", "reason": "scheduled"})
    for facts in (
        {"step": "preflight", "outcome": "done", "plan": "a" * 64},
        {"step": "approve", "outcome": "waiting"},
    ):
        context = {"form": "paused-1", "awaited": "an approval", **facts}
        add(Action.STEP, context=context)

    def watched() -> list[str]:
        assert alone(lambda: _look_whether_it_goes_on(LIVE)).is_completed()
        return [one["text"] for one in operator.estate.slack.messages if "nobody may answer" in one["text"]]

    assert watched() == []
    enrolment.remove(operator.ledger, KIM, "somebody")
    assert len(watched()) == 1
    (told,) = watched()
    assert "asks for the approval of a second operator with the role superadmin, and only test operator has" in told
    assert "rekey operator add NAME --role superadmin" in told
    monkeypatch.setattr(telling, "REMIND_AFTER", timedelta(0))
    assert len(watched()) == 2
    enrolment.invite(operator.ledger, KIM, SUPERADMIN, "somebody")
    operator.enrol("Robin", SUPERADMIN)
    assert len(watched()) == 2
