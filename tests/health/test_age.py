"""The age of a key that rekey never rotated is unknown, and told so once, until the catalog says when it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.health.support import PAPER, examined, forget_heads, messages, told, wrong
from tests.operator import Operator
from tests.steps.support import use_catalog


def test_a_key_that_was_never_rotated_has_an_unknown_age_until_the_catalog_says_one(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_heads(operator)

    found = examined(PAPER)

    assert wrong(found)[f"{PAPER}: age"] == "unknown"
    assert {one["credential"]: one["last rotated"] for one in found["matrix"]} == {
        PAPER: "never",
        "all credentials": "",
    }
    heard = len(messages(operator))
    examined(PAPER)
    assert len(messages(operator)) == heard, "once"

    use_catalog(tmp_path, monkeypatch, ("cadence_days = 180", "cadence_days = 180\nmade_on = 2025-03-01"))
    found = examined(PAPER)
    assert wrong(found)[f"{PAPER}: age"] == "failed"
    assert "Made on 2025-03-01, as the catalog says, due on 2025-08-28: overdue for" in told(found, "age")
    assert operator.ledger.verify() is None
