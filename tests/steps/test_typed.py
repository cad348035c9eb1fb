"""What was typed stays in Prefect's store until it is staged, also when Prefect itself does not answer for a moment."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from prefect import task
from prefect.context import get_run_context
from prefect.input.actions import create_flow_run_input

from blocks.errors import Unreachable
from blocks.issuers.alpaca.pair import FIELDS
from blocks.ledger.row import Action
from blocks.model.rotation import Submission, Verdict
from deployments.local.processes import LocalPrefect
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.validate import validate
from tasks.run import entries
from tasks.run import submissions as typed_input
from tests.operator import Operator
from tests.steps.support import Clicked, alone, pending_marks, shaky
from tests.vendors.silence import assert_silent

BASE = "paused-r-test-1-1-1"
CREDENTIAL = "alpaca-paper"
PARTS = tuple(f"{BASE}-{part}" for part in ("response", "schema", "description"))
STORE = "/api/flow_runs/[^/]+/input/.+"
# What goes wrong once with every request that reads or deletes a part of the form.
BLIPS = [
    pytest.param(FaultKind.ANSWER, id="503"),
    pytest.param(FaultKind.DROP_BEFORE, id="dropped"),
    pytest.param(FaultKind.DROP_AFTER, id="dropped after it was applied"),
]


@pytest.fixture
def typed(operator: Operator, behind: Clicked) -> Submission:
    """The new pair, as Prefect keeps it after the form was submitted, with the white space that copying adds."""
    operator.canaries.typed.add(behind.new.secret.get_secret_value())
    runs: list[str] = []

    @task
    def submitted() -> None:
        run_id = get_run_context().task_run.flow_run_id  # type: ignore[union-attr]  # it is a task's
        values = {"key_id": behind.new.key_id, "secret": f" {behind.new.secret.get_secret_value()}\n"}
        for part, value in zip(PARTS, (values, {}, "the text of the form"), strict=True):
            create_flow_run_input(part, value, run_id)
        runs.append(str(run_id))

    # In a task, because of the events that tell of one: Prefect's client sends all of them to where it sent the first.
    assert alone(submitted).is_completed()
    return Submission(runs[0], BASE, behind.accepted, "somebody")


def kept(operator: Operator, typed: Submission) -> list[str]:
    """The parts of the form that Prefect still has."""
    found = operator.api.post(
        f"/flow_runs/{typed.flow_run_id}/input/filter", json={"prefix": BASE, "limit": 10}
    ).raise_for_status()
    return [one["key"] for one in found.json()]


@pytest.mark.parametrize("kind", BLIPS)
def test_a_blip_of_prefect_is_tried_again_and_nothing_is_lost(
    operator: Operator, behind: Clicked, typed: Submission, kind: FaultKind
) -> None:
    faults = [Fault("prefect", kind, method, STORE, status=503) for method in ("GET", "DELETE")]
    verdicts: list[Verdict] = []

    with shaky(operator.prefect, *faults):
        state = alone(lambda: verdicts.append(validate(behind.rotation, behind.before, typed)))

    assert state.is_completed(), state.message
    assert [fault for fault in faults if fault.times] == [], "a fault that never struck proves nothing"
    assert verdicts == [Verdict(accepted=behind.accepted)]
    assert behind.accepted in pending_marks(operator.estate)
    assert kept(operator, typed) == []
    assert operator.tables_with(behind.new.secret) == []
    # One row a try: not read, not deleted, done.
    problems = [row.context.get("problem", "") for row in operator.steps("validate")]
    assert len(problems) == 3
    assert problems[0].startswith("Prefect: read what was typed failed: ")
    assert problems[1].startswith("Prefect: delete what was typed failed: ")


@pytest.mark.parametrize("kind", [pytest.param(FaultKind.ANSWER, id="503", marks=pytest.mark.long), *BLIPS[1:]])
def test_while_prefect_does_not_answer_the_error_is_transient_and_holds_nothing(
    operator: Operator, typed: Submission, kind: FaultKind
) -> None:
    lasting = Fault("prefect", kind, path=STORE, status=503, times=None)

    with shaky(operator.prefect, lasting):
        with pytest.raises(Unreachable) as not_read:
            typed_input.read(typed.flow_run_id, typed.key, FIELDS)
        with pytest.raises(Unreachable) as not_deleted:
            typed_input.forget(typed.flow_run_id, typed.key)

    for error in (not_read.value, not_deleted.value):
        assert error.transient
        assert error.status == (503 if kind is FaultKind.ANSWER else None)
        assert_silent(error)
    if kind is not FaultKind.DROP_AFTER:
        assert sorted(kept(operator, typed)) == sorted(PARTS)
    typed_input.forget(typed.flow_run_id, typed.key)
    assert kept(operator, typed) == []


def test_another_pair_than_the_one_that_was_entered_is_not_judged(
    operator: Operator, behind: Clicked, typed: Submission
) -> None:
    """Somebody who may write to Prefect's store put it there after the entry was read and proved."""
    verdicts: list[Verdict] = []
    entered = replace(typed, fingerprint="0" * 12)

    state = alone(lambda: verdicts.append(validate(behind.rotation, behind.before, entered)))

    assert state.is_completed(), state.message
    assert [one.accepted for one in verdicts] == [None]
    assert [behind.accepted in row.facts.pairs for row in operator.steps("validate")] == [False]
    # It goes with all other entries, when a pair is accepted.
    assert sorted(kept(operator, typed)) == sorted(PARTS)
    typed_input.forget(typed.flow_run_id, typed.key)


def test_what_is_not_there_any_more_is_no_error(prefect: LocalPrefect) -> None:
    run_id = str(uuid4())
    assert prefect.port
    assert typed_input.read(run_id, BASE, FIELDS) is None
    typed_input.forget(run_id, BASE)


def test_the_right_secret_in_a_dead_form_counts_also_when_it_was_refused_with_another_key_id_before(
    operator: Operator, behind: Clicked, typed: Submission
) -> None:
    rotation = replace(behind.rotation, flow_run_id=typed.flow_run_id)
    judged = {"step": "validate", "outcome": "done", "rejected": behind.accepted, "accepted": None}
    shown = {"step": "await_human_input", "outcome": "waiting", "run": typed.flow_run_id, "form": typed.key}
    for context in (judged, shown):
        operator.ledger.append(
            Action.STEP, rotation=rotation.id, credential=CREDENTIAL, actor="somebody", context=context
        )
    found: list[Submission | None] = []

    assert alone(lambda: found.append(entries.not_judged_yet(rotation))).is_completed()

    assert [one and (one.key, one.fingerprint) for one in found] == [(typed.key, behind.accepted)]
    typed_input.forget(typed.flow_run_id, typed.key)
