"""Several processes play a grid together: each cell is in the part of one of them, whatever list each has."""

from __future__ import annotations

from tests.faults.shard import is_in

CELLS = [f"verify: heroku GET /apps/{number} | 500 | once" for number in range(400)]
PARTS = [f"{number}/4" for number in range(1, 5)]


def test_each_cell_is_in_one_part_and_all_parts_are_about_as_large() -> None:
    parts = [[cell for cell in CELLS if is_in(part, cell)] for part in PARTS]

    assert sorted(cell for part in parts for cell in part) == sorted(CELLS)
    assert all(len(CELLS) / 8 < len(part) < len(CELLS) / 2 for part in parts)


def test_a_part_of_one_is_all_of_it() -> None:
    assert all(is_in("1/1", cell) for cell in CELLS)
