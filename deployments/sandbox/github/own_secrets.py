"""Secrets of the person, which the codespaces of the repositories get that are selected.

From GitHub's OpenAPI description (23.0.2: Codespaces user secrets). A classic token needs the scope codespace or
codespace:secrets (documented); that without it there is nothing, as elsewhere, is inferred.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github import looks
from deployments.sandbox.github.demands import demand, object_in
from deployments.sandbox.github.face import Face, paged
from deployments.sandbox.github.rules import Refusal
from deployments.sandbox.github.sealed import checked_write
from deployments.sandbox.github.shared import numbers_in
from deployments.sandbox.github.store import Store

_MOST = 100
_SCOPES = {"codespace", "codespace:secrets"}


class OwnSecrets:
    """The routes."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def routes(self) -> list[Route]:
        """As everywhere, and for whom each one is."""
        base = "/user/codespaces/secrets"
        one = base + "/{secret}"
        return [
            Route(base, self._list),
            Route(f"{base}/public-key", self._public_key),
            Route(one, self._get),
            Route(one, self._put, methods=["PUT"]),
            Route(one, self._delete, methods=["DELETE"]),
            Route(f"{one}/repositories", self._repositories),
            Route(f"{one}/repositories", self._select, methods=["PUT"]),
            Route(f"{one}/repositories/{{number:int}}", self._select_one, methods=["PUT", "DELETE"]),
        ]

    def _store(self, request: Request) -> Store:
        token = self._face.token(request)
        if token.scopes is None:
            writes = request.method not in {"GET", "HEAD"}
            self._face.demand(request, token, "codespaces_user_secrets", writes=writes)
        elif not _SCOPES & set(token.scopes):
            raise Refusal(404, "Not Found")
        return self._face.estate.own

    def _kept(self, request: Request) -> tuple[Store, str]:
        store, name = self._store(request), request.path_params["secret"].upper()
        if name not in store.kept:
            raise Refusal(404, "Not Found")
        return store, name

    async def _list(self, request: Request) -> Response:
        store = self._store(request)
        rows = [_shown(request, store, name) for name in sorted(store.kept)]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "secrets": chosen}, headers=headers)

    async def _public_key(self, request: Request) -> Response:
        store = self._store(request)
        return self._face.answer(request, {"key_id": store.key_id, "key": store.public_key})

    async def _get(self, request: Request) -> Response:
        return self._face.answer(request, _shown(request, *self._kept(request)))

    async def _put(self, request: Request) -> Response:
        store, name = self._store(request), request.path_params["secret"].upper()
        sealed, asked = checked_write(store, name, await request.body(), _MOST), await object_in(request)
        if "selected_repository_ids" in asked or name not in store.kept:
            store.selected[name] = numbers_in(asked)
        if store.write_sealed(name, sealed):
            return self._face.answer(request, {}, 201)
        return self._face.answer(request, None, 204)

    async def _delete(self, request: Request) -> Response:
        store, name = self._kept(request)
        del store.kept[name]
        store.selected.pop(name, None)
        return self._face.answer(request, None, 204)

    async def _repositories(self, request: Request) -> Response:
        store, name = self._kept(request)
        base, every = str(request.base_url), self._face.estate.repositories.values()
        rows = [looks.repository(one, base) for one in every if one.id in store.selected.get(name, [])]
        chosen, headers = paged(request, rows)
        return self._face.answer(request, {"total_count": len(rows), "repositories": chosen}, headers=headers)

    async def _select(self, request: Request) -> Response:
        (store, name), asked = self._kept(request), await object_in(request)
        demand(asked, {"selected_repository_ids": ("array",)}, required=("selected_repository_ids",))
        store.selected[name] = numbers_in(asked)
        return self._face.answer(request, None, 204)

    async def _select_one(self, request: Request) -> Response:
        (store, name), number = self._kept(request), request.path_params["number"]
        adds = request.method == "PUT"
        if adds and all(one.id != number for one in self._face.estate.repositories.values()):
            raise Refusal(404, "Not Found")
        others = [one for one in store.selected.get(name, []) if one != number]
        store.selected[name] = [*others, number] if adds else others
        return self._face.answer(request, None, 204)


def _shown(request: Request, store: Store, name: str) -> dict[str, Any]:
    url = f"{request.base_url}user/codespaces/secrets/{name}/repositories"
    return {**store.kept[name].as_json(name), "visibility": "selected", "selected_repositories_url": url}
