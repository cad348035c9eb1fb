"""What the ledger says of the pairs that were entered."""

from __future__ import annotations

from typing import Any

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from tasks.run import entries


def validated(ledger: Ledger, **context: Any) -> None:
    """One more verdict of validate."""
    context = {"step": "validate", "outcome": "done", **context}
    ledger.append(Action.STEP, rotation="r-1", credential="alpaca-live", actor="somebody", context=context)


def test_a_pair_that_is_accepted_after_all_is_not_left_where_it_waited(ledger: Ledger) -> None:
    """It was taken for another account's, and the catalog was corrected then."""
    validated(ledger, accepted=None, rejected="a" * 12, misplaced=True)
    validated(ledger, accepted=None, rejected="b" * 12, misplaced=True)
    assert entries.left_on_purpose(ledger.rows()) == {"a" * 12, "b" * 12}

    validated(ledger, accepted="a" * 12)

    assert entries.left_on_purpose(ledger.rows()) == {"b" * 12}
