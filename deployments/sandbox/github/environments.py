"""Environments of the GitHub sandbox, with what protects them.

From GitHub's OpenAPI description (23.0.2: environments) and a recorded answer (PyGithub's tests/ReplayData,
Environment.setUp). Inferred: that what a PUT does not name is protected no longer, and which texts refuse a value that
cannot be. Only a run of a workflow that the sandbox was told of waits for its reviewers (reviews.py).
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import at_most, between, demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.secrets import environment_name
from deployments.sandbox.github.store import Protection, Repository, Store, timestamp

_LONGEST_WAIT = 43_200
_MOST_REVIEWERS = 6
_POLICY = ("protected_branches", "custom_branch_policies")


class Environments:
    """Their list, and one by its name."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """What stands behind a name in a path is the name's, so these come after those of secrets and variables."""
        every = "/repos/{owner}/{name}/environments"
        one = every + "/{environment:path}"
        return [
            Route(every, self._list),
            Route(one, self._get),
            Route(one, self._put, methods=["PUT"]),
            Route(one, self._delete, methods=["DELETE"]),
        ]

    async def _list(self, request: Request) -> Response:
        found = self._face.permitted(request, "actions", writes=False)
        rows = [environment_shown(request, found, name) for name in found.environments]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "environments": chosen}, headers=headers)

    async def _get(self, request: Request) -> Response:
        _, found = self._face.visible(request)
        return self._face.answer(request, environment_shown(request, found, environment_name(request, found)))

    async def _put(self, request: Request) -> Response:
        """Make it, or change what protects it."""
        found, name = self._face.permitted(request, "administration", writes=True), request.path_params["environment"]
        asked = await object_in(request) if await request.body() else {}
        before = found.protections.get(name)
        protection = _asked(asked, before.created_at if before else time.time())
        found.environments.setdefault(name, Store())
        found.protections[name] = protection
        if protection.branches is None:
            found.branch_policies.pop(name, None)
        return self._face.answer(request, environment_shown(request, found, name))

    async def _delete(self, request: Request) -> Response:
        found = self._face.permitted(request, "administration", writes=True)
        name = environment_name(request, found)
        del found.environments[name]
        found.protections.pop(name, None)
        found.branch_policies.pop(name, None)
        return self._face.answer(request, None, 204)


def _asked(asked: dict[str, Any], created_at: float) -> Protection:
    demand(asked, {"wait_timer": ("integer", "null"), "reviewers": ("array", "null")})
    wait, reviewers = asked.get("wait_timer") or 0, asked.get("reviewers") or []
    between(0, _LONGEST_WAIT, wait)
    at_most(_MOST_REVIEWERS, len(reviewers), "item", "items")
    if not all(map(_is_reviewer, reviewers)):
        raise Refusal(422, "Invalid reviewers: they are users or teams.")
    return Protection(
        created_at,
        time.time(),
        wait,
        tuple((str(one["type"]), int(one["id"])) for one in reviewers),
        asked.get("prevent_self_review") is True,
        asked.get("can_admins_bypass") is not False,
        _policy(asked.get("deployment_branch_policy")),
    )


def _is_reviewer(one: Any) -> bool:
    return isinstance(one, dict) and one.get("type") in {"User", "Team"} and isinstance(one.get("id"), int)


def _policy(asked: Any) -> tuple[bool, bool] | None:
    """Protected branches or custom ones: both or neither cannot be (documented)."""
    if asked is None:
        return None
    values = [asked.get(name) for name in _POLICY] if isinstance(asked, dict) else []
    if values not in ([True, False], [False, True]):
        raise Refusal(422, f"Invalid deployment branch policy: one of {' and '.join(_POLICY)} is on.")
    return values[0], values[1]


def environment_shown(request: Request, repository: Repository, name: str) -> dict[str, Any]:
    """An environment as a list and as its own address show it."""
    number = list(repository.environments).index(name) + 1
    url = f"{request.base_url}repos/{repository.full_name}/environments/{quote(name, safe='')}"
    made = repository.created_at
    protection = repository.protections.get(name, Protection(made, made))
    branches = dict(zip(_POLICY, protection.branches, strict=True)) if protection.branches else None
    rules = [
        {"id": number * 10 + place, "node_id": f"GA_{number}{place}", **rule}
        for place, rule in enumerate(_rules(protection, str(request.base_url)))
    ]
    return {
        "id": number,
        "node_id": f"EN_{number}",
        "name": name,
        "url": url,
        "html_url": f"https://github.com/{repository.full_name}/deployments/activity_log?environments_filter={name}",
        "created_at": timestamp(protection.created_at),
        "updated_at": timestamp(protection.updated_at),
        "can_admins_bypass": protection.bypassed,
        "protection_rules": rules,
        "deployment_branch_policy": branches,
    }


def _rules(protection: Protection, base_url: str) -> list[dict[str, Any]]:
    wait = [{"type": "wait_timer", "wait_timer": protection.wait_timer}] if protection.wait_timer else []
    people = [
        {"type": kind, "reviewer": reviewer_shown(kind, number, base_url)} for kind, number in protection.reviewers
    ]
    reviewed = {"type": "required_reviewers", "prevent_self_review": protection.no_self_review, "reviewers": people}
    branches = [{"type": "branch_policy"}] if protection.branches else []
    return [*wait, *([reviewed] if people else []), *branches]


def reviewer_shown(kind: str, number: int, base_url: str) -> dict[str, Any]:
    """A person or a team that has to approve."""
    if kind == "User":
        return {**looks.account(looks.PERSON, base_url), "id": number}
    return {"id": number, "node_id": f"T_{number}", "name": f"team-{number}", "slug": f"team-{number}"}
