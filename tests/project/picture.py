"""Draw docs/architecture.svg, the rooms and who imports whom: ``python -m tests.project.picture``, or ``make picture``.

It is drawn from the imports and holds no date, so that the same source always gives the same bytes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from tests.project.floors import Place, Plan, floors, plan, spread, without_detours
from tests.project.rooms import PACKAGES, ROOT, arrows, room

PICTURE = ROOT / "docs" / "architecture.svg"
# One above the other, as their imports run; deployments stand beside them, because they start all of it.
STACKED = ("flows", "tasks", "blocks")
WIDTH = 1996
COLUMNS = ((26.0, 1444.0), (1476.0, 1972.0))
TOP = 84
FLOOR = 66
BOX = (106, 32)
# The size of type, times letters, that fits into a box.
LETTERS = 178
# How far two places on a floor are apart at least, from middle to middle: two rooms, a room and an arrow, two arrows.
APART = (114, 68, 16)
COLOURS = {"flows": "#d9480f", "tasks": "#1864ab", "blocks": "#2b8a3e", "deployments": "#6741d9"}
CAPTION = (
    "Rooms of rekey: an arrow leads from who imports to who is imported.",
    "An import is left out where a longer way along the arrows leads there, too.",
)


def drawn() -> str:
    """The picture of the imports as they are now."""
    graph = {name: others for name, others in arrows(room).items() if not name.endswith(".__init__")}
    floor = floors(graph, STACKED)
    found = plan(without_detours(graph), floor, STACKED)
    across = places(found)
    height = TOP + FLOOR * len(found.rows) + 8
    down = {place: height - 8 - FLOOR * row - FLOOR / 2 for row, row_of in enumerate(found.rows) for place in row_of}
    parts = [
        *frame(height),
        *bands(floor, height),
        *(line(way, across, down, found) for way in found.ways.values()),
        *captions(floor, height),
        *(box(name, across[name], down[name]) for name in sorted(graph)),
    ]
    return "\n".join([*parts, "</svg>", ""])


def places(found: Plan) -> dict[Place, float]:
    """Where each place is from left to right: near those that it imports, and that import it."""
    across = {place: x for row in found.rows for place, x in placed(row, found, {}).items()}
    for _ in range(60):
        for row in (*found.rows, *reversed(found.rows)):
            across |= placed(row, found, across)
    return across


def placed(row: Sequence[Place], found: Plan, across: Mapping[Place, float]) -> dict[Place, float]:
    """The places of one floor, each column by itself."""
    new: dict[Place, float] = {}
    for aside, (least, most) in zip((False, True), COLUMNS, strict=True):
        mine = [place for place in row if found.aside(place) is aside]
        middle = (least + most) / 2
        wanted = [wish(place, found, across, middle) for place in mine]
        apart = [0.0, *(float(APART[isinstance(a, tuple) + isinstance(b, tuple)]) for a, b in pairwise(mine))]
        half = BOX[0] / 2
        new |= zip(mine, spread(wanted, apart[: len(mine)], least + half, most - half), strict=True)
    return new


def wish(place: Place, found: Plan, across: Mapping[Place, float], middle: float) -> float:
    near = [
        across[other]
        for other in (*found.up[place], *found.down[place])
        if other in across and found.aside(other) is found.aside(place)
    ]
    return sum(near) / len(near) if near else across.get(place, middle)


def frame(height: int) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        " role=\"img\" font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\">"
    )
    yield f"<title>{CAPTION[0]}</title>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    yield from (
        f'<text x="24" y="{30 + 20 * row}" font-size="14" fill="#343a40">{words}</text>'
        for row, words in enumerate(CAPTION)
    )
    yield "<defs>"
    yield from (
        f'<marker id="{package}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.5L8 4L0 7.5z" fill="{COLOURS[package]}"/></marker>'
        for package in PACKAGES
    )
    yield "</defs>"


def extent(package: str, floor: Mapping[str, int], height: int) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the rooms of a package."""
    levels = [level for name, level in floor.items() if name.split(".")[0] == package]
    top, bottom = (height - 8 - FLOOR * level for level in (max(levels) + 1, min(levels)))
    return (*COLUMNS[package not in STACKED], top, bottom)


def bands(floor: Mapping[str, int], height: int) -> Iterator[str]:
    for package in PACKAGES:
        left, right, top, bottom = extent(package, floor, height)
        yield (
            f'<rect x="{left - 14:g}" y="{top - 6}" width="{right - left + 28:g}" height="{bottom - top - 3}" rx="8"'
            f' fill="{COLOURS[package]}" fill-opacity="0.07"/>'
        )


def captions(floor: Mapping[str, int], height: int) -> Iterator[str]:
    """The name of each package, with what its own first line says it is for; legible where an arrow passes behind."""
    for package in PACKAGES:
        left, _, top, _ = extent(package, floor, height)
        yield (
            f'<text x="{left - 6:g}" y="{top + 6}" font-size="13" fill="{COLOURS[package]}"'
            ' stroke="#ffffff" stroke-width="2" paint-order="stroke">'
            f'<tspan font-weight="bold">{package}/</tspan> {purpose(package)}</text>'
        )


def purpose(package: str) -> str:
    words = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    return words.split(":")[0].lower()


def box(name: str, x: float, y: float) -> str:
    package, own = name.replace(".", "/").split("/", 1)
    folder = (ROOT / package / own).is_dir()
    width, height = BOX
    colour = COLOURS[package]
    label = f"{own}{'/' if folder else '.py'}"
    size = min(13.5, LETTERS / len(label))
    return (
        f'<g><rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width}" height="{height}" rx="5"'
        f' fill="#ffffff" stroke="{colour}" stroke-width="{1.6 if folder else 0.8}"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" font-size="{size:.3g}" text-anchor="middle" fill="#212529">'
        f"{label}</text></g>"
    )


def line(way: Sequence[Place], across: Mapping[Place, float], down: Mapping[Place, float], found: Plan) -> str:
    """An arrow. It leaves a room below, passes other floors upright, and reaches the next room from above."""
    half = BOX[1] / 2
    first, last = way[0], way[-1]
    points = [(port(first, way[1], found.down[first], across), down[first] + half)]
    for place in way[1:-1]:
        points += [(across[place], down[place] - half), (across[place], down[place] + half)]
    points.append((port(last, way[-2], found.up[last], across), down[last] - half - 1))
    start_x, start_y = points[0]
    path = [f"M{start_x:.1f} {start_y:.1f}", *bends(points)]
    package = str(first).split(".")[0]
    return (
        f'<path d="{"".join(path)}" fill="none" stroke="{COLOURS[package]}" stroke-opacity="0.75" stroke-width="1.3"'
        f' marker-end="url(#{package})"/>'
    )


def bends(points: Sequence[tuple[float, float]]) -> Iterator[str]:
    for (x, y), (to_x, to_y) in pairwise(points):
        bend = (to_y - y) / 2
        yield f"C{x:.1f} {y + bend:.1f} {to_x:.1f} {to_y - bend:.1f} {to_x:.1f} {to_y:.1f}"


def port(room_: Place, other: Place, others: Iterable[Place], across: Mapping[Place, float]) -> float:
    """Where an arrow leaves or reaches a room: side by side, in the order in which they come."""
    order = sorted(others, key=lambda one: (across[one], str(one)))
    step = min(16.0, (BOX[0] - 20) / max(1, len(order)))
    return across[room_] + step * (order.index(other) - (len(order) - 1) / 2)


def main() -> None:
    PICTURE.write_text(drawn())


if __name__ == "__main__":
    main()
