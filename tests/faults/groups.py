"""Which cells share a rotation: one a step at most, and none that would hide another one.

Two of preflight do: what lasts is refused nearly always, and then the rotation is started again, with the other one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tests.faults.calls import STEPS, Call
from tests.faults.cell import Cell
from tests.faults.faults import LASTING, ONCE

# With very short patience for answers, which the other faults do not need.
SLOW = "hang"
# These steps do not fail themselves: what lasts in them is met again in one of those steps.
MET_AGAIN_IN = {"await_readiness": {"pause", "snapshot"}, "await_human_input": {"validate"}}
# The page of a brake, of which that step takes no answer for a reason to stop, is met again here.
PAGE, PAGE_MET_AGAIN_IN = "/health/trading", {"verify"}


@dataclass(slots=True)
class _Group:
    cells: list[Cell] = field(default_factory=list)

    def has_room_for(self, cell: Cell) -> bool:
        return not any(_in_the_way(one, cell) or _in_the_way(cell, one) for one in self.cells)


def grouped(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Every cell once, in as few groups as the step with the most cells allows."""
    slow = [cell for cell in cells if cell.fault == SLOW]
    return [*_spread([cell for cell in cells if cell.fault != SLOW]), *_spread(slow)]


def _spread(cells: Sequence[Cell]) -> list[list[Cell]]:
    sizes = Counter(cell.call.step for cell in cells)
    fewest = Counter((cell.call.step, _is_started_again(cell) and cell.length == LASTING) for cell in cells)
    groups = [_Group() for _ in range(max(fewest.values(), default=0))]
    # Cells of big steps first, while there is room everywhere.
    for cell in sorted(cells, key=lambda one: (-sizes[one.call.step], one.call.number)):
        free = [group for group in groups if group.has_room_for(cell)]
        if not free:
            groups.append(_Group())
            free = groups[-1:]
        min(free, key=lambda group: len(group.cells)).cells.append(cell)
    return [sorted(group.cells, key=_place) for group in groups]


def _place(cell: Cell) -> tuple[int, bool]:
    return cell.call.number, cell.length != LASTING


def _in_the_way(one: Cell, other: Cell) -> bool:
    mine, others = one.call, other.call
    # The last request is not the same one when preflight finds what an earlier one made.
    one_after_another = {one.length, other.length} == {ONCE, LASTING}
    return (
        (mine.step == others.step and not (_is_started_again(one) and one_after_another))
        or mine.request == others.request
        or (one.length == LASTING and others.step in _met_again_in(mine))
    )


def _met_again_in(call: Call) -> Collection[str]:
    if call.step == "await_human_input" and call.path == PAGE:
        return PAGE_MET_AGAIN_IN
    return MET_AGAIN_IN.get(call.step, ())


def _is_started_again(cell: Cell) -> bool:
    return cell.call.step == STEPS[0]
