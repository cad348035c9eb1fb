"""What the lookout wrote of deaths."""

from __future__ import annotations

from tests.operator import Operator


def deaths(operator: Operator) -> list[str]:
    """When the old pair died, as it was noted."""
    return [str(row.context["old_died_at"]) for row in operator.ledger.rows() if row.context.get("old_died_at")]
