"""Workflows of the GitHub sandbox: started by hand, listed, and their jobs. One kind of them really works.

It is rekey's attestation (docs/rekey-attestation.yml): its second job is named after the HMAC that the first one made
of the repository's secrets. From GitHub's REST API reference (workflows, workflow runs, workflow jobs), 2026-11-22.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

from deployments.sandbox.github_rules import Refusal
from deployments.sandbox.github_store import Repository, Run

_DIGITS = 10**10


def dispatched(repository: Repository, workflow: str, content: bytes, *, no_runner: bool) -> None:
    """Start it. The secrets are read now, as GitHub does when a run is queued. Raises Refusal."""
    if workflow not in repository.attestations:
        raise Refusal(404, "Not Found")
    body = json.loads(content)
    nonce = body.get("inputs", {}).get("nonce") if isinstance(body, dict) else None
    if body.get("ref") != "main" or not isinstance(nonce, str):
        raise Refusal(422, "Unexpected inputs provided, or no ref found.")
    key_id, secret = (repository.actions.reveal(name) or "" for name in repository.attestations[workflow])
    answer = hmac.new(secret.encode(), f"{nonce}:{key_id}".encode(), hashlib.sha256).hexdigest()
    jobs = () if no_runner else ("attest", f"rekey {answer}")
    run = Run(secrets.randbelow(_DIGITS), workflow, f"rekey attestation {nonce}", jobs)
    repository.runs.insert(0, run)


def listed(repository: Repository, workflow: str) -> dict[str, Any]:
    """The runs of a workflow, newest first."""
    if workflow not in repository.attestations:
        raise Refusal(404, "Not Found")
    rows = [_run(one) for one in repository.runs if one.workflow == workflow]
    return {"total_count": len(rows), "workflow_runs": rows}


def jobs(repository: Repository, run_id: int) -> dict[str, Any]:
    """The jobs of a run that have begun."""
    found = next((one for one in repository.runs if one.id == run_id), None)
    if found is None:
        raise Refusal(404, "Not Found")
    rows = [{"id": number, "run_id": run_id, "name": name, **_STATE} for number, name in enumerate(found.jobs, start=1)]
    return {"total_count": len(rows), "jobs": rows}


_STATE = {"status": "completed", "conclusion": "success"}


def _run(one: Run) -> dict[str, Any]:
    state = _STATE if one.jobs else {"status": "queued", "conclusion": None}
    return {
        "id": one.id,
        "name": "rekey attestation",
        "display_title": one.title,
        "event": "workflow_dispatch",
        **state,
    }
