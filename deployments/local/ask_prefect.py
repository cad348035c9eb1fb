"""Questions to Prefect's API without its SDK, which takes seconds to import while somebody waits at a terminal.

The address, the login and the authority of its certificate come from the environment (PREFECT_API_URL,
PREFECT_API_AUTH_STRING, PREFECT_API_SSL_CERT_FILE), as the worker has them.
"""

from __future__ import annotations

import logging
import os
import re
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

from pydantic import SecretStr

from blocks.errors import CatalogError, Missing, Unclear, VendorError
from blocks.wire.bounded_network import tls_with
from blocks.wire.http import Http

VENDOR = "Prefect"
AUTHORITY = "PREFECT_API_SSL_CERT_FILE"
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
DELETED = "DELETED"
TIMEOUT_S = 5.0
# Prefect answers 503 while its SQLite database is locked by another writer; nothing was applied then.
BUSY_TRIES, BUSY_PAUSE_S = 20, 0.5
# A run of these flows that got so far has written to the ledger.
_FLOWS = ["rotate", "health"]
_STATES = ["RUNNING", "PAUSED", "COMPLETED", "CANCELLING"]
_LOGIN = "Set PREFECT_API_AUTH_STRING to the login of that server."
_REGISTER = "Run `rekey register` once: it makes the deployments."
_ADDRESS = "Compare PREFECT_API_URL with the address of the server; it ends in /api."


def quiet_sdk() -> None:
    """Keep what Prefect's SDK logs off the terminal; to be called before it is imported. A run's page has it all."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    # It warns at exit, whatever its settings say, that what it sends is not sent yet (3.8.8).
    for worker in ("EventsWorker", "APILogWorker"):
        logging.getLogger(worker).setLevel(logging.ERROR)


def login_of_environment() -> SecretStr:
    """``user:password`` of the server that the environment names; empty without one."""
    return SecretStr(os.environ.get("PREFECT_API_AUTH_STRING", ""))


def _authority() -> str:
    """The certificates (PEM) that Prefect's own client believes alone; empty where none are named. CatalogError."""
    file = os.environ.get(AUTHORITY)
    if not file:
        return ""
    try:
        # What stands between them may be in any writing.
        named = b"\n".join(_CERTIFICATE.findall(Path(file).read_bytes())).decode("ascii")
        # Without one of them it would be as if nothing was named.
        tls_with(named or "none")
    except (OSError, ValueError) as error:
        raise CatalogError(
            f"Prefect was not asked: {AUTHORITY} names no file with certificates that can be read "
            f"({type(error).__name__}).",
            "Let it name the PEM file of the authority that signed the certificate of Prefect's address.",
        ) from None
    return named


@dataclass(frozen=True, slots=True)
class Shown:
    """A form that a paused run shows: its key, its Markdown and the JSON schema of its fields."""

    key: str
    description: str
    schema: Mapping[str, Any]


