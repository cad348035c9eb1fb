"""Secrets of the GitHub sandbox: of repositories, environments, organizations, Dependabot and Codespaces.

From GitHub's REST API reference (Actions secrets, Dependabot secrets, Codespaces secrets), 2026-11-21 and 2026-11-27.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.demands import object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.sealed import checked_write
from deployments.sandbox.github.shared import VISIBILITIES, Selected, is_for, whom_in
from deployments.sandbox.github.store import Repository, Store

_FAMILIES = ("/actions", "/dependabot", "/codespaces", "/environments/{environment:path}")
# What an organization may share its secrets with, and by which permission.
_OF_ORGANIZATION = {
    "actions": "organization_secrets",
    "dependabot": "organization_dependabot_secrets",
    "codespaces": "organization_codespaces_secrets",
}
# How many a repository or an environment may have, and an organization (documented: "Limits for secrets").
_MOST, _MOST_OF_ORGANIZATION = 100, 1000
_Handler = Callable[[Request], Awaitable[Response]]
_Inner = Callable[[Request, Store], Awaitable[Response]]


class Secrets:
    """The routes of all secrets."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """Each place has the same five, and a repository also shows what its organization shares."""
        repository, organization = "/repos/{owner}/{name}", "/orgs/{owner}"
        places = [(repository + family, self._in_repository) for family in _FAMILIES]
        places += [(f"{organization}/{family}", self._in_organization) for family in _OF_ORGANIZATION]
        shared = self._in_repository(self._list)
        return [
            Route(f"{repository}/actions/organization-secrets", shared),
            *(
                route
                for family, permission in _OF_ORGANIZATION.items()
                for route in Selected(self._face, permission, self._whom).routes(
                    f"{organization}/{family}/secrets/{{secret}}"
                )
            ),
            *(route for base, guard in places for route in self._five(f"{base}/secrets", guard)),
        ]

    def _five(self, base: str, guard: Callable[[_Inner], _Handler]) -> list[Route]:
        return [
            Route(base, guard(self._list)),
            Route(f"{base}/public-key", guard(self._public_key)),
            Route(f"{base}/{{secret}}", guard(self._get)),
            Route(f"{base}/{{secret}}", guard(self._put), methods=["PUT"]),
            Route(f"{base}/{{secret}}", guard(self._delete), methods=["DELETE"]),
        ]

    def _in_repository(self, handler: _Inner) -> _Handler:
        """A handler for those who may: token, repository, permission and archive are looked at first."""

        async def guarded(request: Request) -> Response:
            _, repository = self._face.visible(request)
            permission, store = self._addressed(request, repository)
            self._face.permitted(request, permission, writes=request.method in {"PUT", "DELETE"})
            return await handler(request, store)

        return guarded

    def _in_organization(self, handler: _Inner) -> _Handler:
        """A handler for those who may administer the organization."""

        async def guarded(request: Request) -> Response:
            family = _family(request)
            owner = self._face.administered(request, _OF_ORGANIZATION[family])
            return await handler(request, self._face.estate.organization(owner, family))

        return guarded

    def _addressed(self, request: Request, repository: Repository) -> tuple[str, Store]:
        """The permission and the store that a path below a repository is about."""
        path = request.url.path
        if "environment" in request.path_params:
            return "environments", repository.environments[environment_name(request, repository)]
        if path.endswith("/organization-secrets"):
            return "secrets", self._face.estate.organization(request.path_params["owner"])
        for family, store in (("dependabot", repository.dependabot), ("codespaces", repository.codespaces)):
            if f"/{family}/secrets" in path:
                return f"{family}_secrets", store
        return "secrets", repository.actions

    async def _list(self, request: Request, store: Store) -> Response:
        names = [name for name in sorted(store.kept) if self._is_listed(request, store, name)]
        rows = [self._shown(request, store, name) for name in names]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "secrets": chosen}, headers=headers)

    async def _public_key(self, request: Request, store: Store) -> Response:
        body = {"key_id": store.key_id, "key": store.public_key}
        if self._face.knobs.replace_key_after_reading:
            store.rotate_key()
        return self._face.answer(request, body)

    async def _get(self, request: Request, store: Store) -> Response:
        return self._face.answer(request, self._shown(request, store, _kept_name(request, store)))

    async def _put(self, request: Request, store: Store) -> Response:
        name, content = request.path_params["secret"].upper(), await request.body()
        is_shared = "owner" in request.path_params and "name" not in request.path_params
        sealed = checked_write(store, name, content, _MOST_OF_ORGANIZATION if is_shared else _MOST)
        if is_shared:
            store.visibility[name], store.selected[name] = whom_in(await object_in(request))
        if self._face.knobs.ignore_writes or not store.write_sealed(name, sealed):
            return self._face.answer(request, None, 204)
        return self._face.answer(request, {}, 201)

    async def _delete(self, request: Request, store: Store) -> Response:
        del store.kept[_kept_name(request, store)]
        return self._face.answer(request, None, 204)

    def _is_listed(self, request: Request, store: Store, name: str) -> bool:
        """Of what an organization shares, a repository is shown what it gets."""
        if not request.url.path.endswith("/organization-secrets"):
            return True
        _, repository = self._face.visible(request)
        return is_for(repository, store.visibility.get(name, VISIBILITIES[0]), store.selected.get(name, []))

    def _whom(self, request: Request) -> tuple[str, list[int]]:
        store = self._face.estate.organization(request.path_params["owner"], _family(request))
        name = _kept_name(request, store)
        return store.visibility.get(name, VISIBILITIES[0]), store.selected.setdefault(name, [])

    def _shown(self, request: Request, store: Store, name: str) -> dict[str, Any]:
        shown: dict[str, Any] = store.kept[name].as_json(name)
        if "/orgs/" not in request.url.path:
            return shown
        visibility = store.visibility.get(name, VISIBILITIES[0])
        url = f"{request.base_url}orgs/{request.path_params['owner']}/{_family(request)}/secrets/{name}/repositories"
        more = {"selected_repositories_url": url} if visibility == "selected" else {}
        return {**shown, "visibility": visibility, **more}


def _family(request: Request) -> str:
    """What a path below an organization is about."""
    return next(one for one in _OF_ORGANIZATION if f"/{one}/secrets" in request.url.path)


def environment_name(request: Request, repository: Repository) -> str:
    """A name may hold a slash, which is part of the name only when it is escaped in the path."""
    name: str = request.path_params["environment"]
    escaped = request.scope["raw_path"].lower().count(b"%2f")
    if name not in repository.environments or escaped < name.count("/"):
        raise Refusal(404, "Not Found")
    return name


def _kept_name(request: Request, store: Store) -> str:
    name: str = request.path_params["secret"].upper()
    if name not in store.kept:
        raise Refusal(404, "Not Found")
    return name
