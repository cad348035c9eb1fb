"""The grid leaves out no point, and combines each write with every fault."""

from __future__ import annotations

from tests.chaos.faults import EVERY, NONE
from tests.chaos.grid import cells_of, spread
from tests.chaos.points import CLICKED, ROW, SEALED, WRITES, approved_of, form, frail_of, row, sealed_of, write
from tests.chaos.worker_scenes import scenes

BATCH = [write("store", "infisical", "PATCH", "/batch", moment) for moment in WRITES]
NOTICE = [write("propagate", "slack", "POST", "/chat", moment) for moment in WRITES]
EARLY = [row("preflight", "preflight done"), row("await_readiness", "await_readiness done")]
POINTS = {"alpaca-live": [*EARLY, *BATCH, form("await_human_input", CLICKED)], "alpaca-paper": [*BATCH, *NOTICE]}
CELLS = cells_of(POINTS)


def test_every_point_of_both_credentials_is_met_without_a_fault() -> None:
    wanted = [(name, point) for name, some in POINTS.items() for point in some]
    assert [(cell.credential, cell.point) for cell in CELLS if cell.fault == NONE] == wanted


def test_each_write_meets_every_fault_over_its_moments_once() -> None:
    for credential, some in (("alpaca-live", BATCH), ("alpaca-paper", NOTICE)):
        assert {cell.fault for cell in CELLS if cell.credential == credential and cell.point in some} == set(EVERY)
    alike = [cell for cell in CELLS if cell.credential == "alpaca-paper" and cell.point in BATCH]
    assert {cell.fault for cell in alike} == {NONE}


def test_a_form_meets_faults_and_what_comes_before_the_brakes_none() -> None:
    assert len([cell for cell in CELLS if cell.point.moment == CLICKED]) == 4
    assert {cell.fault for cell in CELLS if cell.point.moment == ROW} == {NONE}


def test_the_form_of_the_pair_is_met_once_more_with_sealed_entries_and_without_faults() -> None:
    more = cells_of({**POINTS, **sealed_of(POINTS)})
    sealed = [cell for cell in more if cell.credential.endswith(SEALED)]
    assert [str(cell) for cell in sealed] == ["alpaca-live sealed | form of await_human_input: waits, clicked | none"]
    assert [cell.name for cell in sealed] == ["alpaca-live"]
    assert [cell for cell in more if cell not in sealed] == CELLS


def test_an_approval_is_met_at_its_form_and_at_both_of_its_rows() -> None:
    cells = cells_of(approved_of("alpaca-live"))
    assert {(cell.name, cell.fault) for cell in cells} == {("alpaca-live", NONE)}
    assert [str(cell.point) for cell in cells] == [
        "form of approve: waits",
        "form of approve: submitted, not read",
        "form of approve: read, not recorded",
        "form of approve: submitted after the kill",
        "row secret.operator.acted approve: written",
        "row approve done: written",
    ]


def test_applications_that_fail_with_the_dead_pair_are_met_between_the_click_and_the_last_write() -> None:
    later = row("verify", "verify done")
    cells = cells_of(frail_of("alpaca-live", [*POINTS["alpaca-live"], later]))
    assert [cell.point for cell in cells if cell.fault == NONE] == [*BATCH, form("await_human_input", CLICKED)]
    assert {cell.name for cell in cells} == {"alpaca-live"}


def test_scenes_are_played_among_the_cells_and_all_of_them() -> None:
    mixed = spread(scenes(), CELLS)
    assert sorted(map(str, mixed)) == sorted(map(str, [*scenes(), *CELLS]))
    assert {type(one) for one in mixed[:4]} == {type(scenes()[0]), type(CELLS[0])}
