"""What every answer of the GitHub sandbox has in common: whose token it is, the hour's allowance, headers and pages."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.sandbox.github.by_number import rest_of
from deployments.sandbox.github.headers import ALWAYS, is_known, kept
from deployments.sandbox.github.knobs import GithubKnobs
from deployments.sandbox.github.rules import NOT_BY_APP, Refusal, against_policy, moved, not_allowed, sso_required
from deployments.sandbox.github.store import Estate, Repository
from deployments.sandbox.github.tokens import Token, expiry, presented

API_VERSIONS = ("2022-11-28", "2026-03-10")
# Requests an hour: with a token, and without one.
ALLOWANCE, ANONYMOUS_ALLOWANCE = 5000, 60
_HOUR_S = 3600
_JSON = "application/json; charset=utf-8"
_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_LIMITS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
_MOST_A_PAGE, _USUAL_PAGE = 100, 30
# Whoever sends no token: sees what is public, and may read the runs of that.
ANONYMOUS = Token({}, None, ())
# What of a public repository may be read without a token.
_PUBLIC = {"actions", "contents", "checks", "statuses", "deployments"}


class Face:
    """One simulated GitHub as it looks from outside."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._used = 0

    @property
    def knobs(self) -> GithubKnobs:
        """What goes wrong."""
        return self.estate.knobs

    def token(self, request: Request, *, counted: bool = True) -> Token:
        """The token of a request. Raises Refusal: 400 for the version, 401, or the limit that is used up."""
        if counted and not getattr(request.state, "counted", False):
            request.state.counted = True
            self._used = min(self._used + 1, ALLOWANCE - 1)
        _demand_version(request)
        value = presented(request.headers.get("authorization", ""))
        if not value:
            raise Refusal(401, "Requires authentication")
        if value not in self.estate.tokens or self.estate.tokens[value].has_ended:
            raise Refusal(401, "Bad credentials")
        token = request.state.token = self.estate.tokens[value]
        if self.knobs.rate_limited and counted:
            raise self._limit()
        if token.installation is not None:
            self._refuse_app(request, token.installation)
        return token

    def _refuse_app(self, request: Request, installation: int) -> None:
        """Raise Refusal for a token of a GitHub App that is suspended, or that asks as if it were a person."""
        if self.estate.installations[installation].suspended_at is not None:
            raise Refusal(403, "This installation has been suspended")
        if f"{request.scope['path']}/".removeprefix(request.scope["root_path"]).startswith("/user/"):
            raise Refusal(403, NOT_BY_APP)

    def visitor(self, request: Request) -> Token:
        """The token of a request, or ANONYMOUS.

        What is private does not exist for who sends none: 404 (documented: REST API, troubleshooting).
        """
        if request.headers.get("authorization", "").strip():
            return self.token(request)
        _demand_version(request)
        return ANONYMOUS

    def visible(self, request: Request) -> tuple[Token, Repository]:
        """The repository that the path names, for those to whom it exists. Raises Refusal."""
        token = self.visitor(request)
        owner, name = request.path_params["owner"], request.path_params["name"]
        found = self.estate.repositories.get(f"{owner}/{name}".lower())
        before = self.estate.moved.get(f"{owner}/{name}".lower())
        if found is None and before is not None and (not before.private or token.sees(before.full_name)):
            writes = request.method not in {"GET", "HEAD"}
            raise moved(str(request.base_url), before.id, rest_of(request), writes=writes)
        if found is None or (found.private and not token.sees(found.full_name)):
            raise Refusal(404, "Not Found")
        if token is not ANONYMOUS:
            self.refuse_by_policy(owner)
        return token, found

    def refuse_by_policy(self, owner: str) -> None:
        """Raise Refusal while the organization demands what the token has not."""
        if self.knobs.sso_required:
            raise sso_required(owner)
        if self.knobs.policy:
            raise against_policy(self.knobs.policy, owner)

    def permitted(self, request: Request, permission: str, *, writes: bool, even_archived: bool = False) -> Repository:
        """The repository of the path, for tokens with that permission. Raises Refusal."""
        token, found = self.visible(request)
        self.demand(request, token, permission, writes=writes)
        if token is not ANONYMOUS and not token.sees(found.full_name) and (writes or permission not in _PUBLIC):
            # A public one, which others may read in part.
            raise not_allowed(permission, writes=writes, classic=False, by_app=token.installation is not None)
        if writes and found.archived and not even_archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        return found

    def demand(self, request: Request, token: Token, permission: str, *, writes: bool) -> None:
        """Raise Refusal for a token that may not do this."""
        # Which every answer names to a fine-grained token, whether it has it or not.
        request.state.needed = f"{permission}={'write' if writes else 'read'}"
        if token is ANONYMOUS and (writes or permission not in _PUBLIC):
            raise Refusal(401, "Requires authentication")
        if token is not ANONYMOUS and not token.allows(permission, writes=writes):
            by_app = token.installation is not None
            raise not_allowed(permission, writes=writes, classic=token.scopes is not None, by_app=by_app)

    def administered(self, request: Request, permission: str, scope: str = "admin:org") -> str:
        """The organization that the path names, for those who may administer this of it. Raises Refusal."""
        token, owner = self.token(request), str(request.path_params["owner"])
        if not self.estate.has_organization(owner):
            raise Refusal(404, "Not Found")
        self.refuse_by_policy(owner)
        if token.scopes is not None and scope not in token.scopes:
            if not permission.endswith(("_secrets", "_variables")):
                # Inferred from what is documented of a scope that is missing: it is as if there were nothing.
                raise Refusal(404, "Not Found")
            family = next((one for one in ("dependabot", "codespaces") if one in permission), "actions")
            what = f"{family} {'secrets' if 'secrets' in permission else 'variables'}"
            raise Refusal(403, f"You must be an org admin or have the {what} fine-grained permission.")
        if token.scopes is None:
            self.demand(request, token, permission, writes=request.method not in {"GET", "HEAD"})
        return owner

    def answer(
        self, request: Request, body: Any, status: int = 200, *, headers: dict[str, str] | None = None
    ) -> Response:
        """An answer with GitHub's headers; 304 without a body for who has this one already."""
        token: Token | None = getattr(request.state, "token", None)
        told = {**self._common(request, token), **(headers or {})}
        if body is None:
            return Response(status_code=status, headers=told)
        if status not in {200, 201}:
            return JSONResponse(body, status, told, media_type=_JSON)
        told |= kept(request, anonymous=token is None)
        made = JSONResponse(body, status, told, media_type=_JSON)
        tag = f'"{hashlib.sha256(bytes(made.body)).hexdigest()}"'
        made.headers["ETag"] = tag
        if status == 200 and request.method in {"GET", "HEAD"} and is_known(request, tag):
            # Which costs nothing of the hour (documented: best practices, "Use conditional requests").
            self._used -= getattr(request.state, "counted", False)
            return Response(status_code=304, headers={**told, **self._limits(request, token), "ETag": tag})
        return made

    def allowance(self, *, anonymous: bool = False) -> dict[str, int]:
        """What is left of the hour."""
        limit = ANONYMOUS_ALLOWANCE if anonymous else ALLOWANCE
        used = 0 if anonymous else self._spent()
        return {"limit": limit, "used": used, "remaining": limit - used, "reset": reset_at()}

    def _common(self, request: Request, token: Token | None) -> dict[str, str]:
        scopes, needed = token.scopes if token else None, getattr(request.state, "needed", "")
        return {
            **ALWAYS,
            "X-GitHub-Request-Id": ":".join(secrets.token_hex(2).upper() for _ in range(5)),
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": request.headers.get("x-github-api-version", API_VERSIONS[0]),
            **self._limits(request, token),
            **expiry(token),
            **({"X-Accepted-GitHub-Permissions": needed} if token and scopes is None and needed else {}),
            **({"X-OAuth-Scopes": ", ".join(scopes), "X-Accepted-OAuth-Scopes": "repo"} if scopes is not None else {}),
        }

    def _limits(self, request: Request, token: Token | None) -> dict[str, str]:
        left = self.allowance(anonymous=token is None and "authorization" not in request.headers)
        resource = "graphql" if request.url.path.endswith("/graphql") else "core"
        counts = {f"X-RateLimit-{name.capitalize()}": str(number) for name, number in left.items()}
        return {**counts, "X-RateLimit-Resource": resource}

    def _limit(self) -> Refusal:
        status, wait, message = self.knobs.rate_limit_status, self.knobs.retry_after_s, self.knobs.rate_limit_message
        if not self.knobs.rate_limit_in_message_only and wait is None:
            return Refusal(status, message or "API rate limit exceeded for user ID 1.", page=_LIMITS)
        headers = {} if self.knobs.rate_limit_in_message_only else {"Retry-After": str(wait)}
        return Refusal(status, message or _SECONDARY, headers, page=f"{_LIMITS}#about-secondary-rate-limits")

    @property
    def hour_is_used_up(self) -> bool:
        """Whether it is the primary limit that refuses, not the secondary one."""
        return (
            self.knobs.rate_limited and self.knobs.retry_after_s is None and not self.knobs.rate_limit_in_message_only
        )

    def _spent(self) -> int:
        return ALLOWANCE if self.hour_is_used_up else self._used


def paged(
    request: Request, rows: list[Any], usual: int = _USUAL_PAGE, most: int = _MOST_A_PAGE
) -> tuple[list[Any], dict[str, str]]:
    """The page that was asked for, and the Link header that leads to the others. What is no number counts as absent."""
    size = min(_number(request, "per_page", usual), most)
    page = _number(request, "page", 1)
    last = max(1, -(-len(rows) // size))
    others = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    wanted = [*(("prev", "first") if page > 1 else ()), *(("next", "last") if page < last else ())]
    links = [f'<{request.url.include_query_params(page=others[name])}>; rel="{name}"' for name in wanted]
    return rows[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def _demand_version(request: Request) -> None:
    if request.headers.get("x-github-api-version", API_VERSIONS[0]) not in API_VERSIONS:
        raise Refusal(400, "The API version that was asked for is not supported.")


def _number(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name, "")
    # A number of very many digits is none.
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0 else otherwise


def reset_at() -> int:
    """The end of this hour, epoch seconds."""
    return (int(time.time()) // _HOUR_S + 1) * _HOUR_S
