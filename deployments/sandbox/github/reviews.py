"""Runs of the GitHub sandbox that wait for an environment: who has to approve, what was said, and what follows.

From GitHub's OpenAPI description (23.0.2: workflow runs, "Review pending deployments", and the schemas
"pending-deployment" and "environment-approvals"). Whoever is no reviewer, or started the run where that is prevented,
is told that there is nothing to approve (public reports of gh). Inferred: that a run which is rejected has failed, and
that it begins at once when it is approved.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import actions, looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.deploying import Deploying
from deployments.sandbox.github.environments import environment_shown, reviewer_shown
from deployments.sandbox.github.face import Face
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Protection, Repository, Run

_STATES = ("approved", "rejected")
_PERSON = ("User", 1)
_PARTS = {"environment_ids": ("array",), "state": ("string",), "comment": ("string",)}


class Reviews:
    """The routes. A run that is approved is noted as a deployment by ``deploying``."""

    def __init__(self, face: Face, deploying: Deploying) -> None:
        self._face = face
        self._deploying = deploying
        # By the number of the run, the newest first.
        self._said: dict[int, list[dict[str, Any]]] = {}

    def routes(self) -> list[Route]:
        """Below a run."""
        run = "/repos/{owner}/{name}/actions/runs/{run:int}"
        return [
            Route(f"{run}/pending_deployments", self._pending),
            Route(f"{run}/pending_deployments", self._review, methods=["POST"]),
            Route(f"{run}/approvals", self._approvals),
        ]

    async def _pending(self, request: Request) -> Response:
        found = self._face.permitted(request, "actions", writes=False)
        run, base = actions.run_of(found, request.path_params["run"]), str(request.base_url)
        if run.status != actions.WAITING:
            return self._face.answer(request, [])
        number, name, protection = _awaited(found, run)
        row = {
            "environment": {"id": number, "node_id": f"EN_{number}", "name": name},
            "wait_timer": protection.wait_timer,
            "wait_timer_started_at": None,
            "current_user_can_approve": _may_approve(protection),
            "reviewers": [
                {"type": kind, "reviewer": reviewer_shown(kind, one, base)} for kind, one in protection.reviewers
            ],
        }
        return self._face.answer(request, [row])

    async def _review(self, request: Request) -> Response:
        found = self._face.permitted(request, "deployments", writes=True)
        run, asked = actions.run_of(found, request.path_params["run"]), await object_in(request)
        demand(asked, _PARTS, required=tuple(_PARTS), words={"state": _STATES})
        number, name, protection = _awaited(found, run) if run.status == actions.WAITING else (0, "", Protection(0, 0))
        if not _may_approve(protection) or asked["environment_ids"] != [number]:
            raise Refusal(422, "Validation Failed", errors="No pending deployment requests to approve or reject")
        actions.decide(found, run, approved=asked["state"] == _STATES[0])
        said = {
            "state": asked["state"],
            "comment": asked["comment"],
            "environments": [environment_shown(request, found, name)],
            "user": looks.account(looks.PERSON, str(request.base_url)),
        }
        self._said.setdefault(run.id, []).insert(0, said)
        return self._face.answer(request, [self._deploying.note(request, found, name)])

    async def _approvals(self, request: Request) -> Response:
        found = self._face.permitted(request, "actions", writes=False)
        run = actions.run_of(found, request.path_params["run"])
        return self._face.answer(request, self._said.get(run.id, []))


def _awaited(found: Repository, run: Run) -> tuple[int, str, Protection]:
    """The number, name and protection of the environment for which a run waits."""
    name, now = found.reviewed[run.workflow], time.time()
    number = list(found.environments).index(name) + 1 if name in found.environments else 1
    return number, name, found.protections.get(name, Protection(now, now))


def _may_approve(protection: Protection) -> bool:
    """Whether the person may, whose every token is, and who started every run."""
    return _PERSON in protection.reviewers and not protection.no_self_review
