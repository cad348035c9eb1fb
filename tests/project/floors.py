"""Places for rooms on floors: whoever imports is above whom it imports, and arrows cross as little as can be.

The same graph gives the same places, whatever the order in which its rooms were found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from itertools import combinations, pairwise

Graph = Mapping[str, set[str]]
Place = str | tuple[str, str, int]
SWEEPS = 40


def without_detours(graph: Graph) -> dict[str, list[str]]:
    """Who imports whom, less each import that a longer way along the others implies (transitive reduction)."""

    @cache
    def reached(name: str) -> frozenset[str]:
        return frozenset(graph[name]).union(*(reached(one) for one in graph[name]))

    return {
        name: sorted(one for one in graph[name] if not any(one in reached(other) for other in graph[name]))
        for name in sorted(graph)
    }


def floors(graph: Graph, stacked: Sequence[str]) -> dict[str, int]:
    """On which floor each room is, from 0: above all that it imports.

    The packages ``stacked``, topmost first, stand wholly above one another; other ones beside them.
    """
    found: dict[str, int] = {}
    order = list(TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)}).static_order())
    ground = 0
    for package in (*reversed(stacked), None):
        for name in order:
            mine = name.split(".")[0]
            if mine == package or (package is None and mine not in stacked):
                least = ground if package else 0
                found[name] = max([least, *(found[one] + 1 for one in graph[name])])
        ground = max(found.values()) + 1
    return found


@dataclass
class Plan:
    """Rooms, and the places at which an arrow passes a floor between its ends, from left to right on each floor.

    A place where an arrow passes is a tuple: who imports, who is imported, and the floor.
    """

    rows: list[list[Place]]
    stacked: Sequence[str]
    up: dict[Place, list[Place]] = field(default_factory=dict)
    down: dict[Place, list[Place]] = field(default_factory=dict)
    ways: dict[tuple[str, str], list[Place]] = field(default_factory=dict)

    def crossings(self) -> int:
        """How often arrows cross between one floor and the next, on all floors together."""
        return sum(crossings(upper, lower, self.down) for lower, upper in pairwise(self.rows))

    def sort(self, row: int, beside: Mapping[Place, list[Place]]) -> None:
        """Put each place of a floor where its neighbours on one side are, on average."""
        at = {one: index for others in self.rows for index, one in enumerate(others)}
        before = {one: index for index, one in enumerate(self.rows[row])}
        self.rows[row].sort(
            key=lambda one: (self.aside(one), mean((at[other] for other in beside[one]), otherwise=before[one]))
        )

    def aside(self, place: Place) -> bool:
        """Whether it belongs to the column on the right; an arrow passes floors in the column of whoever imports."""
        return (place if isinstance(place, str) else place[0]).split(".")[0] not in self.stacked


def mean(values: Iterable[float], *, otherwise: float) -> float:
    found = list(values)
    return sum(found) / len(found) if found else otherwise


def crossings(upper: list[Place], lower: list[Place], down: Mapping[Place, list[Place]]) -> int:
    at = {one: index for index, one in enumerate(lower)}
    ends = [[at[other] for other in down[one] if other in at] for one in upper]
    return sum(left > right for one, other in combinations(ends, 2) for left in one for right in other)


def plan(arrows: Mapping[str, list[str]], floor: Mapping[str, int], stacked: Sequence[str]) -> Plan:
    """All places, in an order with few crossings: floors are sorted by their neighbours until it gets no better."""
    found = Plan(rows=[[] for _ in range(max(floor.values()) + 1)], stacked=stacked)
    for name in sorted(floor, key=lambda name: (floor[name], name)):
        found.rows[floor[name]].append(name)
    for name, others in arrows.items():
        for other in others:
            passed = range(floor[name] - 1, floor[other], -1)
            for level in passed:
                found.rows[level].append((name, other, level))
            found.ways[name, other] = [name, *((name, other, level) for level in passed), other]
    for way in found.ways.values():
        for above, below in pairwise(way):
            found.down.setdefault(above, []).append(below)
            found.up.setdefault(below, []).append(above)
    for place in (one for row in found.rows for one in row):
        found.down.setdefault(place, [])
        found.up.setdefault(place, [])
    settle(found)
    return found


def settle(found: Plan) -> None:
    """Sweep up and down, and keep the best order that was seen."""
    best = (found.crossings(), [list(row) for row in found.rows])
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for row in reversed(range(len(found.rows))) if downwards else range(len(found.rows)):
            found.sort(row, found.up if downwards else found.down)
        if (now := found.crossings()) < best[0]:
            best = (now, [list(row) for row in found.rows])
    found.rows = best[1]


def spread(wanted: Sequence[float], apart: Sequence[float], least: float, most: float) -> list[float]:
    """Positions as near to the wanted ones as can be, each ``apart`` from the one before it, from least to most.

    Least squares for an order that is fixed: neighbours that want to overlap share their mean
    (pool adjacent violators).
    """
    offsets = [sum(apart[: index + 1]) for index in range(len(wanted))]
    pools: list[list[float]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append([want - offset])
        while len(pools) > 1 and mean(pools[-2], otherwise=0) > mean(pools[-1], otherwise=0):
            last = pools.pop()
            pools[-1] += last
    loose = [mean(pool, otherwise=0) for pool in pools for _ in pool]
    room = most - (offsets[-1] if offsets else 0)
    return [max(least, min(one, room)) + offset for one, offset in zip(loose, offsets, strict=True)]
