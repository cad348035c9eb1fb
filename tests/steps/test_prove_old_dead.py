"""Deaths that flap: an ended pair that is refused now and accepted then is dead only when its window is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.ledger import dying
from blocks.ledger.row import Action
from blocks.secret import Minted
from deployments.sandbox.estate import ISSUERS_PATH, STRIPE, VAULT_ENVIRONMENT
from tasks.watch.prove_old_dead import prove_old_dead
from tests.issuers.retired import looked
from tests.issuers.stripe.conftest import NAME, Bench, bench, key
from tests.steps.watching import watched

__all__ = ["bench"]
WINDOW = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)


def kept(bench: Bench) -> Minted:
    """A rotation is over whose old key was ended a moment ago, and may be accepted for a while still."""
    old, ledger, estate = bench.keys.mint(), bench.operator.ledger, bench.operator.estate
    bench.keys.delete(old)
    mark = key(old).fingerprint
    names = {f"{STRIPE}__{mark.upper()}": old}
    estate.infisical.put(estate.project_id, VAULT_ENVIRONMENT, f"{ISSUERS_PATH}/rekey", names)
    date = (datetime.now(UTC) + WINDOW).isoformat()
    rows: dict[Action, dict[str, Any]] = {
        Action.STARTED: {"reason": "scheduled", "flow_run_id": "r"},
        Action.OLD_KEPT: {"old": mark, "old_dies_at": date, "old_window_s": WINDOW.total_seconds()},
        Action.COMPLETED: {"old": mark, "new": "0" * 12},
    }
    for action, context in rows.items():
        ledger.append(action, rotation="r-1", credential=NAME, actor="rekey", context=context)
    return key(old)


def heard(bench: Bench) -> list[str]:
    """What was written down of it."""
    return [row.facts.old_answer for row in bench.operator.ledger.rows() if row.action is Action.OLD_ASKED]


def test_an_ended_key_that_flaps_is_dead_when_it_was_refused_for_a_whole_window(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three refusals are no death; an acceptance begins the window anew, and one after its date is told."""
    monkeypatch.setenv("REKEY_PROBE_INTERVAL_S", "0.05")
    old = kept(bench)

    looked()
    assert heard(bench) == [], "refused nine times in a row, and not dead"
    bench.later(WINDOW - MINUTE)
    bench.keys.knobs.flaps_s = 10 * WINDOW.total_seconds()
    looked()
    assert heard(bench) == ["accepted"]
    assert bench.operator.estate.slack.messages == [], "that is to be expected"
    bench.later(2 * MINUTE)
    (one,) = dying.all_of(bench.operator.ledger, NAME)
    assert bench.now() < one.due, "its date is over, and the window began anew"
    bench.later(WINDOW)
    looked()
    assert heard(bench) == ["accepted", "accepted"]
    told = bench.operator.estate.slack.messages
    assert len(told) == 1
    assert f"{NAME}: the old one lives on" in str(told)

    bench.keys.knobs.flaps_s = 0.0
    bench.later(WINDOW - MINUTE)
    looked()
    assert bench.kept, "refused now, and accepted less than a window ago"
    bench.later(2 * MINUTE)
    looked()
    assert bench.kept == []
    assert heard(bench) == ["accepted", "accepted", "dead"]
    assert f"{STRIPE}__{old.fingerprint.upper()}" not in bench.folder


def test_a_run_that_is_killed_between_the_proof_and_the_deletion_is_made_up_for(bench: Bench) -> None:
    """Then the pair is gone from the folder, or is not; either way it was proved dead before."""
    old = kept(bench)
    mark = old.fingerprint
    proved = {"old": mark, "old_answer": "dead", "old_asked_at": datetime.now(UTC).isoformat()}
    ledger = bench.operator.ledger
    ledger.append(Action.OLD_ASKED, rotation="r-1", credential=NAME, actor="rekey", context=proved)

    watched()

    assert (bench.kept, bench.folder) == ([], set())
    assert [row.action for row in ledger.rows(credential=NAME)][-1] is Action.OLD_DIED


def test_a_pair_of_a_rotation_that_is_not_over_is_left_to_it(bench: Bench) -> None:
    old = kept(bench)
    ledger = bench.operator.ledger
    ledger.append(Action.STARTED, rotation="r-2", credential=NAME, actor="rekey", context={"reason": "scheduled"})
    late = {"old": old.fingerprint, "old_dies_at": datetime.now(UTC).isoformat(), "old_window_s": 0.0}
    ledger.append(Action.OLD_KEPT, rotation="r-2", credential=NAME, actor="rekey", context=late)
    bench.later(WINDOW + MINUTE)
    rows = len(ledger.rows(credential=NAME))

    prove_old_dead(NAME)

    assert len(ledger.rows(credential=NAME)) == rows
