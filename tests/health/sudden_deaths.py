"""What tests of a pair that dies by itself share."""

from __future__ import annotations

from typing import Any

from blocks.ledger.row import Action, Row
from flows.watch import watch
from tests.operator import Operator

REFUSED = {"code": 40110000, "message": "request is not authorized"}


def watched() -> None:
    """One run of watch."""
    state: Any = watch(return_state=True)
    assert state.is_completed(), state.message


def deaths(operator: Operator) -> list[Row]:
    """What the ledger says of deaths and recoveries."""
    return [row for row in operator.ledger.rows() if row.action in {Action.DIED, Action.RECOVERED}]
