"""How the GitHub sandbox refuses. From GitHub's REST API reference, 2026-11-21."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

NOT_BY_APP = "Resource not accessible by integration"
_ENTERPRISE_PREFIX = "/api/v3"


class Refusal(Exception):
    """An answer with GitHub's error body. ``page`` is the one that it names, unless that is the operation's."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: dict[str, str] | None = None,
        errors: list[dict[str, str]] | str | None = None,
        page: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.page = page
        self.body: dict[str, Any] = {"message": message, **({"errors": errors} if errors else {})}

    @property
    def credentials(self) -> bool:
        """Whether it is what was presented that is refused, and not that nothing was."""
        return self.status == 401 and self.body["message"] != "Requires authentication"


def not_allowed(permission: str, *, writes: bool, classic: bool, by_app: bool) -> Refusal:
    """403 with the header that names the permission; classic tokens are told otherwise."""
    if classic:
        return Refusal(403, "Must have admin rights to Repository.")
    named = {"X-Accepted-GitHub-Permissions": f"{permission}={'write' if writes else 'read'}"}
    return Refusal(403, NOT_BY_APP if by_app else "Resource not accessible by personal access token", named)


def sso_required(owner: str) -> Refusal:
    """403 with the address at which the token is authorized for the organization's single sign-on."""
    url = f"https://github.com/orgs/{owner}/sso?authorization_request={secrets.token_urlsafe()}"
    message = "Resource protected by organization SAML enforcement. You must grant your token access."
    return Refusal(403, message, {"X-GitHub-SSO": f"required; url={url}"})


# The fixed phrases with which an organization's policy refuses a token (seen in public reports, read 2026-11-27).
_POLICIES = {
    "lifetime": "The '{owner}' organization forbids access via a fine-grained personal access tokens if the token's "
    "lifetime is greater than 366 days. Please adjust your token's lifetime at the following URL: "
    "https://github.com/settings/personal-access-tokens/1",
    "classic": "`{owner}` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, "
    "or a personal access token with fine-grained permissions.",
    "ip": "Although you appear to have the correct authorization credentials, the `{owner}` organization has an IP "
    "allow list enabled, and your IP address is not permitted to access this resource.",
}


def against_policy(policy: str, owner: str) -> Refusal:
    """403 with the phrase of that policy."""
    return Refusal(403, _POLICIES[policy].format(owner=owner))


def moved(base_url: str, repository: int, rest: str, *, writes: bool) -> Refusal:
    """The redirect from a repository's former name to its number: 301 to reads, 307 to writes."""
    location = f"{base_url}repositories/{repository}{rest}"
    refusal = Refusal(307 if writes else 301, "Temporary Redirect" if writes else "Moved Permanently")
    refusal.headers, refusal.body["url"] = {"Location": location}, location
    return refusal


class AnyPrefix:
    """Serves paths with and without /api/v3, and request lines that hold the whole URL (from a proxy's client)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with the path that the routes know."""
        if scope["type"] == "http":
            path = urlsplit(scope["path"]).path if "://" in scope["path"] else scope["path"]
            root = _ENTERPRISE_PREFIX if path.startswith(f"{_ENTERPRISE_PREFIX}/") else ""
            scope = {**scope, "path": path, "root_path": root}
        await self._app(scope, receive, send)
