"""Workflows of the GitHub sandbox: started by hand, their runs and jobs. One kind of them really works.

It is rekey's attestation (docs/rekey-attestation.yml): its second job is named after the HMAC that the first one made
of the repository's secrets. From GitHub's REST API reference (workflows, workflow runs, workflow jobs), 2026-11-22;
that a dispatch may answer with the run is from GitHub's changelog (return_run_details), read 2026-11-27.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deployments.sandbox.github.demands import at_most, demand, object_of
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Repository, Run

_DIGITS = 10**10
_MOST_INPUTS = 25
_ATTESTATION = "rekey attestation"
BRANCH = "main"
# Of the only commit that there is, and of what it holds.
COMMIT, TREE = (hashlib.sha1(one, usedforsecurity=False).hexdigest() for one in (b"commit", b"tree"))
OVER, WAITING = "completed", "waiting"


def workflows(repository: Repository) -> dict[str, str]:
    """The names of all workflows by their file names."""
    return {**dict.fromkeys(repository.attestations, _ATTESTATION), **repository.workflows}


def number_of(workflow: str) -> int:
    """The number of a workflow, which stays the same."""
    return int.from_bytes(hashlib.sha256(workflow.encode()).digest()[:4])


def file_of(repository: Repository, wanted: str) -> str:
    """The file name of the workflow of this file name or number. Raises Refusal."""
    for file in workflows(repository):
        if wanted in {file, str(number_of(file))}:
            return file
    raise Refusal(404, "Not Found")


def dispatched(repository: Repository, workflow: str, content: bytes, *, no_runner: bool) -> tuple[Run, bool]:
    """Start it: the run, and whether the answer is to name it. Raises Refusal.

    The secrets are read now, as GitHub does when a run is queued.
    """
    ref, inputs, wants_details = _asked(content)
    if not repository.has_actions:
        raise Refusal(422, "Actions has been disabled for this repository.")
    if workflow in repository.disabled:
        # Its text is benc-uk/workflow-dispatch 72's.
        raise Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
    if workflow in repository.without_dispatch:
        # As above; also fcetool 1.
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    if ref.removeprefix("refs/heads/") != BRANCH:
        raise Refusal(422, f"No ref found for: {ref}")
    if workflow in repository.inputs:
        _demand_inputs(inputs, repository.inputs[workflow])
    jobs: tuple[str, ...] = ("run",)
    title = workflows(repository)[workflow]
    if workflow in repository.attestations:
        nonce = _nonce(inputs)
        key_id, secret = (repository.actions.reveal(name) or "" for name in repository.attestations[workflow])
        answer = hmac.new(secret.encode(), f"{nonce}:{key_id}".encode(), hashlib.sha256).hexdigest()
        jobs, title = ("attest", f"rekey {answer}"), f"{_ATTESTATION} {nonce}"
    begins = not no_runner and workflow not in repository.reviewed
    state = (OVER, "success") if begins else (WAITING if workflow in repository.reviewed else "queued", None)
    run = begin(repository, workflow, jobs if begins else (), *state, title=title)
    if run.status == WAITING:
        run = replace(run, later=jobs)
        _put(repository, run)
    return run, wants_details


def begin(  # what a run is made of
    repository: Repository,
    workflow: str,
    jobs: tuple[str, ...],
    status: str,
    conclusion: str | None,
    *,
    title: str | None = None,
) -> Run:
    """A new run, which is the newest of its workflow from now on."""
    number = sum(one.workflow == workflow for one in repository.runs) + 1
    named = title or workflows(repository)[workflow]
    run = Run(secrets.randbelow(_DIGITS), workflow, named, jobs, status, conclusion, number)
    repository.runs.insert(0, run)
    return run


def run_of(repository: Repository, run_id: int) -> Run:
    """The run of this id. Raises Refusal."""
    for one in repository.runs:
        if one.id == run_id:
            return one
    raise Refusal(404, "Not Found")


def cancel(repository: Repository, run_id: int) -> None:
    """End a run that goes on. Raises Refusal."""
    run = run_of(repository, run_id)
    if run.status == OVER:
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    _put(repository, replace(run, status=OVER, conclusion="cancelled"))


def decide(repository: Repository, run: Run, *, approved: bool) -> None:
    """End a run that waits: with its jobs when it is approved, and without when it is not."""
    end = ("success", run.later) if approved else ("failure", ())
    _put(repository, replace(run, status=OVER, conclusion=end[0], jobs=end[1]))


def run_again(repository: Repository, run_id: int) -> None:
    """Start a run that is over once more. Raises Refusal."""
    run = run_of(repository, run_id)
    if run.status != OVER:
        raise Refusal(403, "This workflow is already running")
    _put(repository, replace(run, attempt=run.attempt + 1, conclusion="success"))


def _put(repository: Repository, run: Run) -> None:
    repository.runs[:] = [run if one.id == run.id else one for one in repository.runs]


def _asked(content: bytes) -> tuple[str, dict[str, Any], bool]:
    body = object_of(content)
    demand(body, {"ref": ("string",), "inputs": ("object", "null")}, required=("ref",))
    inputs = body.get("inputs") or {}
    at_most(_MOST_INPUTS, len(inputs), "property", "properties")
    return body["ref"], inputs, body.get("return_run_details") is True


def _demand_inputs(inputs: dict[str, Any], known: Mapping[str, bool]) -> None:
    """Raise Refusal for inputs that the workflow does not know, and for one that it has to have."""
    unexpected = sorted(set(inputs) - set(known))
    if unexpected:
        raise Refusal(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
    for name, is_required in known.items():
        if is_required and not isinstance(inputs.get(name), str):
            raise Refusal(422, f"Required input '{name}' not provided")


def _nonce(inputs: dict[str, Any]) -> str:
    _demand_inputs(inputs, {"nonce": True})
    return str(inputs["nonce"])
