"""What goes wrong once after the restart, in the step that was killed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployments.sandbox.faults import Fault, FaultKind
from tests.chaos.points import ROW, Point
from tests.chaos.rows import rows
from tests.faults.calls import STEPS

NONE = "none"
HANG = "hang"
FAULTS: dict[str, dict[str, Any]] = {
    HANG: {"kind": FaultKind.HANG},
    "drop after": {"kind": FaultKind.DROP_AFTER},
    "500": {"kind": FaultKind.ANSWER, "status": 500},
    "429": {"kind": FaultKind.RATE_LIMIT, "retry_after_s": 1},
    "reset": {"kind": FaultKind.DROP_BEFORE},
}
EVERY = (NONE, *FAULTS)
# After these nobody knows whether the request was applied.
ALWAYS = (NONE, HANG, "drop after")
IN_TURN = ("500", "429", "reset")
ANY = "*"
_NO_VENDORS = {"dashboard", "control"}
# What a continued rotation does not do again, and so does not record again.
_KEPT = ("snapshot", "await_human_input", "validate")


@dataclass(slots=True)
class AfterRestart(Fault):
    """Strikes the first request to the vendor once the new run has come to the step."""

    file: Path = field(default_factory=Path)
    # The row that was the newest when the run was started again.
    newest: int = 0
    # The rows of the new run that say so; empty: from the start.
    comes_after: Collection[str] = ()
    struck: bool = False
    _armed: bool = field(default=False)

    def matches(self, vendor: str, method: str, path: str) -> bool:
        """Whether it is that vendor, and time."""
        if vendor in _NO_VENDORS or self.struck:
            return False
        # Not super(): a dataclass with slots is another class than the one that is written here.
        if self.vendor != ANY and not Fault.matches(self, vendor, method, path):
            return False
        if not self._armed:
            self._armed = not self.comes_after or any(
                row.done in self.comes_after for row in rows(self.file, self.newest)
            )
        return self._armed

    def strike(self) -> None:
        """Note that the fault was met."""
        self.struck = True


def fault_of(point: Point, fault: str, file: Path) -> AfterRestart:
    """The fault for a run that is started now, after one that was killed at that point."""
    before = rows(file)
    return AfterRestart(
        vendor=point.vendor or ANY,
        file=file,
        newest=before[-1].sequence if before else 0,
        comes_after=_comes_after(point, {row.done for row in before}),
        **FAULTS[fault],
    )


def _comes_after(point: Point, done: set[str | None]) -> Collection[str]:
    number = STEPS.index(point.step) + (point.moment == ROW)
    earlier = [step for step in STEPS[:number] if not (step in _KEPT and _is_kept(step, done))]
    # Any later row as well: it may be that the new run finds that step done.
    return STEPS[STEPS.index(earlier[-1]) :] if earlier else ()


def _is_kept(step: str, done: set[str | None]) -> bool:
    return step in done and (step == "snapshot" or "validate" in done)
