"""Deployments of the GitHub sandbox: notes of who puts which commit where, with what became of it.

From GitHub's OpenAPI description (23.0.2: deployments) and recorded answers (PyGithub's tests/ReplayData, Deployment
and DeploymentStatus). Whatever is deployed to becomes an environment. No check stands in the way, and nothing is
deployed. The text that refuses to delete one that is in use is inferred from the page's sentence on it.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.actions import BRANCH, COMMIT
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.store import Protection, Repository, Store, timestamp

_PERMISSION = "deployments"
_STATES = frozenset({"error", "failure", "inactive", "in_progress", "queued", "pending", "success"})
_USUAL_PLACE = "production"
_DIGITS = 10**9


@dataclass(slots=True)
class _Deployment:
    """One of them; its statuses are the newest first."""

    id: int
    asked: dict[str, Any]
    created_at: float
    statuses: list[dict[str, Any]] = field(default_factory=list)

    @property
    def environment(self) -> str:
        return str(self.asked.get("environment") or _USUAL_PLACE)


class Deploying:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face
        # By the number of the repository, the newest first.
        self._kept: dict[int, list[_Deployment]] = {}

    def routes(self) -> list[Route]:
        """A deployment and its statuses. All ask for "deployments"."""
        every = "/repos/{owner}/{name}/deployments"
        one = every + "/{deployment:int}"
        return [
            Route(every, self._list),
            Route(every, self._create, methods=["POST"]),
            Route(one, self._get),
            Route(one, self._delete, methods=["DELETE"]),
            Route(f"{one}/statuses", self._statuses),
            Route(f"{one}/statuses", self._add_status, methods=["POST"]),
            Route(f"{one}/statuses/{{status:int}}", self._status),
        ]

    async def _list(self, request: Request) -> Response:
        found = self._face.permitted(request, _PERMISSION, writes=False)
        rows = [_shown(request, found, one) for one in self._kept.get(found.id, [])]
        narrowed = [
            one for one in rows if all(_asked(request, one, name) for name in ("sha", "ref", "task", "environment"))
        ]
        chosen, headers = paged(request, narrowed)
        return self._face.answer(request, chosen, headers=headers)

    async def _create(self, request: Request) -> Response:
        found, asked = self._face.permitted(request, _PERMISSION, writes=True), await object_in(request)
        demand(asked, {}, required=("ref",))
        if asked["ref"] not in (BRANCH, COMMIT, f"refs/heads/{BRANCH}"):
            raise Refusal(422, f"No ref found for: {asked['ref']}")
        now = time.time()
        made = _Deployment(secrets.randbelow(_DIGITS) + 1, asked, now)
        self._kept.setdefault(found.id, []).insert(0, made)
        if made.environment not in found.environments:
            found.environments[made.environment] = Store()
            found.protections[made.environment] = Protection(now, now)
        shown = _shown(request, found, made)
        return self._face.answer(request, shown, 201, headers={"Location": str(shown["url"])})

    def note(self, request: Request, found: Repository, environment: str) -> dict[str, Any]:
        """A deployment that a run of a workflow makes, as it is shown."""
        made = _Deployment(secrets.randbelow(_DIGITS) + 1, {"ref": BRANCH, "environment": environment}, time.time())
        self._kept.setdefault(found.id, []).insert(0, made)
        return _shown(request, found, made)

    async def _get(self, request: Request) -> Response:
        found, one = self._named(request, writes=False)
        return self._face.answer(request, _shown(request, found, one))

    async def _delete(self, request: Request) -> Response:
        """One that is in use cannot be deleted unless it is the only one (documented)."""
        found, one = self._named(request, writes=True)
        others = [other for other in self._kept[found.id] if other is not one]
        if others and one.statuses and one.statuses[0]["state"] == "success":
            raise Refusal(422, "An active deployment is deleted when it is the only one.")
        self._kept[found.id] = others
        return self._face.answer(request, None, 204)

    async def _statuses(self, request: Request) -> Response:
        _, one = self._named(request, writes=False)
        chosen, headers = paged(request, one.statuses)
        return self._face.answer(request, chosen, headers=headers)

    async def _add_status(self, request: Request) -> Response:
        found, one = self._named(request, writes=True)
        asked = await object_in(request)
        demand(asked, {}, required=("state",))
        if not isinstance(asked["state"], str) or asked["state"] not in _STATES:
            error = {
                "resource": "DeploymentStatus",
                "field": "state",
                "code": "custom",
                "message": "state is not included",
            }
            raise Refusal(422, "Validation Failed", errors=[error])
        made = _status_of(request, found, one, asked)
        one.statuses.insert(0, made)
        if asked["state"] == "success" and asked.get("auto_inactive") is not False:
            self._retire_others(request, found, one)
        return self._face.answer(request, made, 201, headers={"Location": str(made["url"])})

    def _retire_others(self, request: Request, found: Repository, one: _Deployment) -> None:
        """Those of the same environment that succeeded before are inactive from now on (documented)."""
        for other in self._kept[found.id]:
            is_before = other is not one and other.environment == one.environment
            if is_before and other.statuses and other.statuses[0]["state"] == "success":
                other.statuses.insert(0, _status_of(request, found, other, {"state": "inactive"}))

    async def _status(self, request: Request) -> Response:
        _, one = self._named(request, writes=False)
        for status in one.statuses:
            if status["id"] == request.path_params["status"]:
                return self._face.answer(request, status)
        raise Refusal(404, "Not Found")

    def _named(self, request: Request, *, writes: bool) -> tuple[Repository, _Deployment]:
        found = self._face.permitted(request, _PERMISSION, writes=writes)
        for one in self._kept.get(found.id, []):
            if one.id == request.path_params["deployment"]:
                return found, one
        raise Refusal(404, "Not Found")


def _asked(request: Request, row: dict[str, Any], name: str) -> bool:
    return str(row[name]) == request.query_params.get(name, str(row[name]))


def _text(asked: dict[str, Any], name: str) -> str:
    return str(asked.get(name) or "")


def _shown(request: Request, of: Repository, one: _Deployment) -> dict[str, Any]:
    base = f"{request.base_url}repos/{of.full_name}"
    url, made = f"{base}/deployments/{one.id}", timestamp(one.created_at)
    is_production = one.asked.get("production_environment", one.environment == _USUAL_PLACE)
    return {
        "url": url,
        "id": one.id,
        "node_id": f"DE_{one.id}",
        "sha": COMMIT,
        "ref": one.asked["ref"],
        "task": _text(one.asked, "task") or "deploy",
        "payload": one.asked.get("payload") or {},
        "original_environment": one.environment,
        "environment": one.environment,
        "description": one.asked.get("description"),
        "creator": looks.account(looks.PERSON, str(request.base_url)),
        "created_at": made,
        "updated_at": made,
        "statuses_url": f"{url}/statuses",
        "repository_url": base,
        "transient_environment": one.asked.get("transient_environment") is True,
        "production_environment": is_production is True,
        "performed_via_github_app": None,
    }


def _status_of(request: Request, of: Repository, one: _Deployment, asked: dict[str, Any]) -> dict[str, Any]:
    base, number = f"{request.base_url}repos/{of.full_name}", secrets.randbelow(_DIGITS) + 1
    url, now = f"{base}/deployments/{one.id}", timestamp(time.time())
    log = _text(asked, "log_url") or _text(asked, "target_url")
    return {
        "url": f"{url}/statuses/{number}",
        "id": number,
        "node_id": f"DS_{number}",
        "state": asked["state"],
        "creator": looks.account(looks.PERSON, str(request.base_url)),
        "description": _text(asked, "description"),
        "environment": _text(asked, "environment") or one.environment,
        "target_url": log,
        "log_url": log,
        "environment_url": _text(asked, "environment_url"),
        "created_at": now,
        "updated_at": now,
        "deployment_url": url,
        "repository_url": base,
        "performed_via_github_app": None,
    }
