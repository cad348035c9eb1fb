"""Credentials of other contracts, killed: one cell every time, more with ``make long``, and all in the grid."""

from __future__ import annotations

import pytest

from tests.chaos import points
from tests.chaos.cell import Cell, play
from tests.chaos.contracts import own_points
from tests.chaos.faults import NONE
from tests.chaos.grid import cells_of
from tests.chaos.play import CONVERGED
from tests.chaos.points import form, row, write
from tests.contracts.contract import CONTRACTS
from tests.operator import Operator

POSTMARK, GITHUB, STRIPE, OANDA, ANTHROPIC = CONTRACTS
REVOKED = write("retire", "github", "POST", "/credentials/revoke", points.UNANSWERED)
INACTIVE = write("retire", "issuers", "POST", "/v1/organizations/api_keys/.+", points.UNANSWERED)
KEPT, DONE = row("retire", "secret.old.kept"), row("retire", "retire done")
ALWAYS = (Cell(STRIPE, KEPT, NONE),)
LONG = (
    Cell(GITHUB, REVOKED, NONE),
    Cell(POSTMARK, form("retire", points.UNREAD), NONE),
    Cell(POSTMARK, form("retire", points.READ), NONE),
    Cell(POSTMARK, form("await_human_input", points.CLICKED), NONE),
    Cell(GITHUB, DONE, NONE),
    Cell(STRIPE, form("await_human_input", points.READ), NONE),
    Cell(STRIPE, write("store", "infisical", "PATCH", "/api/v3/secrets/batch/raw", points.UNRECORDED), NONE),
    Cell(OANDA, form("await_human_input", points.CLICKED), NONE),
    Cell(OANDA, row("store", "store done"), NONE),
    Cell(ANTHROPIC, INACTIVE, NONE),
    Cell(ANTHROPIC, KEPT, NONE),
)


@pytest.mark.parametrize(
    "cell",
    [
        *(pytest.param(cell, id=str(cell)) for cell in ALWAYS),
        *(pytest.param(cell, id=str(cell), marks=pytest.mark.long) for cell in LONG),
    ],
)
def test_a_rotation_of_another_contract_that_was_killed_goes_on_and_loses_nothing(
    operator: Operator, cell: Cell
) -> None:
    result = play(cell, operator)

    assert result.violations == []
    assert result.outcome == CONVERGED, result.told


def test_every_contract_is_killed_at_each_of_its_points_from_the_form_on() -> None:
    some = [row("preflight", "preflight done"), REVOKED, DONE]
    assert own_points(some) == [REVOKED, DONE]
    cells = cells_of({name: own_points(some) for name in CONTRACTS})
    assert [(cell.credential, cell.fault) for cell in cells] == [(name, NONE) for name in CONTRACTS for _ in range(2)]
    assert {cell.credential for cell in (*ALWAYS, *LONG)} == set(CONTRACTS)
