"""A part of the grid: four cells every time, with ``make long`` every moment and fault. ``make chaos`` runs all."""

from __future__ import annotations

import pytest

from tests.chaos import points
from tests.chaos.cell import Cell, play
from tests.chaos.faults import EVERY, NONE
from tests.chaos.play import ASKED, CONVERGED
from tests.chaos.points import FORMS, FRAIL, ROW, SEALED, WRITES, form, row, write
from tests.operator import Operator

LIVE, PAPER = "alpaca-live", "alpaca-paper"
BATCH = "/api/v3/secrets/batch/raw"
ENTRY = "await_human_input"
API_PROD = "/apps/raxx-api-prod/config-vars"

# A write; and a moment of a form, entered sealed, below.
ALWAYS = ((Cell(LIVE, write("store", "infisical", "PATCH", BATCH, points.UNANSWERED), NONE), CONVERGED),)
# Entered sealed: Prefect has ciphertext where the others have the pair.
ALWAYS_SEALED = ((Cell(f"{PAPER}{SEALED}", form(ENTRY, points.UNREAD), NONE), CONVERGED),)
LONG_SEALED = tuple(
    (Cell(f"{name}{SEALED}", form(ENTRY, moment), NONE), CONVERGED)
    for name, moments in ((PAPER, (points.WAITS, points.READ)), (LIVE, (points.UNREAD, points.READ, points.LATE)))
    for moment in moments
)
# Its applications fail with the dead pair.
LONG_FRAIL = ((Cell(f"{LIVE}{FRAIL}", row("store", "store done"), NONE), CONVERGED),)
# The other moments and faults.
LONG = (
    (Cell(PAPER, form(ENTRY, points.WAITS), NONE), CONVERGED),
    (Cell(PAPER, form(ENTRY, points.UNREAD), "reset"), CONVERGED),
    (Cell(LIVE, row("propagate", "propagate done heroku raxx-api-prod"), "hang"), CONVERGED),
    (Cell(LIVE, form("await_readiness", points.UNREAD), NONE), ASKED),
    (Cell(LIVE, write("pause", "heroku", "PATCH", API_PROD, points.UNANSWERED), "500"), CONVERGED),
    (Cell(PAPER, form(ENTRY, points.CLICKED), NONE), CONVERGED),
    (Cell(LIVE, form(ENTRY, points.READ), NONE), CONVERGED),
    (Cell(PAPER, form(ENTRY, points.LATE), NONE), CONVERGED),
    (Cell(PAPER, write("validate", "infisical", "POST", BATCH, points.BEFORE), "drop after"), CONVERGED),
    (Cell(PAPER, write("propagate", "slack", "POST", "/api/chat.postMessage", points.UNRECORDED), "429"), CONVERGED),
    (Cell(LIVE, write("verify", "alpaca-live", "POST", "/v2/orders", points.UNANSWERED), NONE), CONVERGED),
)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        *(pytest.param(cell, outcome, id=str(cell)) for cell, outcome in (*ALWAYS, *ALWAYS_SEALED)),
        *(
            pytest.param(cell, outcome, id=str(cell), marks=pytest.mark.long)
            for cell, outcome in (*LONG, *LONG_SEALED, *LONG_FRAIL)
        ),
    ],
)
def test_a_rotation_that_was_killed_goes_on_and_loses_nothing(operator: Operator, cell: Cell, outcome: str) -> None:
    result = play(cell, operator)

    assert result.violations == []
    assert result.outcome == outcome, result.told
    assert result.met


def test_every_moment_and_every_fault_is_among_them() -> None:
    cells = [cell for cell, _ in (*ALWAYS, *LONG)]
    moments = {cell.point.moment for cell in cells}
    assert moments == {ROW, *WRITES, *(moment for some in FORMS.values() for moment in some)}
    assert {cell.fault for cell in cells} == set(EVERY)
    assert {cell.credential for cell in cells} == {LIVE, PAPER}
