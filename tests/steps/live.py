"""What tests of live rotations share: the person at a held form, what happens meanwhile, and what the estate shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from blocks.catalog import load_catalog
from blocks.model.rotation import Reason, Rotation
from deployments.rehearsal import proof
from deployments.sandbox.estate import LIVE_RUNTIMES, Estate
from deployments.sandbox.faults import FaultKind
from tests.faults import invariants
from tests.faults.faults import Meanwhile
from tests.operator import Answer, Operator, Outcome
from tests.steps.support import SHIPPED

LIVE = "alpaca-live"
KILL_SWITCH = "TRADING_LIVE_DISABLED"
RETRY = "retry this step"
END = "stop here, trading goes on"
PROD, MQ_A = "raxx-api-prod", "raxx-mq-a"
BRAKES = {PROD: f"{KILL_SWITCH} on {PROD}", MQ_A: f"{KILL_SWITCH} on {MQ_A}"}


def live_rotation() -> Rotation:
    """A rotation of the shipped live credential that has just begun."""
    credential = load_catalog(SHIPPED).get(LIVE)
    return Rotation("r-test", credential, Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC))


def kill_switches(estate: Estate) -> dict[str, str | None]:
    """What the running dynos have."""
    return {app: (estate.heroku.serving(app) or {}).get(KILL_SWITCH) for app in LIVE_RUNTIMES.values()}


def first(action: Callable[[Operator], object], then: Answer) -> Answer:
    """An answer before which something else happens."""

    def answer(operator: Operator) -> None:
        action(operator)
        pair = then(operator)
        if pair is not None:
            assert operator.form is not None
            operator.submit(operator.form.run_id, pair)

    return answer


def retry(operator: Operator) -> None:
    """What a held form is answered with when all is mended."""
    operator.choose(RETRY)


def meanwhile(
    operator: Operator, step: str, vendor: str, action: Callable[[], object], *, method: str = "*", path: str = ".*"
) -> Meanwhile:
    """Let something happen when that vendor is asked first in that step."""
    event = Meanwhile(
        vendor, FaultKind.SLOW, method, path, times=None, ledger=operator.ledger, step=step, action=action
    )
    operator.estate.server.plan.add(event)
    return event


class Rotated:
    """A live rotation to its end, with what the estate was before."""

    def __init__(self, operator: Operator, *answers: Answer) -> None:
        self.operator = operator
        self.before = proof.observe(operator.estate, "live")
        self.outcome: Outcome = operator.rotate(*answers, credential=LIVE)

    def assert_well(self) -> None:
        """It is completed, the estate is rotated, and no pair traded before it was verified."""
        assert self.outcome.state.is_completed(), self.outcome.message
        assert invariants.afterwards(self.before, self.operator.estate, self.operator.ledger) == []

    @property
    def held(self) -> list[str]:
        """The reason of each held form that was shown."""
        return [invariants.reason_in(text) for text in self.outcome.descriptions if " is held" in text]

    def proofs(self, step: str) -> str:
        """What the ledger says was proved in a step, in all its tries."""
        return "\n".join(one for row in self.operator.steps(step) for one in row.context["proofs"])
