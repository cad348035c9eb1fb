"""The issuers of other contracts fail in a rotation: two cells every time, some with ``make long``, all in the grid."""

from __future__ import annotations

import pytest

from tests.contracts.contract import CONTRACTS
from tests.faults.calls import call
from tests.faults.cell import ASKED, ENDED, HELD, WENT_ON
from tests.faults.contracts import STEPS, WAYS_THAT_LAST, KeyCell, cells_of, play
from tests.faults.faults import FAULTS, LASTING, ONCE
from tests.operator import Operator

POSTMARK, GITHUB, STRIPE, OANDA, ANTHROPIC = CONTRACTS
REVOKE = call("retire", "github", "POST", "/credentials/revoke")
KEY = "/v1/organizations/api_keys/.+"
SERVER, ACCOUNT = "/server", "/v1/account"
ALWAYS = ((KeyCell(REVOKE, "drop after", ONCE, GITHUB), WENT_ON),)
LONG = (
    (KeyCell(call("validate", "issuers", "GET", ACCOUNT), "500", LASTING, STRIPE), ENDED),
    (KeyCell(REVOKE, "500", LASTING, GITHUB), HELD),
    (KeyCell(call("retire", "issuers", "GET", SERVER), "500", LASTING, POSTMARK), HELD),
    (KeyCell(call("verify", "issuers", "GET", SERVER), "HTML", ONCE, POSTMARK), WENT_ON),
    (KeyCell(call("validate", "issuers", "GET", "/v3/accounts"), "401", LASTING, OANDA), ASKED),
    (KeyCell(call("retire", "issuers", "GET", ACCOUNT), "500", LASTING, STRIPE), WENT_ON),
    (KeyCell(call("retire", "issuers", "POST", KEY), "drop after", ONCE, ANTHROPIC), WENT_ON),
    (KeyCell(call("validate", "issuers", "POST", "/v1/messages"), "500", LASTING, ANTHROPIC), ENDED),
)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        *(pytest.param(cell, outcome, id=str(cell)) for cell, outcome in ALWAYS),
        *(pytest.param(cell, outcome, id=str(cell), marks=pytest.mark.long) for cell, outcome in LONG),
    ],
)
def test_the_rotation_ends_with_the_new_key_everywhere_and_no_promise_is_broken(
    operator: Operator, cell: KeyCell, outcome: str
) -> None:
    result = play(cell, operator)

    assert result.violations == []
    assert result.outcome == outcome, result.told


def test_every_call_to_every_issuer_fails_in_every_way() -> None:
    calls = {name: [call(step, "issuers", "GET", "/x") for step in STEPS] for name in CONTRACTS}
    cells = cells_of(calls)

    assert len(set(map(str, cells))) == len(cells) == len(CONTRACTS) * len(STEPS) * (len(FAULTS) + len(WAYS_THAT_LAST))
    assert {cell.credential for cell, _ in (*ALWAYS, *LONG)} == set(CONTRACTS)
