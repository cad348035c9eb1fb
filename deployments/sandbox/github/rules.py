"""How the GitHub sandbox refuses, and what it takes as a secret. From GitHub's REST API reference, 2026-11-21."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from nacl.exceptions import CryptoError
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.sandbox.github.store import Store
from deployments.sandbox.json_body import parsed

_DOCUMENTATION = "https://docs.github.com/rest"
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
_NAMES = (
    "Secret names can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not "
    "allowed. Must start with a letter ([a-z], [A-Z]) or underscores (_)."
)
_MOST_SECRETS = 100
_MOST_BYTES = 48 * 1024
_ENTERPRISE_PREFIX = "/api/v3"


class Refusal(Exception):
    """An answer with GitHub's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        headers: dict[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        more = {"errors": errors} if errors else {}
        self.body: dict[str, Any] = {
            "message": message,
            **more,
            "documentation_url": _DOCUMENTATION,
            "status": str(status),
        }


def not_allowed(permission: str, *, writes: bool, classic: bool) -> Refusal:
    """403 with the header that names the permission; classic tokens are told otherwise."""
    if classic:
        return Refusal(403, "Must have admin rights to Repository.")
    named = {"X-Accepted-GitHub-Permissions": f"{permission}={'write' if writes else 'read'}"}
    return Refusal(403, "Resource not accessible by personal access token", named)


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


def checked_write(store: Store, name: str, content: bytes) -> bytes:
    """The sealed box of a PUT. Raises Refusal with GitHub's own texts.

    These are public reports' (github/rest-api-description 419 and 1688, integrations/terraform-provider-github 2315,
    github/docs 12094, millylee/anyrouter-check-in 126), and none has a list of errors. How a value that is too long,
    and one secret too many, are refused is inferred; and so is which text a part gets that is no string.
    """
    try:
        body = parsed(content)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    text = _demanded(body if isinstance(body, dict) else None)
    fault = _fault_of_name(name)
    if fault:
        raise Refusal(422, fault)
    if name not in store.kept and len(store.kept) >= _MOST_SECRETS:
        raise _invalid("name", "invalid")
    sealed = base64.b64decode(text)
    try:
        size = len(store.opened(sealed)) if body["key_id"] == store.key_id else None
    except (CryptoError, ValueError):
        size = None
    if size is None:
        raise Refusal(422, "Bad request - validation failed due to an improperly encrypted secret")
    if size > _MOST_BYTES:
        raise _invalid("encrypted_value", "too_large")
    return sealed


def _demanded(body: dict[str, Any] | None) -> str:
    """The base64 of a body that has both of its parts. Raises Refusal."""
    if body is None:
        raise Refusal(422, "Invalid request.")
    missing = [f'"{one}"' for one in ("encrypted_value", "key_id") if one not in body]
    if missing:
        raise Refusal(
            422, f"Invalid request.\n\n{', '.join(missing)} {'wasn' if len(missing) == 1 else 'weren'}'t supplied."
        )
    for name in ("encrypted_value", "key_id"):
        if not isinstance(body[name], str):
            raise Refusal(
                422, f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(body[name])} is not a string."
            )
    text = str(body["encrypted_value"])
    if not _BASE64.fullmatch(text):
        raise Refusal(422, f"Invalid request.\n\n{text} does not match /^{_BASE64.pattern}$/.")
    return text


def _fault_of_name(name: str) -> str | None:
    if name.startswith("GITHUB_"):
        return "Secret names must not start with GITHUB_."
    return None if _NAME.fullmatch(name) else _NAMES


def _invalid(field: str, code: str) -> Refusal:
    return Refusal(422, "Validation Failed", errors=[{"resource": "Secret", "field": field, "code": code}])


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
