"""Who decided what, and what proved it, is told of every row in which a person decided something."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.ledger.decisions import NOBODY_CHECKED, decided
from blocks.ledger.row import Action, Row

PLAN = "a" * 64
PASSKEY = {"how": "passkey", "role": "superadmin", "proved_in": 1}


def told(action: Action, context: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Of this row alone: who, what, and by which proof."""
    row = Row(1, datetime(2026, 11, 28, tzinfo=UTC), "r-1", "alpaca-live", action, "somebody", context, "", "1")
    return [(one.who, one.what, one.proof) for one in decided([row])]


@pytest.mark.parametrize(
    ("action", "context", "expected"),
    [
        (Action.STARTED, {"starter": "Sam", **PASSKEY}, ("Sam", "started it", "by passkey")),
        (Action.TAKEN, {"taker": "Sam", "instead_of": ""}, ("Sam", "took it", NOBODY_CHECKED)),
        (
            Action.TAKEN,
            {"taker": "Kim", "instead_of": "Sam", "why": "Sam is ill", **PASSKEY},
            ("Kim", "took it over from Sam: Sam is ill", "by passkey"),
        ),
        (
            Action.ABORTED,
            {"operator": "Sam", "closed": "by hand", "reason": "no run is left"},
            ("Sam", "closed it by hand: no run is left", NOBODY_CHECKED),
        ),
    ],
)
def test_what_is_done_with_a_rotation_as_a_whole_is_a_decision(
    action: Action, context: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert told(action, context) == [expected]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"step": "await_human_input", "fingerprint": "ab", "how": "code"}, "entered the new pair (pair ab)"),
        ({"step": "await_readiness", "choice": "not ready", "why": "ill"}, "readiness: not ready, because ill"),
        ({"step": "retire"}, "said that the old pair is ended"),
        ({"step": "hold", "choice": "retry this step"}, "how to go on: retry this step"),
        ({"step": "something newer"}, "something newer"),
        ({"step": "approve", "choice": "yes", "asked_by": "Kim", "approver": "Sam"}, "the plan: yes, after Kim"),
    ],
)
def test_what_is_answered_to_a_form_is_a_decision_by_its_proof(facts: dict[str, Any], expected: str) -> None:
    proof = "by one-time code" if "how" in facts else NOBODY_CHECKED

    assert told(Action.STEP, {"outcome": "done", "operator": "Sam", **facts}) == [("Sam", expected, proof)]


def test_the_first_of_two_approvals_is_a_decision_too() -> None:
    noted = {"step": "approve", "outcome": "noted", "asked_by": "Sam", "plan": PLAN, **PASSKEY}

    assert told(Action.STEP, noted) == [("Sam", f"stands behind plan {PLAN[:16]}", "by passkey")]


@pytest.mark.parametrize(
    ("action", "context"),
    [
        (Action.STARTED, {"unsigned": True}),
        (Action.ABORTED, {"reason": "its run ended"}),
        (Action.STEP, {"step": "verify", "outcome": "done"}),
        (Action.STEP, {"step": "await_human_input", "outcome": "waiting", "operator": "Sam"}),
    ],
)
def test_what_rekey_does_by_itself_is_no_decision(action: Action, context: dict[str, Any]) -> None:
    assert told(action, context) == []
