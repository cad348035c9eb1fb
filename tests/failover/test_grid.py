"""The grid has every kind of process at every point, and its page says of each cell what became of it."""

from __future__ import annotations

import pytest

from blocks.ledger.row import Action
from tests.failover import table
from tests.failover.cells import EVERYTHING, FORM, MACHINE, NOBODY, POINTS, PROCESSES, WORKER, Cell, every, restored
from tests.failover.play import ANEW, HELD, NOT_KNOWN, TAKEN_OVER, WENT_ON, Result

STARTED = Action.STARTED.value


def test_every_kind_is_killed_at_every_point_once() -> None:
    names = [str(one) for one in (*every(), *restored())]
    assert len(set(names)) == len(names) == len(PROCESSES) * len(POINTS) + 2


@pytest.mark.parametrize(
    ("point", "before", "label"),
    [
        ("preflight", [], STARTED),
        ("propagate", [STARTED, "validate done", "store waiting"], "store done"),
        ("verify", [STARTED, "store done", "propagate done heroku one"], "propagate done heroku two"),
        ("resume", [STARTED, "verify done"], "retire done"),
    ],
)
def test_a_point_is_reached_when_the_step_before_it_is_done(point: str, before: list[str], label: str) -> None:
    reached = POINTS[point]
    assert reached is not None
    assert not reached(before)
    assert reached([*before, label])


def test_the_form_is_seen_by_a_person_and_not_in_the_ledger() -> None:
    assert not Cell(WORKER, FORM).is_reached([])
    assert POINTS[FORM] is None


def test_the_page_says_of_each_cell_what_became_of_it() -> None:
    results = {
        str(Cell(NOBODY, "preflight")): Result(WENT_ON, 20.4),
        str(Cell(WORKER, "preflight")): Result(ANEW, 50.0, left=["a run (RUNNING)"]),
        str(Cell(WORKER, "verify")): Result(TAKEN_OVER, 80.0, 41.0),
        str(Cell(MACHINE, "verify")): Result(TAKEN_OVER, 90.0, 59.0),
        str(Cell(MACHINE, "resume")): Result(HELD, 91.0, 50.0),
        str(Cell(NOBODY, "resume")): Result(WENT_ON, 1.0, violations=["I1: it is lost"]),
        str(Cell(MACHINE, "propagate")): Result(NOT_KNOWN, 0.0),
        str(Cell(EVERYTHING, FORM)): Result(TAKEN_OVER, 200.0, told=["killed: ", "asked again"]),
    }
    page = table.page(results)
    assert "| nobody | on 20 | - | - | - | **broken** |" in page
    assert "| worker | anew 50* | - | - | taken 80 | - |" in page
    assert "| worker's machine | - | - | ? | taken 90 | held 91 |" in page
    assert f"| cells run | 7 of {len(every())} |" in page
    assert "| converged | 5 |" in page
    assert "| broken | 1 |" in page
    assert "| not known: no end in time (`?`) | 1 |" in page
    assert "| takeover of a dead run, median | 50 s |" in page
    assert "- nobody | resume: I1: it is lost" in page
    assert "| right after the backup | taken 200; asked again |" in page
    assert "when the vault already had the new pair | - |" in page
