"""What a health run that finds no change records all the same: others read it."""

from __future__ import annotations

from blocks.ledger import cadence
from blocks.ledger.row import Action, Row
from tests.health.support import LIVE, examined, messages
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