class Prefect:
    """The server that the environment names, or this one. A context manager. Raises CatalogError when there is none."""

    def __init__(self, url: str | None = None, login: SecretStr | None = None, *, timeout_s: float = TIMEOUT_S) -> None:
        url = url or os.environ.get("PREFECT_API_URL", "")
        known = (login or login_of_environment()).get_secret_value()
        if not url:
            raise CatalogError(
                "Prefect was not asked: PREFECT_API_URL is not set.",
                "Set PREFECT_API_URL to the server that the worker uses, for example http://127.0.0.1:4200/api.",
            )
        basic = SecretStr(f"Basic {b64encode(known.encode()).decode()}")
        self._http = Http(
            VENDOR,
            url,
            headers={"Authorization": basic} if known else {},
            read_timeout_s=timeout_s,
            certificates=_authority(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def state_of(self, run_id: str) -> str:
        """The type of a run's state as Prefect writes it (PAUSED); DELETED for a run that it does not know.

        Raises VendorError.
        """
        return self.state_and_why(run_id)[0]

    def state_and_why(self, run_id: str) -> tuple[str, str]:
        """As ``state_of``, and what the state says of itself: for one that failed, why. Raises VendorError."""
        try:
            body = self._http.ask("look at a run", "GET", f"/flow_runs/{run_id}", if_refused=_LOGIN).body
        except Missing:
            # A server that is no Prefect may say 404 to everything.
            self.demand_an_answer()
            return DELETED, ""
        state = body.get("state_type") if isinstance(body, dict) else None
        if not isinstance(state, str) or not state.isalpha():
            raise Unclear(vendor=VENDOR, operation="look at a run", fault="no state in the answer", remedy=_ADDRESS)
        told = body.get("state")
        return state, str(told.get("message") or "") if isinstance(told, dict) else ""

    def late_s(self, run_id: str) -> float:
        """For how long a run should have begun, by Prefect's clock; 0 where it does not say. Raises VendorError."""
        body = self._http.ask("look at a run", "GET", f"/flow_runs/{run_id}", if_refused=_LOGIN).body
        late = body.get("estimated_start_time_delta") if isinstance(body, dict) else None
        return float(late) if isinstance(late, int | float) else 0.0

    def states_of(self, runs: Sequence[str]) -> dict[str, str]:
        """The type of each run's state, by its ID; DELETED for one that is not known there. Raises VendorError."""
        operation = "look at the runs"
        asked = {"flow_runs": {"id": {"any_": list(dict.fromkeys(runs))}}}
        body = self._http.ask(
            operation, "POST", "/flow_runs/filter", json=asked, headers=self._token(), remedy=_ADDRESS
        ).body
        if not isinstance(body, list) or not all(isinstance(one, dict) for one in body):
            raise Unclear(vendor=VENDOR, operation=operation, fault="no list of runs in the answer", remedy=_ADDRESS)
        found = {str(one.get("id")): str(one.get("state_type")) for one in body}
        return {run: found.get(run, DELETED) for run in runs}

    def form_of(self, run_id: str) -> Shown | None:
        """The form that this run shows now; None when it shows none, or not yet. Raises VendorError."""
        operation = "look at a form"
        try:
            run = self._http.ask(operation, "GET", f"/flow_runs/{quote(run_id, safe='')}", if_refused=_LOGIN).body
            state = (run.get("state") if isinstance(run, dict) else None) or {}
            keys = (state.get("state_details") or {}).get("run_input_keyset") or {}
            if state.get("type") != "PAUSED" or not {"response", "schema", "description"} <= keys.keys():
                return None
            found = {
                part: self._http.ask(operation, "GET", f"/flow_runs/{run_id}/input/{quote(keys[part], safe='')}").body
                for part in ("schema", "description")
            }
        except Missing:
            # Prefect pauses the run first, and stores its form then.
            return None
        schema, description = found["schema"], found["description"]
        if not isinstance(schema, dict) or not isinstance(description, str):
            raise Unclear(vendor=VENDOR, operation=operation, fault="no form in the answer", remedy=_ADDRESS)
        return Shown(keys["response"].removesuffix("-response"), description, schema)

    def answer(self, run_id: str, values: Mapping[str, Any]) -> str:
        """Fill in the form that this run shows. Empty when Prefect took it, else its reason. Raises VendorError."""
        operation = "fill in a form"
        body = self._pressed(operation, f"/flow_runs/{quote(run_id, safe='')}/resume", {"run_input": dict(values)})
        if not isinstance(body, dict) or not isinstance(body.get("status"), str):
            raise Unclear(vendor=VENDOR, operation=operation, fault="no state in the answer", remedy=_ADDRESS)
        if body["status"] == "ACCEPT":
            return ""
        details = body.get("details")
        return str(details.get("reason") or "no reason") if isinstance(details, dict) else "no reason"

    def has_answer(self, run_id: str, form: str) -> bool:
        """Whether this form of the run was filled in, and the answer is kept still. Raises VendorError."""
        path = f"/flow_runs/{quote(run_id, safe='')}/input/{quote(f'{form}-response')}"
        try:
            self._http.ask("look for an answer", "GET", path, if_refused=_LOGIN)
        except Missing:
            # A server that is no Prefect may say 404 to everything.
            self.demand_an_answer()
            return False
        return True

    def start(self, deployment: str, parameters: Mapping[str, Any], *, name: str = "", tag: str = "") -> str:
        """Start a run of this deployment (``flow/name``); return the run's ID. Raises VendorError.

        By one ``name`` only one run is started, however often that is asked for.
        """
        operation = f"start {deployment}"
        found = self._http.ask(operation, "GET", f"/deployments/name/{quote(deployment)}", remedy=_REGISTER).body
        # By its key it is one run, however often it is asked for.
        wanted = {
            "state": {"type": "SCHEDULED"},
            "parameters": dict(parameters),
            "idempotency_key": name or str(uuid4()),
            "tags": [tag] if tag else [],
        }
        deployment_id = found.get("id") if isinstance(found, dict) else ""
        body = self._pressed(operation, f"/deployments/{deployment_id}/create_flow_run", wanted)
        if not isinstance(body, dict) or not isinstance(body.get("id"), str):
            raise Unclear(vendor=VENDOR, operation=operation, fault="no run in the answer", remedy=_ADDRESS)
        return str(body["id"])

    def _pressed(self, operation: str, path: str, wanted: Mapping[str, Any]) -> Any:
        """The answer to a POST; sent again while Prefect's database is locked, as a person presses a button again."""
        for pause_s in (*[BUSY_PAUSE_S] * BUSY_TRIES, None):
            try:
                return self._http.ask(operation, "POST", path, json=wanted, headers=self._token()).body
            except VendorError as error:
                if error.status != HTTPStatus.SERVICE_UNAVAILABLE or pause_s is None:
                    raise
            time.sleep(pause_s)
        return None

    def runs_of_rekey(self) -> int:
        """How many runs of rekey have begun there. Raises VendorError."""
        asked = {
            "flows": {"name": {"any_": _FLOWS}},
            "flow_runs": {"state": {"type": {"any_": _STATES}}},
        }
        body = self._http.ask(
            "count the runs", "POST", "/flow_runs/count", json=asked, headers=self._token(), remedy=_ADDRESS
        ).body
        if not isinstance(body, int):
            raise Unclear(vendor=VENDOR, operation="count the runs", fault="no number in the answer", remedy=_ADDRESS)
        return body

    def demand_an_answer(self) -> None:
        """It is a Prefect server, and lets rekey in. Raises VendorError that says what to correct."""
        operation = "ask for its version"
        body = self._http.ask(operation, "GET", "/admin/version", remedy=f"{_LOGIN} {_ADDRESS}").body
        if not isinstance(body, str):
            raise Unclear(vendor=VENDOR, operation=operation, fault="no version in the answer", remedy=_ADDRESS)

    def _token(self) -> dict[str, str]:
        """What a server wants beside a POST when it guards against other pages (422: it does not)."""
        client = str(uuid4())
        body: Any = self._http.ask(
            "ask for a token", "GET", f"/csrf-token?client={client}", accept=(422,), remedy=_LOGIN
        ).body
        token = body.get("token") if isinstance(body, dict) else None
        return {"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": client} if isinstance(token, str) else {}
