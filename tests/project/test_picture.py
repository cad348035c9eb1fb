"""docs/architecture.svg is what is drawn of the imports today, and it reads as it promises."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from tests.project.floors import crossings, floors, plan, spread, without_detours
from tests.project.picture import BOX, COLUMNS, PICTURE, STACKED, WIDTH, drawn, places
from tests.project.rooms import arrows, room

# A small house: two rooms above, one of which knows all others, and a room beside them.
HOUSE = {
    "flows.one": {"blocks.high", "blocks.low"},
    "flows.two": {"blocks.high"},
    "blocks.high": {"blocks.low"},
    "blocks.low": set[str](),
    "deployments.start": {"flows.one"},
}


@pytest.fixture(scope="module")
def rooms() -> dict[str, set[str]]:
    """Read when a test of this file runs, and not by every process that only looks for tests."""
    return {name: others for name, others in arrows(room).items() if not name.endswith(".__init__")}


def test_the_committed_picture_is_what_the_script_draws_today() -> None:
    assert PICTURE.read_text() == drawn(), "draw it again: make picture"


def test_what_a_longer_way_implies_is_left_out_and_nothing_else() -> None:
    assert without_detours(HOUSE) == {
        "blocks.high": ["blocks.low"],
        "blocks.low": [],
        "deployments.start": ["flows.one"],
        "flows.one": ["blocks.high"],
        "flows.two": ["blocks.high"],
    }


def test_the_order_in_which_rooms_are_found_changes_nothing() -> None:
    turned = dict(reversed(HOUSE.items()))

    one, other = (plan(without_detours(house), floors(house, STACKED), STACKED) for house in (HOUSE, turned))

    assert one == other


def test_every_arrow_runs_down(rooms: dict[str, set[str]]) -> None:
    floor = floors(rooms, STACKED)

    assert [(name, one) for name, others in rooms.items() for one in others if floor[name] <= floor[one]] == []


def test_packages_stand_wholly_above_one_another(rooms: dict[str, set[str]]) -> None:
    floor = floors(rooms, STACKED)
    reach = {package: [floor[name] for name in rooms if name.split(".")[0] == package] for package in STACKED}

    assert min(reach["flows"]) > max(reach["tasks"])
    assert min(reach["tasks"]) > max(reach["blocks"])


def test_rooms_stand_in_their_column_and_do_not_touch(rooms: dict[str, set[str]]) -> None:
    found = plan(without_detours(rooms), floors(rooms, STACKED), STACKED)
    across = places(found)

    for row in found.rows:
        middles = sorted(across[one] for one in row if isinstance(one, str))
        assert all(right - left > BOX[0] for left, right in pairwise(middles))
        for one in row:
            least, most = COLUMNS[found.aside(one)]
            assert least <= across[one] - BOX[0] / 2
            assert across[one] + BOX[0] / 2 <= most
    assert max(most for _, most in COLUMNS) < WIDTH


def test_arrows_that_cross_are_counted() -> None:
    down = {"a": ["d"], "b": ["c"]}

    assert crossings(["a", "b"], ["c", "d"], down) == 1  # type: ignore[arg-type]  # rooms alone are places, too
    assert crossings(["b", "a"], ["c", "d"], down) == 0  # type: ignore[arg-type]  # the same


@pytest.mark.parametrize(
    ("wanted", "placed"),
    [([10, 50], [10, 50]), ([50, 50], [40, 60]), ([50, 10], [20, 40]), ([0, 0, 0], [0, 20, 40]), ([99, 99], [80, 100])],
    ids=["apart already", "share the middle", "keep their order", "not over the left", "not over the right"],
)
def test_what_wants_the_same_place_shares_it(wanted: list[float], placed: list[float]) -> None:
    assert spread(wanted, [0, *[20] * (len(wanted) - 1)], 0, 100) == placed


def test_it_is_one_file_that_fetches_nothing_and_runs_nothing() -> None:
    picture = ET.fromstring(PICTURE.read_text())  # noqa: S314  # our own file

    assert picture.get("viewBox", "").startswith(f"0 0 {WIDTH} ")
    assert {one.tag.split("}")[1] for one in picture.iter()}.isdisjoint({"script", "image", "style", "foreignObject"})
    assert re.findall(r"href|@import|url\((?!#)", PICTURE.read_text()) == []
