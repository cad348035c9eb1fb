"""What tests of a run that was left share: one that began, and one that says that it lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Crashed
from pydantic import SecretStr

from blocks.ledger.lease import Lease, held
from blocks.ledger.row import Action
from blocks.settings import read_settings
from flows.rotate import rotate
from tests.operator import Operator


def begun(operator: Operator, credential: str, state: State[Any] | None = None, *, paused: bool = True) -> FlowRun:
    """A run that has begun to stop trading if ``paused``, as the ledger knows it; nobody carries it out."""
    with get_client(sync_client=True) as client:
        run = client.create_flow_run(rotate, parameters={"credential": credential})
        client.set_flow_run_state(run.id, state or Crashed(), force=True)
    facts = {"step": "pause", "outcome": "done", "seconds": 0, "proofs": []}
    start = {"flow_run_id": str(run.id), "reason": "scheduled"}
    for action, context in ((Action.STARTED, start), (Action.STEP, facts))[: 2 if paused else 1]:
        operator.ledger.append(action, rotation="r-1", credential=credential, actor="somebody", context=context)
    return run


@contextmanager
def alive(run: FlowRun, credential: str) -> Iterator[Lease]:
    """The process of this run lives, and does nothing but say so."""
    lease = Lease(SecretStr(read_settings().ledger_url.get_secret_value()), credential)
    lease.take(str(run.id), None)
    with held(lease, lambda _: None, read_settings().lease_s):
        yield lease
