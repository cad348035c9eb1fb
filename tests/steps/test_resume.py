"""The end of a rotation: the ledger's last row, the report, the events, and nothing left in flight."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from blocks.issuers.alpaca.pair import Pair
from blocks.ledger.row import Action
from blocks.model.rotation import Reason
from deployments.sandbox.estate import PAPER
from tests.operator import Operator
from tests.steps.support import pending_marks
from tests.waiting import wait_until

STEPS = [
    "preflight",
    "await_readiness",
    "pause",
    "snapshot",
    "await_human_input",
    "validate",
    "store",
    "propagate",
    "verify",
    "retire",
    "resume",
]


def test_a_rotation_ends_with_the_sops_record_a_report_and_events(operator: Operator) -> None:
    """All from the same ledger rows, so that none of them can say something else than the others."""
    began, entered = datetime.now(UTC), list[Pair]()
    old = operator.estate.vault_values()

    def enter(person: Operator) -> Pair:
        entered.append(person.regenerate())
        return entered[0]

    outcome = operator.rotate(enter, reason=Reason.OFFBOARDING)

    assert outcome.state.is_completed(), outcome.message
    rows = operator.ledger.rows()
    completed, new = rows[-1], entered[0].fingerprint
    context = dict(completed.context)
    # The SOP's names, and what rekey adds.
    assert completed.action is Action.COMPLETED
    assert completed.actor.startswith("rekey (run ")
    assert began <= datetime.fromisoformat(context.pop("rotated_at")) <= datetime.now(UTC)
    old_mark = context.pop("old")
    assert context == {
        "secret_name": "ALPACA_PAPER_API_KEY_ID, ALPACA_PAPER_API_SECRET_KEY",
        "method": "operator-assisted-dashboard",
        "reason": "offboarding",
        "new": new,
        "suspended_by_owner": False,
    }
    told = f"alpaca-paper is rotated: pair {old_mark} is dead, pair {new} is in use. Report: "
    assert outcome.message.startswith(told)
    assert operator.ledger.verify() is None

    done = [row for row in rows if row.action is Action.STEP and row.context["outcome"] == "done"]
    assert list(dict.fromkeys(row.context["step"] for row in done)) == STEPS
    assert all(row.context["proofs"] for row in done)
    assert pending_marks(operator.estate) == []

    posted = operator.api.get("/artifacts/ledger-head/latest").json()["data"]
    assert [(one["ledger_row"], one["ledger_head"]) for one in json.loads(posted)] == [
        (str(completed.sequence), completed.hash)
    ]
    report = operator.report()
    assert report.startswith("# alpaca-paper was rotated\n")
    for fact in (rows[0].rotation, "offboarding", "test operator", f"`{old_mark}`", f"`{new}`", f"`{completed.hash}`"):
        assert f"| {fact} |" in report
    for row in done:
        assert f"| done | {row.context['seconds']:.1f} | " in report
        assert all(proof.replace("|", "\\|") in report for proof in row.context["proofs"])
    assert [value for value in (*old.values(), entered[0].key_id) if value in report] == []

    rotation = rows[0].rotation
    wait_until(lambda: len(events(operator, rotation)) == len(rows), description="each ledger row is an event")
    seen = {event["payload"]["ledger_sequence"]: event for event in events(operator, rotation)}
    for row in rows:
        assert seen[row.sequence]["event"] == row.action.value
        assert seen[row.sequence]["resource"]["prefect.resource.id"] == "rekey.credential.alpaca-paper"
    assert seen[completed.sequence]["payload"]["new"] == new
    assert operator.estate.vault_values()[PAPER[0]] == entered[0].key_id


def events(operator: Operator, rotation: str) -> list[dict[str, Any]]:
    """The events of one rotation that Prefect has. Other tests of this session may have sent some, too."""
    newest = {"filter": {"event": {"prefix": ["secret."]}, "order": "DESC"}, "limit": 50}
    found = operator.api.post("/events/filter", json=newest).json()["events"]
    return [event for event in found if event["payload"]["rotation"] == rotation]
