"""The issuer of rekey's own keys fails: two cells every time, some with ``make long``, and all in the grid."""

from __future__ import annotations

import pytest

from tests.chaos.machines import OWN
from tests.faults.calls import call
from tests.faults.cell import ENDED, HELD, REFUSED, WENT_ON
from tests.faults.contracts import KeyCell
from tests.faults.faults import LASTING, ONCE
from tests.faults.machines import STEPS, VENDORS, play
from tests.operator import Operator

HEROKU, VAULT = OWN
AUTHORIZATIONS = "/oauth/authorizations"
SECRETS = "/api/v1/auth/universal-auth/identities/[^/]+/client-secrets"
LOGIN = "/api/v1/auth/universal-auth/login"
MADE, REVOKED = "await_human_input", "retire"
ALWAYS = (
    (KeyCell(call(MADE, "heroku", "PATCH", f"{AUTHORIZATIONS}/[^/]+"), "500", LASTING, HEROKU), ENDED),
    (KeyCell(call(REVOKED, "infisical", "POST", f"{SECRETS}/[^/]+/revoke"), "drop after", LASTING, VAULT), WENT_ON),
)
LONG = (
    (KeyCell(call("preflight", "heroku", "GET", AUTHORIZATIONS), "401", LASTING, HEROKU), REFUSED),
    (KeyCell(call(MADE, "heroku", "POST", AUTHORIZATIONS), "drop after", LASTING, HEROKU), ENDED),
    (KeyCell(call(REVOKED, "heroku", "DELETE", f"{AUTHORIZATIONS}/[^/]+"), "500", LASTING, HEROKU), HELD),
    (KeyCell(call(MADE, "infisical", "POST", SECRETS), "drop after", ONCE, VAULT), WENT_ON),
    # Its key could not be ended when the rotation was, which is told: somebody deletes it.
    (KeyCell(call("validate", "heroku", "GET", AUTHORIZATIONS), "500", LASTING, HEROKU), ENDED),
    (KeyCell(call("verify", "infisical", "POST", LOGIN), "500", LASTING, VAULT), ENDED),
)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        *(pytest.param(cell, outcome, id=str(cell)) for cell, outcome in ALWAYS),
        *(pytest.param(cell, outcome, id=str(cell), marks=pytest.mark.long) for cell, outcome in LONG),
    ],
)
def test_the_rotation_ends_with_one_key_alone_and_nobody_is_asked_for_another(
    operator: Operator, cell: KeyCell, outcome: str
) -> None:
    result = play(cell, operator)

    assert result.violations == []
    assert result.outcome == outcome, result.told


def test_each_of_them_is_in_the_grid_with_its_own_issuer() -> None:
    assert set(VENDORS) == set(OWN) == {cell.credential for cell, _ in (*ALWAYS, *LONG)}
    assert {cell.call.step for cell, _ in (*ALWAYS, *LONG)} <= set(STEPS)
