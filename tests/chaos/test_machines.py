"""rekey's own keys, killed: two cells every time, more with ``make long``, and all in the grid."""

from __future__ import annotations

import pytest

from tests.chaos import points
from tests.chaos.cell import Cell, play
from tests.chaos.contracts import own_points
from tests.chaos.faults import NONE
from tests.chaos.grid import cells_of
from tests.chaos.machines import OWN
from tests.chaos.play import CONVERGED
from tests.chaos.points import row, write
from tests.operator import Operator

HEROKU, VAULT = OWN
AUTHORIZATIONS = "/oauth/authorizations"
SECRETS = "/api/v1/auth/universal-auth/identities/[^/]+/client-secrets"
MADE, REVOKED = "await_human_input", "retire"
ALWAYS = (Cell(VAULT, write(MADE, "infisical", "POST", SECRETS, points.UNRECORDED), NONE),)
LONG = (
    Cell(HEROKU, write(REVOKED, "heroku", "DELETE", f"{AUTHORIZATIONS}/[^/]+", points.UNANSWERED), NONE),
    Cell(HEROKU, write(MADE, "heroku", "POST", AUTHORIZATIONS, points.UNANSWERED), NONE),
    Cell(HEROKU, write(MADE, "heroku", "PATCH", f"{AUTHORIZATIONS}/[^/]+", points.UNANSWERED), NONE),
    Cell(HEROKU, row("propagate", "propagate done rekey-block heroku/rekey"), NONE),
    Cell(VAULT, row("propagate", "propagate done rekey-block infisical/rekey"), NONE),
    Cell(VAULT, write(REVOKED, "infisical", "POST", f"{SECRETS}/[^/]+/revoke", points.UNANSWERED), NONE),
)


@pytest.mark.parametrize(
    "cell",
    [
        *(pytest.param(cell, id=str(cell)) for cell in ALWAYS),
        *(pytest.param(cell, id=str(cell), marks=pytest.mark.long) for cell in LONG),
    ],
)
def test_a_key_of_rekeys_own_whose_rotation_was_killed_is_replaced_and_nothing_else_lives(
    operator: Operator, cell: Cell
) -> None:
    result = play(cell, operator)

    assert result.violations == []
    assert result.outcome == CONVERGED, result.told


def test_each_of_them_is_killed_at_each_of_its_points_from_the_making_on() -> None:
    some = [row("preflight", "preflight done"), ALWAYS[0].point, row("retire", "retire done")]
    cells = cells_of({name: own_points(some) for name in OWN})
    assert [(cell.credential, cell.fault) for cell in cells] == [(name, NONE) for name in OWN for _ in range(2)]
    assert {cell.credential for cell in (*ALWAYS, *LONG)} == set(OWN)
