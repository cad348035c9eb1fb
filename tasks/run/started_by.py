"""Who started this run: the console names in a tag what an operator signed for that, and the ledger has the proof.

A tag proves nothing by itself: what counts is a row that was signed for this credential and reason, and by which no
rotation was started before. Whoever starts a run in Prefect's own pages may do so; that it was not signed is recorded.
"""

from __future__ import annotations

from typing import Any

from prefect.context import FlowRunContext

from blocks.ledger.ledger import Ledger
from blocks.model.credential import Credential
from blocks.model.rotation import Reason
from blocks.operators import outside, policy, registry
from blocks.operators.registry import PASSKEY
from blocks.prefect_api.prefect_runs import BY_ITSELF


def facts_of(ledger: Ledger, credential: Credential, reason: Reason) -> dict[str, Any]:
    """For the row by which a rotation begins; empty where no signature is asked for, and where rekey began it."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or run.auto_scheduled or BY_ITSELF in run.tags:
        return {}
    if policy.wanted(credential, registry.of(ledger)) != PASSKEY:
        return {}
    names = (one.removeprefix(outside.TAG) for one in run.tags if one.startswith(outside.TAG))
    found = outside.start_of(ledger, next(names, ""), credential.name, reason.value)
    if found is None:
        return {"unsigned": True}
    facts = found.facts
    return {"starter": facts.who, "role": facts.role, "how": facts.how, "proved_in": found.sequence}
