"""The simulated vault's projects and their environments, under both of their names: workspaces and projects.

From the vault's own source (project-router.ts, project-env-router.ts and its service, read 2026-11-29). Here the id of
an environment is its slug. Projects are made in the sandbox and nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.infisical import places
from deployments.sandbox.infisical import read as reads
from deployments.sandbox.infisical.call import Call
from deployments.sandbox.infisical.project import Project
from deployments.sandbox.infisical.rows import Folder
from deployments.sandbox.infisical.state import Refusal, Vault

_Closed = Callable[[str, Callable[[Call], Awaitable[Any]]], Callable[[Request], Awaitable[Response]]]


class Projects:
    """The routes of projects. ``closed`` makes an endpoint of a handler: login and rate limit first."""

    def __init__(self, vault: Vault, closed: _Closed) -> None:
        self._vault = vault
        self._closed = closed

    def routes(self) -> list[Route]:
        """Those of workspaces, and on servers of today those of projects."""
        found = self._named("workspace", "workspaces")
        # By its slug a project comes bare.
        found.append(Route("/api/v2/workspace/{slug}", self._closed("read", self._by_slug)))
        if self._vault.is_current:
            found.append(Route("/api/v1/projects/slug/{slug}", self._closed("read", self._by_slug)))
            found += self._named("project", "projects")
        return found

    def _named(self, one: str, many: str) -> list[Route]:
        base = f"/api/v1/{'workspace' if one == 'workspace' else many}"
        environments = f"{base}/{{project_id}}/environments"
        environment = f"{environments}/{{environment}}"
        return [
            Route(base, self._closed("read", partial(self._list, many))),
            Route(f"{base}/{{project_id}}", self._closed("read", partial(self._get, one))),
            Route(environments, self._closed("write", self._make), methods=["POST"]),
            Route(environment, self._closed("read", self._environment)),
            Route(environment, self._closed("write", self._change), methods=["PATCH"]),
            Route(environment, self._closed("write", self._delete), methods=["DELETE"]),
        ]

    async def _list(self, name: str, call: Call) -> Any:
        own = [one for one in self._vault.projects.values() if one.id in call.identity.rights]
        return {name: [places.project_shown(self._vault, one) for one in own]}

    async def _get(self, name: str, call: Call) -> Any:
        return {name: places.project_shown(self._vault, self._own(call))}

    async def _by_slug(self, call: Call) -> Any:
        slug = str(call.request.path_params["slug"])
        found = next((one for one in self._vault.projects.values() if one.slug == slug), None)
        if found is None:
            # With which words is not known.
            raise Refusal(404, "NotFound", f"Project with slug '{slug}' not found")
        return places.project_shown(self._vault, reads.own_project(self._vault, call.identity, found.id))

    async def _environment(self, call: Call) -> Any:
        project = self._own(call)
        reads.permit(self._vault, call.identity, project, "read", "environments")
        wanted = _wanted(call)
        if wanted not in project.environments:
            raise Refusal(404, "NotFound", f"Environment with ID '{wanted}' not found")
        return {"environment": places.environment_shown(project, wanted)}

    async def _make(self, call: Call) -> Any:
        name, slug = call.fields.text("name"), call.fields.text("slug")
        position = call.fields.amount("position") if call.fields.has("position") else None
        call.fields.check()
        project = self._permitted(call, "create")
        if slug in project.environments:
            raise Refusal(400, "CreateEnvironment", "Environment with slug already exist")
        project.environments[slug] = {"/": Folder("/")}
        project.names[slug] = name
        if position:
            _move(project, slug, int(position))
        return _told(call, "created new", project, places.environment_shown(project, slug))

    async def _change(self, call: Call) -> Any:
        name, slug = call.fields.optional("name"), call.fields.optional("slug")
        position = call.fields.amount("position") if call.fields.has("position") else None
        call.fields.check()
        project, wanted = self._permitted(call, "edit"), _wanted(call)
        self._refuse_missing(project, wanted, "NotFound")
        if slug and slug != wanted and slug in project.environments:
            raise Refusal(400, "UpdateEnvironment", "Environment with slug already exist")
        if name:
            project.names[wanted] = name
        if slug and slug != wanted:
            project.names[slug] = project.name_of(wanted)
            renamed = {slug if one == wanted else one: folders for one, folders in project.environments.items()}
            project.environments.clear()
            project.environments.update(renamed)
        if position:
            _move(project, slug or wanted, int(position))
        return _told(call, "updated", project, places.environment_shown(project, slug or wanted))

    async def _delete(self, call: Call) -> Any:
        project, wanted = self._permitted(call, "delete"), _wanted(call)
        self._refuse_missing(project, wanted, "DeleteEnvironment")
        shown = places.environment_shown(project, wanted)
        del project.environments[wanted]
        return _told(call, "deleted", project, shown)

    def _own(self, call: Call) -> Project:
        return reads.own_project(self._vault, call.identity, str(call.request.path_params["project_id"]))

    def _permitted(self, call: Call, right: str) -> Project:
        project = self._own(call)
        reads.permit(self._vault, call.identity, project, right, "environments")
        return project

    def _refuse_missing(self, project: Project, wanted: str, error: str) -> None:
        if wanted not in project.environments:
            where = f"in project with ID '{project.id}'"
            raise Refusal(404, error, f"Environment with id '{wanted}' {where} not found")


def _wanted(call: Call) -> str:
    return str(call.request.path_params["environment"])


def _move(project: Project, slug: str, position: int) -> None:
    """Put an environment at a place, which is counted from one."""
    order = [one for one in project.environments if one != slug]
    order.insert(position - 1, slug)
    moved = {one: project.environments[one] for one in order}
    project.environments.clear()
    project.environments.update(moved)


def _told(call: Call, what: str, project: Project, environment: dict[str, Any]) -> dict[str, Any]:
    name = "workspace" if call.request.url.path.startswith("/api/v1/workspace/") else "projectId"
    return {"message": f"Successfully {what} environment", name: project.id, "environment": environment}
