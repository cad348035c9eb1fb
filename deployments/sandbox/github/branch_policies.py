"""Which branches and tags may be deployed to an environment of the GitHub sandbox, by the patterns of their names.

From GitHub's OpenAPI description (23.0.2: deployment branch policies): only where the environment has custom ones, and
a name that is there leads to what it is. Nothing is deployed here, so no pattern keeps anything out. There are no
custom protection rules.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.secrets import environment_name
from deployments.sandbox.github.store import Repository

_CUSTOM = (False, True)
_KINDS = ("branch", "tag")


class BranchPolicies:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Reading asks for "actions", the rest for "administration"."""
        environment = "/repos/{owner}/{name}/environments/{environment:path}"
        every = f"{environment}/deployment-branch-policies"
        one = every + "/{policy:int}"
        return [
            Route(every, self._list),
            Route(every, self._create, methods=["POST"]),
            Route(one, self._get),
            Route(one, self._change, methods=["PUT"]),
            Route(one, self._delete, methods=["DELETE"]),
            Route(f"{environment}/deployment_protection_rules", self._no_rules),
        ]

    def _of(self, request: Request, *, writes: bool) -> tuple[Repository, str, list[dict[str, Any]]]:
        permission = "administration" if writes else "actions"
        found = self._face.permitted(request, permission, writes=writes)
        name = environment_name(request, found)
        return found, name, found.branch_policies.setdefault(name, [])

    def _named(self, request: Request, *, writes: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        _, _, rows = self._of(request, writes=writes)
        for row in rows:
            if row["id"] == request.path_params["policy"]:
                return rows, row
        raise Refusal(404, "Not Found")

    async def _list(self, request: Request) -> Response:
        _, _, rows = self._of(request, writes=False)
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "branch_policies": chosen}, headers=headers)

    async def _create(self, request: Request) -> Response:
        found, name, rows = self._of(request, writes=True)
        protection = found.protections.get(name)
        if protection is None or protection.branches != _CUSTOM:
            raise Refusal(404, "Not Found")
        asked = await object_in(request)
        demand(asked, {"name": ("string",)}, required=("name",), words={"type": _KINDS})
        made = {"name": asked["name"], "type": asked.get("type", _KINDS[0])}
        for row in rows:
            if row.items() >= made.items():
                place = f"{request.base_url}repos/{found.full_name}/environments/{quote(name, safe='')}"
                location = f"{place}/deployment-branch-policies/{row['id']}"
                return self._face.answer(request, None, 303, headers={"Location": location})
        number = secrets.randbelow(10**8) + 1
        rows.append({"id": number, "node_id": f"DBP_{number}", **made})
        return self._face.answer(request, rows[-1])

    async def _get(self, request: Request) -> Response:
        return self._face.answer(request, self._named(request, writes=False)[1])

    async def _change(self, request: Request) -> Response:
        (_, row), asked = self._named(request, writes=True), await object_in(request)
        demand(asked, {"name": ("string",)}, required=("name",))
        row["name"] = asked["name"]
        return self._face.answer(request, row)

    async def _delete(self, request: Request) -> Response:
        rows, row = self._named(request, writes=True)
        rows.remove(row)
        return self._face.answer(request, None, 204)

    async def _no_rules(self, request: Request) -> Response:
        self._of(request, writes=False)
        return self._face.answer(request, {"total_count": 0, "custom_deployment_protection_rules": []})
