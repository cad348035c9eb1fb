"""What a health run that finds no change records all the same: others read it."""

from __future__ import annotations

from blocks.check import Depth
from blocks.ledger import cadence
from blocks.ledger.row import SHARED, Action, Row
from deployments.sandbox.estate import PAPER as NAMES
from deployments.sandbox.faults import Fault, FaultKind
from tests.health.support import LIVE, PAPER, examined, messages, told, wrong
from tests.operator import Operator
from tests.steps.live import BRAKES


def of_health(operator: Operator, name: str = LIVE) -> list[Row]:
    """What health runs recorded of a credential."""
    return operator.ledger.rows(credential=name, actions=(Action.HEALTH_CHECKED,))


def test_brakes_that_were_released_are_recorded_after_each_rotation_also_when_nothing_changed(well: Operator) -> None:
    examined(LIVE)
    (first,) = of_health(well)
    began = cadence.examined_at(LIVE, well.ledger)
    examined(LIVE)
    assert of_health(well) == [first]
    again = cadence.examined_at(LIVE, well.ledger)
    assert began is not None
    assert again is not None
    assert again > began, "that it was asked again is known"
    assert set(first.facts.released) == set(BRAKES.values())
    begun = {"flow_run_id": "no-run", "reason": "scheduled"}
    well.ledger.append(Action.STARTED, rotation="r-2", credential=LIVE, actor="somebody", context=begun)
    well.ledger.append(Action.ABORTED, rotation="r-2", credential=LIVE, actor="somebody", context={"closed": "by hand"})

    examined(LIVE)
    examined(LIVE)

    assert [set(row.facts.released) for row in of_health(well)] == [set(BRAKES.values())] * 2
    assert messages(well) == []


def test_what_could_not_be_examined_is_unknown_and_only_the_vault_is_told(well: Operator) -> None:
    """Nobody is told the same of each credential; and what was known before, and told, is not told again after."""
    well.estate.heroku.set_by_hand("raxx-api-staging", NAMES[0], None)
    before = {one["credential"]: one["state"] for one in examined()["matrix"]}
    assert before == {PAPER: "failed", LIVE: "ok", SHARED: "ok"}
    examined_at = cadence.examined_at(LIVE, well.ledger)
    refused = Fault("infisical", FaultKind.ANSWER, status=503, times=None)
    well.estate.server.plan.add(refused)

    found = examined(depth=Depth.FULL)

    assert wrong(found) == {f"{one}: current pair": "unknown" for one in (PAPER, LIVE)} | {
        f"{SHARED}: vault": "unknown"
    }
    assert told(found, "current pair", LIVE) == (
        "Its vault does not let rekey in, so nothing of it was examined. See the check vault."
    )
    assert {one["credential"]: one["state"] for one in found["matrix"]} == dict.fromkeys(
        (PAPER, LIVE, SHARED), "unknown"
    )
    assert found["matrix"][-1]["drift"] == "vault: unknown"
    assert cadence.examined_at(LIVE, well.ledger) == examined_at
    assert [text.split(":")[0] for text in messages(well)] == [PAPER, SHARED]
    well.estate.server.plan.clear()

    assert {one["credential"]: one["state"] for one in examined()["matrix"]} == before
    assert [text.split(":")[0] for text in messages(well)] == [PAPER, SHARED, SHARED]
