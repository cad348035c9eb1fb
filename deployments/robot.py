"""A robot operator: presses Regenerate in the dashboard and resumes the paused run with what it was shown.

Does by HTTP what a person does with a browser, and knows nothing else of the estate. For rehearsals only.
"""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.errors import RekeyError
from blocks.secret import Pair

OPERATOR = "robot operator"
# Prefect's answer while its SQLite database is locked by another writer. Nothing was applied: people press again, too.
BUSY = 503
BUSY_TRIES = 20
BUSY_PAUSE_S = 0.5


class RobotError(RekeyError):
    """The robot was shown something other than it expects."""


class Robot:
    """Works with a dashboard page and with Prefect's API."""

    def __init__(self, dashboard_url: str, api_url: str) -> None:
        self._dashboard_url = dashboard_url
        # How often Prefect's API was asked from here, so that a measurement can leave the robot out.
        self.requests = 0
        # The secrets that it typed into Prefect's form.
        self.typed: set[str] = set()
        self.api = httpx.Client(base_url=api_url, timeout=15, trust_env=False, event_hooks={"request": [self._count]})

    def start(self, deployment: str, parameters: dict[str, Any] | None = None) -> str:
        """Start a deployment as the UI's Run button does; return the flow run's id."""
        found = self._asked("GET", f"/deployments/name/{deployment}")
        started = self._asked(
            "POST",
            f"/deployments/{found['id']}/create_flow_run",
            {"state": {"type": "SCHEDULED"}, "parameters": parameters or {}},
        )
        return str(started["id"])

    def state(self, run_id: str) -> tuple[str, str]:
        """Type and message of the run's state."""
        state = self._asked("GET", f"/flow_runs/{run_id}")["state"] or {}
        return str(state.get("type", "PENDING")), str(state.get("message") or "")

    def form_is_shown(self, run_id: str) -> bool:
        """Whether the run is paused and its form can be submitted: Prefect stores the form after it pauses."""
        return self.form_of(self._asked("GET", f"/flow_runs/{run_id}")) is not None

    def form_of(self, run: dict[str, Any]) -> dict[str, str] | None:
        """The keys of the form that this run shows now, or None."""
        state = run["state"] or {}
        keyset: dict[str, str] = (state.get("state_details") or {}).get("run_input_keyset") or {}
        if state.get("type") != "PAUSED" or not keyset:
            return None
        # The description is stored after the schema.
        shown = self.api.get(f"/flow_runs/{run['id']}/input/{keyset['description']}")
        return keyset if shown.status_code == 200 else None

    def regenerate(self) -> Pair:
        """Click Regenerate and read the pair that is shown once."""
        with httpx.Client(timeout=15, trust_env=False, follow_redirects=True) as browser:
            page = browser.get(self._dashboard_url)
            form = re.search(r'<form[^>]*action="([^"]+)" id="regenerate-form">(.*?)</form>', page.text, re.DOTALL)
            if form is None:
                raise RobotError("The dashboard shows no Regenerate button.", "Look at the page in a browser.")
            hidden = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form.group(2)))
            shown = browser.post(page.url.join(unescape(form.group(1))), data=hidden)
        return Pair(_text_of("new-key-id", shown.text), SecretStr(_text_of("new-secret", shown.text)))

    def resume(self, run_id: str, pair: Pair) -> None:
        """Submit the form. Raises RobotError when Prefect does not accept it."""
        self.typed.add(pair.secret.get_secret_value())
        values = {
            "key_id": pair.key_id,
            "secret": pair.secret.get_secret_value(),
            "operator": OPERATOR,
            "switcher_says_paper": True,
        }
        answer = self._asked("POST", f"/flow_runs/{run_id}/resume", {"run_input": values})
        # Not accepted and not paused any more: an earlier try was, and only its answer was lost.
        if answer.get("status") != "ACCEPT" and self.state(run_id)[0] == "PAUSED":
            raise RobotError(f"Prefect does not accept the form ({answer.get('status')}).", "Look at the run's page.")

    def _count(self, _: httpx.Request) -> None:
        self.requests += 1

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        response = self.api.request(method, path, json=body)
        for _ in range(BUSY_TRIES):
            if response.status_code != BUSY:
                break
            time.sleep(BUSY_PAUSE_S)
            response = self.api.request(method, path, json=body)
        if response.status_code >= 400:
            raise RobotError(f"Prefect answers {response.status_code} to {method} {path}.", "Look at the server's log.")
        answer: dict[str, Any] = response.json()
        return answer


def _text_of(element: str, page: str) -> str:
    found = re.search(rf'id="{element}"[^>]*>([^<]+)<', page)
    if found is None:
        raise RobotError(f"The dashboard does not show {element}.", "Look at the page in a browser.")
    return unescape(found.group(1)).strip()
