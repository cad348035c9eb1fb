"""What tests of a held rotation share: how it comes to be held, what is chosen, and what people were told."""

from __future__ import annotations

from typing import Any

from deployments.sandbox.estate import LIVE_RUNTIMES
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.raptor.app import KILL_SWITCH
from tests.operator import Operator

RETRY = "retry this step"


STAY = "stop and stay held"


END = "stop here, trading goes on"


def switches(operator: Operator) -> list[str | None]:
    """The kill switch of each app that trades real money."""
    return [(operator.estate.heroku.serving(app) or {}).get(KILL_SWITCH) for app in LIVE_RUNTIMES.values()]


def alerts_of_a_hold(operator: Operator, kind: str = "rekey_alert") -> list[str]:
    """What people on call were told."""
    messages = operator.estate.slack.messages
    return [one["text"] for one in messages if (one.get("metadata") or {}).get("event_type") == kind]


def break_vault(operator: Operator) -> Any:
    """Regenerate, and from now on the vault answers nothing but 503."""
    operator.estate.server.plan.add(Fault("infisical", FaultKind.ANSWER, status=503, times=None))
    return operator.regenerate_live()


def mend_and(choice: str) -> Any:
    """The vault is well again; then choose."""

    def mended(operator: Operator) -> None:
        operator.estate.server.plan.clear()
        operator.choose(choice)

    return mended
