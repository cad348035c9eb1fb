"""While Prefect does not answer, a form that waits stays the same form: no outage is too long for it."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from blocks.prefect_api import prefect_page
from blocks.prefect_api.prefect_page import pause_with
from deployments.sandbox.faults import Fault, FaultKind
from tasks.person.forms import Signed
from tasks.run.one_at_a_time import this_run
from tests.operator import Operator
from tests.steps.support import alone, shaky

LOOK = "/api/flow_runs/[^/]+"
NO_ROUTE = {"detail": "Not Found"}
TIMES = 3
# Prefect's own answers while its database is away, a gateway's, and none.
OUTAGES = [
    Fault("prefect", FaultKind.ANSWER, "GET", LOOK, status=500, body={"exception_message": "Internal"}, times=TIMES),
    Fault("prefect", FaultKind.HTML, "GET", LOOK, status=502),
    Fault("prefect", FaultKind.HTML, "GET", LOOK, status=504, times=TIMES),
    Fault("prefect", FaultKind.HTML, "GET", LOOK, status=200, times=TIMES),
    Fault("prefect", FaultKind.ANSWER, "GET", LOOK, status=404, body=NO_ROUTE, times=TIMES),
    Fault("prefect", FaultKind.DROP_BEFORE, "GET", LOOK, times=TIMES),
    Fault("prefect", FaultKind.DROP_AFTER, "GET", LOOK, times=TIMES),
    Fault("prefect", FaultKind.RATE_LIMIT, "GET", LOOK, retry_after_s=0, times=TIMES),
]


def test_what_is_submitted_during_an_outage_is_read_after_it(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_page, "SILENT_S", 0.02)
    entered: list[str] = []

    with shaky(operator.prefect) as front:

        def submit() -> None:
            """From elsewhere, while this process sees nothing of it."""
            for fault in OUTAGES:
                front.plan.add(fault)
            run_id, _ = this_run()
            answer = {"run_input": {"operator": "Sam"}}
            operator.api.post(f"/flow_runs/{run_id}/resume", json=answer).raise_for_status()

        def waiting() -> None:
            key = f"away-{uuid4().hex[:6]}"
            entered.append(pause_with(Signed, key, "Waits.", submit, timeout_s=60, poll_s=0.05).operator)

        state = alone(waiting)

    assert state.is_completed(), state.message
    assert entered == ["Sam"]
    assert [fault.times for fault in OUTAGES] == [0] * len(OUTAGES)


def test_what_does_not_pass_by_itself_is_raised(operator: Operator) -> None:
    """A login that Prefect refuses: asked for ever, nobody would hear of it."""
    with shaky(operator.prefect) as front:

        def lock() -> None:
            front.plan.add(Fault("prefect", FaultKind.ANSWER, "GET", LOOK, status=401, body={}))

        def waiting() -> None:
            with pytest.raises(httpx.HTTPStatusError):
                pause_with(Signed, f"away-{uuid4().hex[:6]}", "Waits.", lock, timeout_s=60, poll_s=0.05)
            run_id, _ = this_run()
            operator.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": {"operator": "Sam"}}).raise_for_status()

        state = alone(waiting)

    assert state.is_completed(), state.message
