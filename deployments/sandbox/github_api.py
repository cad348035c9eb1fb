"""The HTTP face of the GitHub sandbox: routes, who may do what, and GitHub's headers."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from deployments.sandbox import github_actions
from deployments.sandbox.github_rules import (
    AnyPrefix,
    Refusal,
    against_policy,
    checked_write,
    moved,
    not_allowed,
    sso_required,
)
from deployments.sandbox.github_store import Estate, Repository, Store, Token

API_VERSIONS = ("2022-11-28", "2026-03-10")
# Requests an hour.
_ALLOWANCE = 5000
_HOUR_S = 3600
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_Handler = Callable[[Request], Awaitable[Response]]


class GithubApi:
    """Answers requests from an estate, and changes it."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._used = 0

    def app(self) -> ASGIApp:
        """The application for a sandbox server."""
        repository = "/repos/{owner}/{name}"
        families = ("/actions", "/dependabot", "/codespaces", "/environments/{environment:path}")
        secret_routes = [
            route
            for family in families
            for route in (
                Route(f"{repository}{family}/secrets", self._guarded(self._list)),
                Route(f"{repository}{family}/secrets/public-key", self._guarded(self._public_key)),
                Route(f"{repository}{family}/secrets/{{secret}}", self._guarded(self._get)),
                Route(f"{repository}{family}/secrets/{{secret}}", self._guarded(self._put), methods=["PUT"]),
                Route(f"{repository}{family}/secrets/{{secret}}", self._guarded(self._delete), methods=["DELETE"]),
            )
        ]
        routes = [
            Route("/", self._root),
            Route("/user", self._user),
            Route("/rate_limit", self._rate_limit),
            Route(repository, self._repository),
            Route(f"{repository}/actions/workflows/{{file}}/dispatches", self._dispatch, methods=["POST"]),
            Route(f"{repository}/actions/workflows/{{file}}/runs", self._runs),
            Route(f"{repository}/actions/runs/{{run:int}}/jobs", self._jobs),
            Route(f"{repository}/environments", self._environments),
            Route(f"{repository}/actions/organization-secrets", self._guarded(self._list)),
            Route("/repositories/{number:int}", self._by_number),
            *secret_routes,
            Route(repository + "/environments/{environment:path}", self._environment),
            Route("/{anything:path}", self._nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        return AnyPrefix(Starlette(routes=routes, exception_handlers={Refusal: self._refuse}))

    async def _root(self, request: Request) -> Response:
        if "authorization" in request.headers:
            self._token(request)
        return self._answer(request, {"current_user_url": f"{request.base_url}user"})

    async def _user(self, request: Request) -> Response:
        self._token(request)
        return self._answer(request, {"login": "sandbox", "id": 1, "type": "User", "name": "Sandbox"})

    async def _rate_limit(self, request: Request) -> Response:
        self._token(request)
        allowance = {
            "limit": _ALLOWANCE,
            "used": self._spent(),
            "remaining": _ALLOWANCE - self._spent(),
            "reset": _reset(),
        }
        return self._answer(request, {"resources": {"core": allowance}, "rate": allowance})

    async def _repository(self, request: Request) -> Response:
        _, found = self._visible(request)
        return self._answer(request, found.as_json(str(request.base_url)))

    async def _dispatch(self, request: Request) -> Response:
        found = self._for_actions(request, writes=True)
        no_runner = self._estate.knobs.no_runner
        github_actions.dispatched(found, request.path_params["file"], await request.body(), no_runner=no_runner)
        return self._answer(request, None, 204)

    async def _runs(self, request: Request) -> Response:
        found = self._for_actions(request, writes=False)
        return self._answer(request, github_actions.listed(found, request.path_params["file"]))

    async def _jobs(self, request: Request) -> Response:
        found = self._for_actions(request, writes=False)
        return self._answer(request, github_actions.jobs(found, request.path_params["run"]))

    def _for_actions(self, request: Request, *, writes: bool) -> Repository:
        token, found = self._visible(request)
        if not token.allows("actions", writes=writes):
            raise not_allowed("actions", writes=writes, classic=token.scopes is not None)
        return found

    async def _by_number(self, request: Request) -> Response:
        token = self._token(request)
        number = request.path_params["number"]
        for found in self._estate.repositories.values():
            if found.id == number and (not found.private or token.sees(found.full_name)):
                return self._answer(request, found.as_json(str(request.base_url)))
        raise Refusal(404, "Not Found")

    async def _environments(self, request: Request) -> Response:
        found = self._for_actions(request, writes=False)
        rows = [{"id": number, "name": name} for number, name in enumerate(found.environments, start=1)]
        return self._answer(request, {"total_count": len(rows), "environments": rows})

    async def _environment(self, request: Request) -> Response:
        _, found = self._visible(request)
        name = _environment_name(request, found)
        url = f"{request.base_url}repos/{found.full_name}/environments/{quote(name, safe='')}"
        return self._answer(request, {"id": 1, "name": name, "url": url})

    async def _nothing(self, request: Request) -> Response:
        self._token(request)
        raise Refusal(404, "Not Found")

    def _guarded(self, handler: Callable[[Request, Store], Awaitable[Response]]) -> _Handler:
        """A handler for those who may: token, repository, permission and archive are looked at first."""

        async def guarded(request: Request) -> Response:
            token, repository = self._visible(request)
            permission, store = self._addressed(request, repository)
            writes = request.method in {"PUT", "DELETE"}
            if not token.allows(permission, writes=writes):
                raise not_allowed(permission, writes=writes, classic=token.scopes is not None)
            if writes and repository.archived:
                raise Refusal(403, "Repository was archived so is read-only.")
            return await handler(request, store)

        return guarded

    async def _list(self, request: Request, store: Store) -> Response:
        size = min(int(request.query_params.get("per_page", "30")), 100)
        page = int(request.query_params.get("page", "1"))
        rows = [store.kept[name].as_json(name) for name in sorted(store.kept)]
        following = request.url.include_query_params(page=page + 1)
        headers = {"Link": f'<{following}>; rel="next"'} if page * size < len(rows) else {}
        chosen = rows[(page - 1) * size : page * size]
        return self._answer(request, {"total_count": len(rows), "secrets": chosen}, headers=headers)

    async def _public_key(self, request: Request, store: Store) -> Response:
        body = {"key_id": store.key_id, "key": store.public_key}
        if self._estate.knobs.replace_key_after_reading:
            store.rotate_key()
        return self._answer(request, body)

    async def _get(self, request: Request, store: Store) -> Response:
        name = _kept_name(request, store)
        return self._answer(request, store.kept[name].as_json(name))

    async def _put(self, request: Request, store: Store) -> Response:
        name = request.path_params["secret"].upper()
        sealed = checked_write(store, name, await request.body())
        if self._estate.knobs.ignore_writes or not store.write_sealed(name, sealed):
            return self._answer(request, None, 204)
        return self._answer(request, {}, 201)

    async def _delete(self, request: Request, store: Store) -> Response:
        del store.kept[_kept_name(request, store)]
        return self._answer(request, None, 204)

    def _token(self, request: Request) -> Token:
        self._used = min(self._used + 1, _ALLOWANCE - 1)
        if request.headers.get("x-github-api-version", API_VERSIONS[0]) not in API_VERSIONS:
            raise Refusal(400, "The API version that was asked for is not supported.")
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if not value or kind.lower() not in {"bearer", "token"}:
            raise Refusal(401, "Requires authentication")
        if value not in self._estate.tokens or self._estate.tokens[value].has_ended:
            raise Refusal(401, "Bad credentials")
        request.state.token = self._estate.tokens[value]
        if self._estate.knobs.rate_limited:
            raise self._limit()
        return self._estate.tokens[value]

    def _limit(self) -> Refusal:
        status, wait = self._estate.knobs.rate_limit_status, self._estate.knobs.retry_after_s
        message = self._estate.knobs.rate_limit_message
        if self._estate.knobs.rate_limit_in_message_only:
            return Refusal(status, message or _SECONDARY)
        if wait is not None:
            return Refusal(status, message or _SECONDARY, {"Retry-After": str(wait)})
        return Refusal(status, message or "API rate limit exceeded for user ID 1.")

    def _spent(self) -> int:
        knobs = self._estate.knobs
        all_of_it = knobs.rate_limited and knobs.retry_after_s is None and not knobs.rate_limit_in_message_only
        return _ALLOWANCE if all_of_it else self._used

    def _visible(self, request: Request) -> tuple[Token, Repository]:
        token = self._token(request)
        owner, name = request.path_params["owner"], request.path_params["name"]
        found = self._estate.repositories.get(f"{owner}/{name}".lower())
        before = self._estate.moved.get(f"{owner}/{name}".lower())
        if found is None and before is not None and (not before.private or token.sees(before.full_name)):
            rest = request.url.path.partition(f"/repos/{owner}/{name}")[2]
            raise moved(str(request.base_url), before.id, rest, writes=request.method != "GET")
        if found is None or (found.private and not token.sees(found.full_name)):
            raise Refusal(404, "Not Found")
        if self._estate.knobs.sso_required:
            raise sso_required(owner)
        if self._estate.knobs.policy:
            raise against_policy(self._estate.knobs.policy, owner)
        return token, found

    def _addressed(self, request: Request, repository: Repository) -> tuple[str, Store]:
        """The permission and the store that a secrets' path is about."""
        path = request.url.path
        if "environment" in request.path_params:
            return "environments", repository.environments[_environment_name(request, repository)]
        if path.endswith("/organization-secrets"):
            return "secrets", self._estate.organization(request.path_params["owner"])
        for family, store in (("dependabot", repository.dependabot), ("codespaces", repository.codespaces)):
            if f"/{family}/secrets" in path:
                return f"{family}_secrets", store
        return "secrets", repository.actions

    async def _refuse(self, request: Request, refusal: Exception) -> Response:
        if not isinstance(refusal, Refusal):
            raise refusal
        return self._answer(request, refusal.body, refusal.status, headers=refusal.headers)

    def _answer(
        self, request: Request, body: Any, status: int = 200, *, headers: dict[str, str] | None = None
    ) -> Response:
        token: Token | None = getattr(request.state, "token", None)
        scopes = token.scopes if token else None
        told = {
            "X-GitHub-Request-Id": ":".join(secrets.token_hex(2).upper() for _ in range(5)),
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-RateLimit-Limit": str(_ALLOWANCE),
            "X-RateLimit-Used": str(self._spent()),
            "X-RateLimit-Remaining": str(_ALLOWANCE - self._spent()),
            "X-RateLimit-Reset": str(_reset()),
            "X-RateLimit-Resource": "core",
            **_expiry(token),
            **({"X-OAuth-Scopes": ", ".join(scopes), "X-Accepted-OAuth-Scopes": "repo"} if scopes is not None else {}),
            **(headers or {}),
        }
        return Response(status_code=status, headers=told) if body is None else JSONResponse(body, status, told)


def _expiry(token: Token | None) -> dict[str, str]:
    """GitHub tells when a personal access token expires, in this form (changelog of 2021-07-26)."""
    if token is None or token.ends_at is None:
        return {}
    ends = datetime.fromtimestamp(token.ends_at, UTC)
    return {"GitHub-Authentication-Token-Expiration": f"{ends:%Y-%m-%d %H:%M:%S} UTC"}


def _reset() -> int:
    """The end of this hour, epoch seconds."""
    return (int(time.time()) // _HOUR_S + 1) * _HOUR_S


def _kept_name(request: Request, store: Store) -> str:
    name: str = request.path_params["secret"].upper()
    if name not in store.kept:
        raise Refusal(404, "Not Found")
    return name


def _environment_name(request: Request, repository: Repository) -> str:
    """A name may hold a slash, which is part of the name only when it is escaped in the path."""
    name: str = request.path_params["environment"]
    escaped = request.scope["raw_path"].lower().count(b"%2f")
    if name not in repository.environments or escaped < name.count("/"):
        raise Refusal(404, "Not Found")
    return name
