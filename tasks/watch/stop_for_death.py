"""Stop for death: the brakes of a credential whose pair died by itself go on, and whose they were before is kept.

Looks first at the ledger: what a run noted that was killed before it recorded the death is still so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from prefect.logging import get_run_logger

from blocks.errors import LedgerError, RekeyError
from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.ledger.operators import rekey_in
from blocks.ledger.row import Action
from blocks.ledger.trading import PROVED
from blocks.model.credential import Credential
from blocks.model.step import Step
from blocks.prefect_api.recording import NOTED
from blocks.proofs import Record
from blocks.secret import Minted
from tasks.brakes import brake_switch, brakes, found_before
from tasks.run.one_at_a_time import this_run

STEP = Step.LOOK_FOR_DEATH


def stop_for_death(
    ledger: Ledger, credential: Credential, pair: Minted, tell: Callable[[str, str], None]
) -> dict[str, Any]:
    """Engage its brakes, tell people when that is not proved; return that and what was found before, for the ledger."""
    found = _found_before(ledger, credential, pair)
    try:
        brakes.engage(credential, Record(), timeout_s=brake_switch.HELD_PATIENCE_S)
    except RekeyError as error:
        headline = f"{credential.name}: the brakes are not proved to be on"
        tell(headline, f"{error} Stop trading by hand.")
        return {**found, PROVED: False}
    return {**found, PROVED: True}


def _found_before(ledger: Ledger, credential: Credential, pair: Minted) -> dict[str, Any]:
    """Which brakes were on before rekey engaged any for this death, written down before it does.

    Else whoever goes on after a kill would take rekey's own brakes for somebody else's. A ledger that takes no row lets
    the brakes go on all the same.
    """
    if not credential.brakes:
        return {"engaged_before": {}, "paused_at": datetime.now(UTC).isoformat()}
    try:
        earlier = _noted_by_its_rotation(ledger, credential) or _noted_by_a_killed_run(ledger, credential, pair)
        if earlier is not None:
            return earlier
    except LedgerError as error:
        get_run_logger().warning("%s", error)
    found = {"engaged_before": found_before.as_found(credential), "paused_at": datetime.now(UTC).isoformat()}
    told = f"The brakes of {credential.name} go on: its pair {pair.fingerprint} is refused."
    context = {"step": STEP, "outcome": NOTED, "dead": pair.fingerprint, **found, "proofs": [told]}
    try:
        actor = rekey_in(this_run()[1])
        ledger.append(Action.STEP, rotation="", credential=credential.name, actor=actor, context=context)
    except LedgerError as error:
        get_run_logger().warning("%s", error)
    return found


def _noted_by_its_rotation(ledger: Ledger, credential: Credential) -> dict[str, Any] | None:
    """What its rotation found that goes on, and engaged them itself; None when none did, or released them since."""
    start = ledger.open_start(credential.name)
    known = history.of(ledger, start.rotation).brakes if start else None
    if known is None or known.engaged_before is None or known.resumed is not None:
        return None
    return {"engaged_before": dict(known.engaged_before), "paused_at": known.noted_at}


def _noted_by_a_killed_run(ledger: Ledger, credential: Credential, pair: Minted) -> dict[str, Any] | None:
    """What was noted of this pair's brakes since the newest row that closes a death; None when nothing was."""
    for row in ledger.backwards(credential=credential.name):
        if row.action in {Action.DIED, Action.RECOVERED, Action.COMPLETED}:
            return None
        facts = row.facts
        if facts.step == STEP and facts.dead == pair.fingerprint:
            return {"engaged_before": facts.engaged_before, "paused_at": facts.paused_at}
    return None
