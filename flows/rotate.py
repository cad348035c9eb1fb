"""Rotate one credential that only a human can mint. This is the procedure; each call is a step in ``tasks/``.

Needs the Prefect blocks that ``rekey register`` makes, the catalog, and the ledger. Starting it for a credential whose
rotation is unfinished continues that rotation: every step first looks at reality and does only what is not so.
"""

from __future__ import annotations

from dataclasses import replace

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed

from blocks.model.rotation import Decision, Reason, Verdict
from tasks.lookout.beside_the_run import looked_after
from tasks.person.now import shown
from tasks.rotate.approve import approve
from tasks.rotate.await_readiness import await_readiness
from tasks.rotate.hold import hold
from tasks.rotate.mint import mint
from tasks.rotate.pause import pause
from tasks.rotate.preflight import preflight
from tasks.rotate.propagate import propagate
from tasks.rotate.resume import resume
from tasks.rotate.retire import retire
from tasks.rotate.snapshot import snapshot
from tasks.rotate.store import store
from tasks.rotate.validate import validate
from tasks.rotate.verify import verify
from tasks.run.as_deployed import as_deployed
from tasks.run.claim import begun_before
from tasks.run.one_at_a_time import one_at_a_time
from tasks.watch.on_cancellation import hold_at_once


@flow(
    name="rotate",
    flow_run_name="rotate-{credential}",
    persist_result=False,
    log_prints=False,
    on_cancellation=[hold_at_once],
)
def rotate(credential: str, reason: Reason = Reason.SCHEDULED) -> State:
    """Rotate a credential of the catalog: you click Regenerate when told to, rekey does and proves everything else.

    Args:
        credential: Its name in the catalog. The deployment sets it.
        reason: Why it is rotated. Choose "account reset" also when the current pair is dead already.
    """
    as_deployed(credential)
    with one_at_a_time(credential), shown(), looked_after():
        rotation, verdict, decision = None, Verdict(accepted=None), Decision()
        while decision.stopped is None:
            try:
                if rotation is None:
                    checked = preflight(credential, reason)
                    ended = await_readiness(checked) or approve(checked)
                    if ended is not None:
                        return Cancelled(name="Stopped", message=ended)
                    rotation = checked
                    verdict = replace(verdict, accepted=None if verdict.problem else rotation.accepted_before)

                # From here on nothing fails: what cannot go on is held, with the brakes on, until somebody decides.
                pause(rotation)
                before = snapshot(rotation)
                while verdict.accepted is None:
                    typed = mint(rotation, before, verdict)
                    verdict, decision = validate(rotation, before, typed), Decision()
                store(rotation, verdict.accepted)
                propagate(rotation, verdict.accepted)
                verify(rotation, before, verdict.accepted)
                retire(rotation)
                return Completed(message=resume(rotation, verdict.accepted))
            except Exception as problem:  # noqa: BLE001  # also what nobody foresaw must hold, and not end with trading on
                decision = hold(rotation or begun_before(credential, problem), decision, problem)
                verdict = decision.another or verdict
        return Cancelled(name="Stopped", message=decision.stopped)
