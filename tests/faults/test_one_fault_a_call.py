"""A part of the grid that is run every time: calls of every step, and every kind of fault. ``make faults`` runs all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from deployments.sandbox.estate import LIVE_RUNTIMES, MQ_A
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.faults import alone, invariants
from tests.faults.calls import call
from tests.faults.cell import ASKED, HELD, REFUSED, WENT_ON, Cell
from tests.faults.faults import FAULTS, LAST, LASTING, ONCE, Meanwhile
from tests.faults.play import RETRY, play
from tests.operator import Operator

CONFIG = "/apps/[^/]+/config-vars"
# One rotation for all of a group; each of the others has one of its own.
GROUP = (
    (Cell(call("preflight", "heroku", "PATCH", CONFIG), "403", LASTING), REFUSED),
    (Cell(call("preflight", "slack", "GET", "/api/conversations.info"), "429", ONCE), WENT_ON),
    (Cell(call("pause", "raptor-prod", "GET", "/health/trading"), "HTML", LASTING), HELD),
    (Cell(call("validate", "alpaca-live", "GET", "/v2/account"), "401", LASTING), ASKED),
    (Cell(call("store", "infisical", "PATCH", "/api/v3/secrets/batch/raw"), "drop after", ONCE), WENT_ON),
    (Cell(call("propagate", "heroku", "GET", "/apps/[^/]+/releases"), "404", LASTING), HELD),
    (Cell(replace(call("verify", "mq-a", "GET", "/api/trading/account"), times=3), "500", LAST), WENT_ON),
    (Cell(call("resume", "heroku", "PATCH", CONFIG).of_one_app(), "drop before", LASTING), HELD),
)
ANOTHER_GROUP = (
    (Cell(call("await_readiness", "alpaca-live", "GET", "/v2/clock"), "drop before", LASTING), WENT_ON),
    (Cell(call("pause", "heroku", "PATCH", CONFIG), "drop after", ONCE), WENT_ON),
    (Cell(call("snapshot", "alpaca-live", "GET", "/v2/positions"), "500", LASTING), HELD),
    (Cell(call("verify", "raptor-prod", "POST", "/api/trading/orders"), "500", LASTING), HELD),
)
ALONE = ((Cell(call("propagate", "heroku", "PATCH", CONFIG), "hang", ONCE), WENT_ON),)
# Their faults strike in the others' rotations too, in other calls.
MORE = (
    (Cell(call("await_human_input", "alpaca-live", "GET", "/v2/account"), "500", ONCE), WENT_ON),
    (Cell(call("validate", "infisical", "POST", "/api/v3/secrets/batch/raw"), "401", LASTING), HELD),
    (Cell(call("verify", "alpaca-live", "POST", "/v2/orders"), "drop after", ONCE), WENT_ON),
)


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        *(pytest.param(cell, outcome, id=str(cell)) for cell, outcome in ALONE),
        *(pytest.param(cell, outcome, id=str(cell), marks=pytest.mark.long) for cell, outcome in MORE),
    ],
)
def test_the_rotation_ends_with_a_rotated_estate_and_no_promise_is_broken(
    operator: Operator, cell: Cell, outcome: str
) -> None:
    (result,) = play([cell], operator)

    assert result is not None
    assert result.violations == []
    assert result.outcome == outcome, result.told


@pytest.mark.parametrize(
    "group",
    [pytest.param(GROUP, id="a group", marks=pytest.mark.long), pytest.param(ANOTHER_GROUP, id="another group")],
)
def test_cells_that_share_a_rotation_are_told_apart(operator: Operator, group: Sequence[tuple[Cell, str]]) -> None:
    results = [one for one in play([cell for cell, _ in group], operator) if one is not None]

    assert [one.violations for one in results] == [[]] * len(group)
    assert [one.outcome for one in results] == [outcome for _, outcome in group]
    assert all(one.shared == len(group) for one in results)


@pytest.mark.long
def test_trading_that_is_on_when_the_link_is_shown_and_a_fault_that_nobody_was_told_of_are_found(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "_MAY_GO_ON", ())
    # The thread beside the run would engage the brake again, on a slow machine before the link is shown.
    monkeypatch.setenv("REKEY_LOOKOUT_INTERVAL_S", "60")
    estate = operator.estate
    estate.server.plan.add(
        Meanwhile(
            "alpaca-live",
            FaultKind.SLOW,
            path="/v2/positions",
            ledger=operator.ledger,
            step="snapshot",
            action=lambda: estate.heroku.set_by_hand(MQ_A, KILL_SWITCH, "0"),
        )
    )

    (result,) = play([ANOTHER_GROUP[0][0]], operator)

    assert result is not None
    assert result.violations == [
        "it lasts, and nobody was asked to mend it",
        f"the dashboard link is shown, and trading is on in {MQ_A}",
        f"{MQ_A} trades with release v3 after the stop, before its pair was verified",
    ]


def test_every_kind_of_fault_is_among_them() -> None:
    assert {cell.fault for cell, _ in (*GROUP, *ANOTHER_GROUP, *ALONE)} == set(FAULTS)


@pytest.mark.long
def test_a_rotation_is_held_with_its_form_also_when_slack_takes_no_message(operator: Operator) -> None:
    plan = operator.estate.server.plan

    def unlucky(one: Operator) -> None:
        plan.add(Fault("slack", FaultKind.ANSWER, "POST", "/api/chat.postMessage", times=None))
        plan.add(Fault("heroku", FaultKind.ANSWER, "PATCH", CONFIG, 403, times=None))
        one.be_ready()

    def mended(one: Operator) -> None:
        plan.clear()
        one.choose(RETRY)

    outcome = operator.rotate(unlucky, mended, Operator.regenerate_live, credential="alpaca-live")

    assert outcome.state.is_completed(), outcome.message
    reason = invariants.reason_in(outcome.descriptions[1])
    assert invariants.sentence("heroku", reason) == []
    assert {(operator.estate.heroku.serving(app) or {})["TRADING_LIVE_DISABLED"] for app in LIVE_RUNTIMES.values()} == {
        "0"
    }
