"""The ways in which a vendor call fails, a fault that waits for its step, and what happens elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from blocks.ledger import Ledger
from deployments.sandbox.faults import Fault, FaultKind
from tests.faults.calls import PARTS, STEPS, Call, is_done

ONCE = "once"
LASTING = "lasting"
LENGTHS = (ONCE, LASTING)
NEVER = datetime.min.replace(tzinfo=UTC)
FAULTS: dict[str, dict[str, Any]] = {
    "401": {"kind": FaultKind.ANSWER, "status": 401},
    "403": {"kind": FaultKind.ANSWER, "status": 403},
    "404": {"kind": FaultKind.ANSWER, "status": 404},
    "429": {"kind": FaultKind.RATE_LIMIT, "retry_after_s": 1},
    "500": {"kind": FaultKind.ANSWER, "status": 500},
    "HTML": {"kind": FaultKind.HTML, "status": 200},
    "hang": {"kind": FaultKind.HANG},
    "drop before": {"kind": FaultKind.DROP_BEFORE},
    "drop after": {"kind": FaultKind.DROP_AFTER},
}


@dataclass(slots=True)
class FaultInStep(Fault):
    """A fault that strikes only from the moment on in which the step before its own was recorded as done."""

    ledger: Ledger | None = None
    step: str = ""
    struck: int = 0
    last_struck: datetime = NEVER
    _begun: bool = field(default=False)

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether this rule is for that request, now."""
        # Not super(): a dataclass with slots is another class than the one that is written here.
        if not (Fault.matches(self, vendor, method, path) and self._has_begun()):
            return False
        self.struck += 1
        self.last_struck = datetime.now(UTC)
        return True

    def _has_begun(self) -> bool:
        number = STEPS.index(self.step)
        if not self._begun:
            before = STEPS[number - 1]
            self._begun = number == 0 or _parts_done(self.ledger, before) >= PARTS.get(before, 1)
        return self._begun


@dataclass(slots=True)
class Meanwhile(FaultInStep):
    """No fault: something that happens once, elsewhere, when that request is made in that step."""

    action: Callable[[], object] = lambda: None

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Never, so that the request itself goes through."""
        if not self.struck and FaultInStep.matches(self, vendor, method, path):
            self.action()
        return False


def fault_of(call: Call, fault: str, length: str, ledger: Ledger) -> FaultInStep:
    """That fault of that call: for its first request in its step, or until it is removed."""
    return FaultInStep(
        vendor=call.vendor,
        method=call.method,
        path=call.path,
        times=1 if length == ONCE else None,
        ledger=ledger,
        step=call.step,
        **FAULTS[fault],
    )


def _parts_done(ledger: Ledger | None, step: str) -> int:
    """Each consumer counts once, also when a held rotation does it again; a pair that was not accepted is no end."""
    rows = ledger.rows() if ledger else []
    return len({row.context.get("subject") for row in rows if is_done(row) and row.context.get("step") == step})
