"""A cell of the grid: one vendor call that fails in one way, and what became of the rotation."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.faults.calls import Call

WENT_ON = "went on by itself"
ASKED = "the form came back"
HELD = "held and went on"
REFUSED = "refused before anything was paused"
# Where both keys live until the old one is retired.
ENDED = "ended with the old key in use, and started again"
OUTCOMES = (WENT_ON, ASKED, HELD, REFUSED, ENDED)


@dataclass(frozen=True, slots=True)
class Cell:
    """Which call fails, how, and for how long."""

    call: Call
    fault: str
    length: str

    def __str__(self) -> str:
        """As ``--only`` matches it."""
        return f"{self.call} | {self.fault} | {self.length}"


@dataclass(slots=True)
class Result:
    """What became of it. ``shared``: how many cells its rotation carried, this one included."""

    outcome: str = WENT_ON
    told: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    shared: int = 1
