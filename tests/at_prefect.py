"""What a person does at Prefect in tests: makes, changes and deletes, and finds the form that a run shows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from prefect.blocks.core import Block

from blocks.entry import DOCUMENT
from deployments.local.processes import LocalPrefect
from deployments.rehearsal.robot import Robot
from tests.prefect_rows import rows
from tests.waiting import PREFECT_TIMEOUT_S, wait_until

LOOK_AGAIN_S = 0.1
_LOOK_AGAIN = {HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True)
class Form:
    """A form that is shown: of which run, under which key Prefect will keep the answer, with which text."""

    run_id: str
    key: str
    description: str
    # Its fields with the JSON schema of each.
    fields: dict[str, Any]


class AtPrefect:
    """Works against the test's Prefect server, by its API; what costs the server much is read from its database."""

    def __init__(self, prefect: LocalPrefect, robot: Robot) -> None:
        self.prefect = prefect
        self.robot = robot
        self.api = robot.api
        # How long between two looks for a form.
        self.look_again_s = LOOK_AGAIN_S
        self._ids: dict[str, str] = {}

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make something of Prefect's; its database may be busy for a moment (503)."""
        answers: list[httpx.Response] = []

        def is_made() -> bool:
            answers.append(self.api.post(path, json=body))
            return answers[-1].is_success

        wait_until(is_made, description=f"{path} takes it", timeout_s=PREFECT_TIMEOUT_S)
        found: dict[str, Any] = answers[-1].json()
        return found

    def change(self, path: str, body: dict[str, Any]) -> None:
        """Change something of Prefect's; its database may be busy for a moment."""
        wait_until(
            lambda: self.api.patch(path, json=body).is_success,
            description=f"{path} is changed",
            timeout_s=PREFECT_TIMEOUT_S,
        )

    def delete(self, path: str) -> None:
        """Delete something of Prefect's; its database may be busy for a moment."""
        wait_until(
            lambda: self.api.delete(path).status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND},
            description=f"{path} is deleted",
            timeout_s=PREFECT_TIMEOUT_S,
        )

    def run_named(self, name: str) -> dict[str, Any] | None:
        """The flow run of that name, once Prefect knows it."""
        answer = self.api.post("/flow_runs/filter", json={"flow_runs": {"name": {"any_": [name]}}})
        found = answer.json() if answer.is_success else []
        return found[0] if found else None

    def change_block(self, kind: type[Block], document: str = DOCUMENT, **fields: Any) -> None:
        """Edit a block as in the Prefect UI."""
        block = kind.load(document)
        assert isinstance(block, kind)
        for name, value in fields.items():
            setattr(block, name, value)
        block.save(document, overwrite=True)

    def next_form(self, name: str, answered: set[str], over: threading.Event) -> Form | None:
        """The next form that the run of this name shows; None when ``over`` is set before."""
        while not over.is_set():
            form = self.form_of_run(name) if self.is_paused(name) else None
            if form and form.key not in answered:
                return form
            over.wait(self.look_again_s)
        return None

    def is_paused(self, name: str) -> bool:
        """Whether the run of that name is, by Prefect's database: looking by its server cost a tenth of a rotation."""
        return ("PAUSED",) in rows(self.prefect, "SELECT state_type FROM flow_run WHERE name = ?", name)

    def form_of_run(self, name: str) -> Form | None:
        """The form that the run of that name shows now."""
        run = self._run(name)
        keyset = self.robot.form_of(run) if run else None
        return self.form_of(run, keyset) if run and keyset else None

    def _run(self, name: str) -> dict[str, Any] | None:
        """The flow run of that name. Once it is known its id is asked for, which costs the server half as much."""
        if name not in self._ids:
            found = self.run_named(name)
            if found:
                self._ids[name] = str(found["id"])
            return found
        answer = self.api.get(f"/flow_runs/{self._ids[name]}")
        return answer.json() if answer.is_success else None

    def form_of(self, run: Mapping[str, Any], keyset: dict[str, str]) -> Form | None:
        """The form of these keys; None when its run took it back since the keys were read, or Prefect is busy."""
        parts = {
            part: self.api.get(f"/flow_runs/{run['id']}/input/{keyset[part]}") for part in ("description", "schema")
        }
        if any(one.status_code in _LOOK_AGAIN for one in parts.values()):
            return None
        fields = parts["schema"].raise_for_status().json()["properties"]
        return Form(str(run["id"]), keyset["response"], str(parts["description"].raise_for_status().json()), fields)

    def deleted(self, name: str) -> bool:
        """Whether the run is deleted by this. A busy database says no."""
        try:
            run = self.run_named(name)
            return run is not None and self.api.delete(f"/flow_runs/{run['id']}").is_success
        except httpx.TransportError:
            return False
