"""Which cells there are: every point of each credential, and the faults that are combined with each of Alpaca's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zlib import crc32

from tests.chaos.cell import Cell
from tests.chaos.faults import ALWAYS, IN_TURN, NONE
from tests.chaos.machines import OWN
from tests.chaos.points import WRITES, Point
from tests.chaos.scene import Scene
from tests.contracts.contract import CONTRACTS

# Nothing is at stake yet, and a new run asks all that preflight asks, wherever the old one was killed in it: the grid
# of faults has that already.
WITHOUT_FAULTS = ("preflight", "await_readiness", "approve")


def cells_of(points: Mapping[str, Sequence[Point]]) -> list[Cell]:
    """Every cell, the first credential's first. ``points`` are by credential."""
    return list(_cells(points))


def spread(few: Sequence[Scene], many: Sequence[Cell]) -> list[Cell | Scene]:
    """Both in their order, the few evenly among the many: what mostly waits is played beside what mostly works."""
    placed: list[tuple[float, Cell | Scene]] = [(number / len(few), one) for number, one in enumerate(few)]
    placed += [(number / len(many), one) for number, one in enumerate(many)]
    return [one for _, one in sorted(placed, key=lambda place: place[0])]


def _cells(points: Mapping[str, Sequence[Point]]) -> Iterator[Cell]:
    seen: set[Point] = set()
    for credential, some in points.items():
        for point in some:
            for fault in (NONE,) if point in seen or credential in {*CONTRACTS, *OWN} else _faults(point):
                yield Cell(credential, point, fault)
        # What another credential's rotation does in the same way meets the same code: killed there, too, but faults
        # were combined with it before.
        seen |= set(some)


def _faults(point: Point) -> tuple[str, ...]:
    """Those after which nobody knows what was applied, always; of those that say so, one in turn.

    The three moments of a write take turns, so each write meets each of them; other points by their name.
    """
    if point.step in WITHOUT_FAULTS:
        return (NONE,)
    turn = WRITES.index(point.moment) if point.moment in WRITES else crc32(str(point).encode()) % len(IN_TURN)
    return (*ALWAYS, IN_TURN[turn])
