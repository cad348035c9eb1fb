"""The ways in which a vendor call fails, a fault that waits for its step, and what happens elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from blocks.ledger.ledger import Ledger
from deployments.sandbox.faults import Fault, FaultKind
from tests.faults.calls import PARTS, STEPS, Call, is_done

ONCE = "once"
LASTING = "lasting"
# Of a call that its step makes several times: what was read back, asked again, or done for another app.
LAST = "once, the last time"
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
    """A fault that strikes only from the moment on in which the step before its own was recorded as done.

    One that lets requests through first does not strike in a later step instead, should its own make fewer of them.
    """

    ledger: Ledger | None = None
    step: str = ""
    struck: int = 0
    last_struck: datetime = NEVER
    # Whether it is one certain request of its step, counted from the first one.
    counts: bool = False
    parts: Mapping[str, int] = field(default_factory=lambda: PARTS)
    _begun: bool = field(default=False)

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether this rule is for that request, now."""
        # Not super(): a dataclass with slots is another class than the one that is written here.
        if not (Fault.matches(self, vendor, method, path) and self._has_begun()) or self._is_too_late():
            return False
        if not self.skip:
            self.struck += 1
            self.last_struck = datetime.now(UTC)
        return True

    def _has_begun(self) -> bool:
        number = STEPS.index(self.step)
        if not self._begun:
            self._begun = number == 0 or _is_over(self.ledger, STEPS[number - 1], self.parts)
        return self._begun

    def _is_too_late(self) -> bool:
        return self.counts and not self.struck and _is_over(self.ledger, self.step, self.parts)


@dataclass(slots=True)
class Meanwhile(FaultInStep):
    """No fault: something that happens once, elsewhere, when that request is made in that step."""

    action: Callable[[], object] = lambda: None

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Never, so that the request itself goes through."""
        if not self.struck and FaultInStep.matches(self, vendor, method, path):
            self.action()
        return False


def fault_of(call: Call, fault: str, length: str, ledger: Ledger, parts: Mapping[str, int] = PARTS) -> FaultInStep:
    """That fault of that call: for its first or its last request in its step, or until it is removed.

    ``parts`` is how many rows say that a step is done, where it is not one.
    """
    return FaultInStep(
        vendor=call.vendor,
        method=call.method,
        path=call.path,
        times=None if length == LASTING else 1,
        skip=call.times - 1 if length == LAST else 0,
        counts=length == LAST,
        ledger=ledger,
        step=call.step,
        parts=parts,
        **FAULTS[fault],
    )


def _is_over(ledger: Ledger | None, step: str, parts: Mapping[str, int]) -> bool:
    """Each consumer counts once, also when a held rotation does it again; a pair that was not accepted is no end."""
    rows = ledger.rows() if ledger else []
    done = {row.context.get("subject") for row in rows if is_done(row) and row.context.get("step") == step}
    return len(done) >= parts.get(step, 1)
