"""Which cells there are: every call with every fault, once and lasting, and beside these two things that differ.

A call that its step makes several times fails the last time, too: what was read back after a write, or asked again;
but where it is not the step alone that asks, there is no last time to wait for.
And Heroku fails for one of the two applications only, while trading is stopped, given the pair, or let go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.calls import ANY_APP, ASKED_BY_BOTH, Call
from tests.faults.cell import Cell
from tests.faults.faults import FAULTS, LAST, LASTING, ONCE

# Of these there are fewer faults: one of each sort.
AT_LAST = ("500", "401", "drop after")
OF_ONE_APP = ("403", "drop before")
STEPS_OF_BOTH_APPS = ("pause", "propagate", "resume")


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the page: these calls, each with these faults, so long."""

    title: str
    calls: Sequence[Call]
    faults: Sequence[str]
    length: str

    def cells(self, fault: str) -> list[Cell]:
        """A column of it; none of a fault that it does not have."""
        return [Cell(call, fault, self.length) for call in self.calls if fault in self.faults]


def sections(calls: Sequence[Call]) -> list[Section]:
    """All of them, given the calls of a clean rotation."""
    several = [one for one in calls if one.times > 1 and (one.step, one.path) != ASKED_BY_BOTH]
    of_apps = [one.of_one_app() for one in calls if one.step in STEPS_OF_BOTH_APPS and one.path.startswith(ANY_APP)]
    return [
        Section("The call fails once", calls, tuple(FAULTS), ONCE),
        Section("The call fails once, the last time that its step makes it", several, AT_LAST, LAST),
        Section("The call fails until somebody acts", calls, tuple(FAULTS), LASTING),
        Section("The call fails for one of two applications until somebody acts", of_apps, OF_ONE_APP, LASTING),
    ]


def cells_of(calls: Sequence[Call]) -> list[Cell]:
    """Every cell, fault by fault."""
    found = sections(calls)
    return [cell for fault in FAULTS for section in found for cell in section.cells(fault)]
