"""A robot operator: presses Regenerate in the dashboard and resumes the paused run with what it was shown.

Does by HTTP what a person does with a browser, and knows nothing else of the estate. For rehearsals only.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx
from pydantic import SecretStr

from blocks.errors import RekeyError
from blocks.issuers.alpaca.pair import FIELDS, Pair
from blocks.ledger import history
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Row
from blocks.operators.act import PROOF, SEALED, act_of, shown
from blocks.sealed.envelope import seal_entry
from blocks.secret import Minted
from deployments.local.prefect_login import http_client
from deployments.rehearsal.authenticator import Authenticator

OPERATOR = "robot operator"
# Who approves a plan behind which the robot operator stands.
COLLEAGUE = "robot colleague"
# The switch of a form by which the rotation is ended instead.
STOPS = "stop_here"
# The simulated dashboard takes any six digits.
CODE = "123456"
# Prefect's answer while its SQLite database is locked by another writer. Nothing was applied: people press again, too.
BUSY = 503
BUSY_TRIES = 20
BUSY_PAUSE_S = 0.5
# A Prefect server on SQLite may stand still for a minute.
PREFECT_PATIENCE_S = 75.0


@dataclass(frozen=True, slots=True)
class Carried:
    """What an enrolled operator has: a name, an authenticator, and the ledger that says what a form is about."""

    name: str
    authenticator: Authenticator
    ledger: Ledger


class RobotError(RekeyError):
    """The robot was shown something other than it expects."""

    slug = "robot"
    advice = "Read which form it was shown; a real rotation would ask a person the same."


class Robot:
    """Works with a dashboard page and with Prefect's API."""

    def __init__(self, dashboard_url: str, environment: Mapping[str, str]) -> None:
        """``dashboard_url`` without the path of an environment's page; ``environment`` names Prefect and its login."""
        self._dashboard_url = dashboard_url
        # How often Prefect's API was asked from here, so that a measurement can leave the robot out.
        self.requests = 0
        # With what it proves who it is, once it is enrolled.
        self.carries: Carried | None = None
        # With what another operator does, where a plan needs two.
        self.colleague: Carried | None = None
        # What says to which key the pair is sealed, where a form takes nothing else.
        self.ledger: Ledger | None = None
        # The secrets that it typed into Prefect's form.
        self.typed: set[str] = set()
        self.api = http_client(environment, PREFECT_PATIENCE_S, self._count)

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

    def runs(self) -> list[dict[str, Any]]:
        """Every run of a rotation that there is."""
        found = self.api.post("/flow_runs/filter", json={"limit": 50, "flows": {"name": {"any_": ["rotate"]}}})
        runs: list[dict[str, Any]] = found.json() if found.status_code == 200 else []
        return runs

    def form_of(self, run: dict[str, Any]) -> dict[str, str] | None:
        """The keys of the form that this run shows now, or None: Prefect stores the form after it pauses."""
        state = run["state"] or {}
        keyset: dict[str, str] = (state.get("state_details") or {}).get("run_input_keyset") or {}
        if state.get("type") != "PAUSED" or not keyset:
            return None
        # The description is stored after the schema.
        shown = self.api.get(f"/flow_runs/{run['id']}/input/{keyset['description']}")
        return keyset if shown.status_code == 200 else None

    def fields_of(self, run_id: str, keyset: dict[str, str]) -> dict[str, Any]:
        """The fields of a form that is shown, each with its JSON schema."""
        shown = self._asked("GET", f"/flow_runs/{run_id}/input/{keyset['schema']}")
        fields: dict[str, Any] = shown["properties"]
        return fields

    def regenerate(self, environment: str = "paper", account: str | None = None) -> Pair:
        """Click Regenerate, enter a code where one is asked for, and read the pair that is shown once."""
        with httpx.Client(timeout=15, trust_env=False, follow_redirects=True) as browser:
            chosen = {"account": account} if account else {}
            page = browser.get(f"{self._dashboard_url}/{environment}/dashboard/overview", params=chosen)
            shown = self._pressed(browser, page, "regenerate-form", {})
            if 'id="code"' in shown.text:
                shown = self._pressed(browser, shown, "code-form", {"code": CODE})
        return Pair(_text_of("new-key-id", shown.text), SecretStr(_text_of("new-secret", shown.text)))

    def resume(self, run_id: str, pair: Pair, fields: Collection[str] = ("switcher_says_paper",)) -> None:
        """Submit the form for the pair. ``fields`` are those of the form: each switch among them is put on.

        Sealed, when it takes nothing else.
        """
        if SEALED in fields and not {*FIELDS} & {*fields}:
            self.fill(run_id, {SEALED: self.sealed(self._form(run_id), pair), "operator": OPERATOR})
            return
        secret = pair.secret.get_secret_value()
        self.typed.add(secret)
        switches = {name: True for name in fields if name.startswith("switcher_says_")}
        self.fill(run_id, {"key_id": pair.key_id, "secret": secret, "operator": OPERATOR, **switches})

    def choose(self, run_id: str, choice: str) -> None:
        """Submit a form that asks for a choice."""
        self.fill(run_id, {"choice": choice, "operator": OPERATOR})

    def approve(self, run_id: str, choice: str) -> None:
        """Approve the plan that is shown; the colleague does, where the form says that the robot stands behind it."""
        keyset = self.form_of(self._asked("GET", f"/flow_runs/{run_id}"))
        text = self.api.get(f"/flow_runs/{run_id}/input/{keyset['description']}").json() if keyset else ""
        mine = self.carries
        if mine is not None and f"{mine.name} stands behind it" in text:
            self.carries = self.colleague
        try:
            self.choose(run_id, choice)
        finally:
            self.carries = mine

    def be_ready(self, run_id: str, fields: Mapping[str, Any]) -> None:
        """Submit the readiness form: what it asks to be agreed to, and the credential's name as its title asks."""
        self.fill(run_id, {**agreed_to(fields), "operator": OPERATOR})

    def fill(self, run_id: str, values: dict[str, Any]) -> None:
        """Submit the form that is shown. Raises RobotError when Prefect does not accept it."""
        answer = self._asked("POST", f"/flow_runs/{run_id}/resume", {"run_input": self.proved(run_id, values)})
        # Not accepted and not paused any more: an earlier try was, and only its answer was lost.
        if answer.get("status") != "ACCEPT" and self.state(run_id)[0] == "PAUSED":
            raise RobotError(f"Prefect does not accept the form ({answer.get('status')}).", "Look at the run's page.")

    def proved(self, run_id: str, values: dict[str, Any]) -> dict[str, Any]:
        """These values in its own name and signed, where it is enrolled and the form that is shown asks for a proof."""
        keyset = self.form_of(self._asked("GET", f"/flow_runs/{run_id}")) if self.carries else None
        if self.carries is None or keyset is None:
            return values
        schema = self._asked("GET", f"/flow_runs/{run_id}/input/{keyset['schema']}")
        if PROOF not in schema["properties"] or PROOF in values:
            return values
        description = self.api.get(f"/flow_runs/{run_id}/input/{keyset['description']}").json()
        form = keyset["response"].removesuffix("-response")
        asked = _row_of(self.carries.ledger, form)
        named = {**values, "operator": self.carries.name}
        done = act_of(asked.rotation, asked.facts.step, form, shown(description, schema), named, FIELDS)
        return {**named, PROOF: self.carries.authenticator.sign(done.challenge, self.carries.name).text}

    def sealed(self, form: str, pair: Minted) -> str:
        """The pair as the console or a terminal seals it for the form of this key: by what the ledger says."""
        if self.ledger is None:
            raise RobotError("The form takes a sealed pair only, and this robot knows no ledger.", "Give it one.")
        rotation = _row_of(self.ledger, form).rotation
        known = history.of(self.ledger, rotation)
        return seal_entry(known.sealing or {}, rotation, known.plan, pair.values)

    def _form(self, run_id: str) -> str:
        keyset = self.form_of(self._asked("GET", f"/flow_runs/{run_id}"))
        if keyset is None:
            raise RobotError("The run shows no form any more.", "Look at the run's page.")
        return keyset["response"].removesuffix("-response")

    def _pressed(
        self, browser: httpx.Client, page: httpx.Response, form: str, values: dict[str, str]
    ) -> httpx.Response:
        found = re.search(rf'<form[^>]*action="([^"]+)"[^>]*id="{form}"[^>]*>(.*?)</form>', page.text, re.DOTALL)
        if found is None:
            raise RobotError(f"The dashboard shows no {form}.", "Look at the page in a browser.")
        hidden = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', found.group(2)))
        return browser.post(page.url.join(unescape(found.group(1))), data={**hidden, **values})

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


def agreed_to(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What whoever is ready enters: every switch but the one that ends the rotation, and the credential's name."""
    switches = {name: True for name, one in fields.items() if one.get("type") == "boolean" and name != STOPS}
    return {**switches, "confirm": str(fields["confirm"]["title"]).removeprefix("Type ")}


def _row_of(ledger: Ledger, form: str) -> Row:
    """The row that says what the form of this key is about."""
    return next(row for row in ledger.rows(naming=form) if row.facts.is_waiting and row.facts.form == form)


def _text_of(element: str, page: str) -> str:
    found = re.search(rf'id="{element}"[^>]*>([^<]+)<', page)
    if found is None:
        raise RobotError(f"The dashboard does not show {element}.", "Look at the page in a browser.")
    return unescape(found.group(1)).strip()
