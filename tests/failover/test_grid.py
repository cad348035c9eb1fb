"""The grid has every kind of process at every point, and its page says of each cell what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from blocks.ledger.row import Action
from tests.failover import days, table
from tests.failover.cells import EVERYTHING, FORM, MACHINE, NOBODY, POINTS, PROCESSES, WORKER, Cell, every, restored
from tests.failover.days import NOTHING, PLAN, Day, name_of, section
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
    page = table.page(results, section({}))
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


def test_the_page_says_of_each_day_of_the_week_how_it_was() -> None:
    plain = Day(NOTHING, killed=2, off_s=30.4, well_s=41.0, watch_s=70.0, told=["one", "another"], load=3.0)
    waited = Day(FORM, 0, 5.0, 40.0, 71.0, 52.0, completed_s=600.0, load=9.0, violations=["told twice: one"])
    page = section({name_of(1): plain, name_of(2): waited})
    assert "| 1 | nothing is open | 2 | 30 s | 41 s | 70 s |  | 2 |" in page
    assert "| 2 | the form for the pair waits | 0 | 5 s | 40 s | 71 s | 52 s | 0 |" in page
    assert "| 7 | nothing is open | - | - | - | - | - | - |" in page
    assert "open on day 2 completed 600 s after everything was stopped for the first time" in page
    assert "- day 2: **broken**: told twice: one" in page
    assert "No day is broken" not in page
    assert "No day is broken" not in section({name_of(1): plain})
    assert "- No day is broken." in section({name_of(number): plain for number in range(1, len(PLAN) + 1)})


def test_whoever_plays_the_grid_keeps_the_week_of_the_page() -> None:
    week = section({name_of(1): Day(NOTHING, watch_s=70.0)})
    broken = {str(Cell(NOBODY, "resume")): Result(WENT_ON, 1.0, violations=["I1: it is lost"])}
    for results in ({}, broken):
        page = table.page(results, week)
        assert days.written(page) == week
        assert page.count(days.TITLE) == 1
        assert table.page(results, days.written(page)) == page
    assert days.written(table.PAGE.read_text()).startswith(days.TITLE)


def message(headline: str, text: str) -> dict[str, Any]:
    return {"text": f"{headline}: {text}", "blocks": [{"type": "header", "text": {"text": headline}}]}


def test_the_same_is_told_twice_also_when_it_says_another_time() -> None:
    dead = [message("it is dead", f"for {seconds} s now") for seconds in (6, 7)]
    forms = [message("it waits", f"Open <https://prefect.example/{run}>, since 10:0{run}") for run in (1, 2)]
    plain = {"text": "a notice"}
    assert days.twice([dead[0], *forms, plain]) == []
    assert days.twice([*dead, *forms]) == ["it is dead"]
    assert days.twice([forms[0], forms[0], plain, plain]) == ["it waits", "a notice"]


def test_a_form_waits_over_three_days_in_a_row() -> None:
    assert len(PLAN) == 7
    assert PLAN[1:4] == (FORM, FORM, FORM)
    assert days.KEPT != table.KEPT
