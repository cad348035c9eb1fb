"""A person in tests: starts the flow, presses Regenerate, answers forms, in a thread beside the flow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from prefect import Flow
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.ledger import Ledger, Row
from blocks.secret import Pair
from deployments.processes import LocalPrefect
from deployments.robot import Robot
from deployments.sandbox.estate import Estate
from flows.rotate import rotate
from tests.canaries import Canaries

FORM_TIMEOUT_S = 30.0
Answer = Callable[["Operator"], Pair]


def wait_until(predicate: Callable[[], bool], *, description: str, timeout_s: float = 20.0) -> None:
    """Ask until it is so. Fails with the description."""
    deadline = time.monotonic() + timeout_s
    while not predicate():
        assert time.monotonic() < deadline, f"waited {timeout_s:.0f} s in vain: {description}"
        time.sleep(0.03)


@dataclass
class Outcome:
    """How a run ended, and what the operator was shown on the way."""

    state: State[Any]
    descriptions: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        """The state's message."""
        return self.state.message or ""


class Operator:
    """Works against the test's Prefect server and estate."""

    def __init__(self, prefect: LocalPrefect, estate: Estate, ledger: Ledger, canaries: Canaries) -> None:
        self.prefect = prefect
        self.estate = estate
        self.ledger = ledger
        self.canaries = canaries
        self.robot = Robot(
            f"{estate.url('dashboard')}/paper/dashboard/overview", prefect.environment["PREFECT_API_URL"]
        )
        self.api = self.robot.api

    def regenerate(self) -> Pair:
        """Click Regenerate of the right account, and copy both values."""
        return Pair(*_as_pair(self.estate.paper.regenerate()))

    def rotate(
        self, *answers: Answer, credential: str = "alpaca-paper", flow: Flow[..., Any] = rotate, **parameters: Any
    ) -> Outcome:
        """Run the flow in this thread, and answer its forms one after another in another one."""
        name = f"test-{uuid4().hex[:8]}"
        outcome = Outcome(state=None)  # type: ignore[arg-type]  # set below, when the flow has ended
        over = threading.Event()
        person = threading.Thread(target=self._answer, args=(name, answers, outcome, over), daemon=True)
        person.start()
        try:
            named = flow.with_options(flow_run_name=name)
            outcome.state = named(credential, **parameters, return_state=True)
        finally:
            over.set()
            person.join(FORM_TIMEOUT_S)
        return outcome

    def actions(self) -> list[str]:
        """The ledger's actions without the steps."""
        return [row.action.value for row in self.ledger.rows() if not row.action.value.endswith(".step")]

    def steps(self, name: str) -> list[Row]:
        """The ledger's rows of one step."""
        return [row for row in self.ledger.rows() if row.context.get("step") == name]

    def run_named(self, name: str) -> dict[str, Any] | None:
        """The flow run of that name, once Prefect knows it."""
        found = self.api.post("/flow_runs/filter", json={"flow_runs": {"name": {"any_": [name]}}}).json()
        return found[0] if found else None

    def submit(self, run_id: str, pair: Pair, **other: Any) -> dict[str, Any]:
        """Submit the form as the UI does; return Prefect's answer."""
        self.canaries.typed.add(pair.secret.get_secret_value())
        values = {
            "key_id": pair.key_id,
            "secret": pair.secret.get_secret_value(),
            "operator": "test operator",
            "switcher_says_paper": True,
            **other,
        }
        answer: dict[str, Any] = self.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": values}).json()
        return answer

    def _answer(self, name: str, answers: tuple[Answer, ...], outcome: Outcome, over: threading.Event) -> None:
        answered: set[str] = set()
        for answer in answers:
            form = self._next_form(name, answered, over)
            if form is None:
                return
            run_id, key, description = form
            answered.add(key)
            outcome.descriptions.append(description)
            self.submit(run_id, answer(self))

    def _next_form(self, name: str, answered: set[str], over: threading.Event) -> tuple[str, str, str] | None:
        deadline = time.monotonic() + FORM_TIMEOUT_S
        while time.monotonic() < deadline and not over.is_set():
            run = self.run_named(name)
            keyset = self.robot.form_of(run) if run else None
            if run and keyset and keyset["response"] not in answered:
                shown = self.api.get(f"/flow_runs/{run['id']}/input/{keyset['description']}")
                return str(run["id"]), keyset["response"], str(shown.json())
            time.sleep(0.05)
        return None


def _as_pair(values: tuple[str, str]) -> tuple[str, SecretStr]:
    return values[0], SecretStr(values[1])
