"""How a row of the ledger says that a step ended. Apart, so that reading the ledger does not import Prefect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DONE = "done"
FAILED = "failed"
WAITING = "waiting"
# A fact in between that is no step: it has proofs and no seconds.
NOTED = "noted"


def is_accepted(context: Mapping[str, Any]) -> bool:
    """Whether a step was done and found nothing wrong: validate is done, too, when it says no to a pair."""
    return context.get("outcome") == DONE and not context.get("problem")
