"""A rotation that waits at its form, as the ledger and a Prefect server of a test have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

RUN = "00000000-0000-4000-8000-000000000000"


def waiting(ledger: Ledger, run: str = RUN, actor: str = "somebody") -> None:
    """A rotation that waits at its form."""
    ledger.append(Action.STARTED, rotation="r-1", credential="alpaca-paper", actor=actor, context={"flow_run_id": run})
    step(ledger, "preflight")
    step(ledger, "await_human_input", outcome="waiting", awaited="the new pair", where="there")


def step(ledger: Ledger, name: str, actor: str = "somebody", **context: Any) -> None:
    """One step of it."""
    facts = {"step": name, "outcome": "done", "seconds": 1.0, "proofs": [], **context}
    ledger.append(Action.STEP, rotation="r-1", credential="alpaca-paper", actor=actor, context=facts)


def until_done(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """Its database may be busy for a moment."""
    answers: list[httpx.Response] = []

    def taken() -> bool:
        answers.append(ask())
        return answers[-1].is_success

    wait_until(taken, description="Prefect takes it", timeout_s=PREFECT_TIMEOUT_S)
    return answers[-1]


def run_in(server: httpx.Client, state: str) -> str:
    """A run of the flow rotate in this state."""
    flow = until_done(lambda: server.post("/flows/", json={"name": "rotate"})).json()["id"]
    made = until_done(lambda: server.post("/flow_runs/", json={"flow_id": flow})).json()["id"]
    body = {"state": {"type": state, "name": state.title()}, "force": True}
    until_done(lambda: server.post(f"/flow_runs/{made}/set_state", json=body))
    return str(made)
