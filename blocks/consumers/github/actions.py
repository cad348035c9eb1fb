"""GitHub's workflows: started by hand, found again by their title, read by the names of their jobs.

Facts from GitHub's REST API reference (workflows, workflow runs, workflow jobs), read 2026-11-22.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from blocks.consumers.github.errors import unclear
from blocks.consumers.github.place import VENDOR, Place
from blocks.errors import CatalogError
from blocks.wire.exchange import LIST_BYTES
from blocks.wire.replies import Reply

_WORKFLOW = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.ya?ml")


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a workflow; ``status`` is GitHub's word, such as queued, waiting, in_progress or completed."""

    id: int
    status: str


class Actions:
    """Asks through a client's own connection; needs the permission "Actions: read and write"."""

    def __init__(self, ask: Callable[..., Reply]) -> None:
        self._ask = ask

    def dispatch(self, repository: str, workflow: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow of the default branch by hand. Raises Missing when there is none of that file name."""
        place = Place.of_workflows(repository)
        operation = f"read {place.label}"
        found = self._ask(operation, "GET", f"/repos/{repository}", place)
        branch = found.body.get("default_branch") if isinstance(found.body, dict) else None
        if not isinstance(branch, str):
            raise unclear(operation, found, "no default branch in the answer")
        path = f"{_path(repository, workflow)}/dispatches"
        body = {"ref": branch, "inputs": dict(inputs)}
        self._ask(f"start {workflow} of {place.label}", "POST", path, place, json=body)

    def run_titled(self, repository: str, workflow: str, text: str) -> Run | None:
        """The newest run whose title holds the text; None while there is none."""
        place = Place.of_workflows(repository)
        operation = f"read runs of {workflow} of {place.label}"
        runs = self._listed(operation, f"{_path(repository, workflow)}/runs", place, "workflow_runs")
        found = [run for run in runs if text in str(run.get("display_title"))]
        number = found[0].get("id") if found else None
        return Run(number, str(found[0].get("status"))) if isinstance(number, int) else None

    def job_names(self, repository: str, run_id: int) -> list[str]:
        """The names of the jobs of a run that have begun so far."""
        place = Place.of_workflows(repository)
        operation = f"read jobs of a run of {place.label}"
        jobs = self._listed(operation, f"/repos/{repository}/actions/runs/{run_id}/jobs", place, "jobs")
        return [str(job.get("name")) for job in jobs]

    def environments_awaited(self, repository: str, run_id: int) -> list[str]:
        """The environments for which a run waits: for their reviewers, or for their timers."""
        place = Place.of_workflows(repository)
        operation = f"read for what a run of {place.label} waits"
        found = self._ask(operation, "GET", f"/repos/{repository}/actions/runs/{run_id}/pending_deployments", place)
        rows = found.body if isinstance(found.body, list) else None
        if rows is None:
            raise unclear(operation, found, "no list of environments in the answer")
        named = [row.get("environment") for row in rows if isinstance(row, dict)]
        return [str(one.get("name")) for one in named if isinstance(one, dict)]

    def cancel(self, repository: str, run_id: int) -> None:
        """Ask for the end of a run. Raises Rejected for one that has ended."""
        place = Place.of_workflows(repository)
        self._ask(f"cancel a run of {place.label}", "POST", f"/repos/{repository}/actions/runs/{run_id}/cancel", place)

    def _listed(self, operation: str, path: str, place: Place, name: str) -> list[dict[str, Any]]:
        reply = self._ask(operation, "GET", path, place, largest=LIST_BYTES)
        rows = reply.body.get(name) if isinstance(reply.body, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise unclear(operation, reply, f"no {name} in the answer")
        return rows


def _path(repository: str, workflow: str) -> str:
    if not _WORKFLOW.fullmatch(workflow):
        raise CatalogError(f"{VENDOR}: {workflow!r} is not a workflow's file name.", "Write such as name.yml.")
    return f"/repos/{repository}/actions/workflows/{workflow}"
