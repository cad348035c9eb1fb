"""Anthropic's API as far as an API key is rotated: any number live beside each other, in workspaces of an organization.

Of its documentation (platform.claude.com/docs, "API overview", "Errors" and "Admin API", read 2026-11-28): the body of
an error, the header anthropic-organization-id, and how an admin key lists keys page by page and sets them to a status.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.keys import Keys, Knobs, refusal
from deployments.sandbox.json_body import parsed

LOOK = "sk-ant-api03-{base64url:93}AA"
MODEL, OTHER_MODEL = "claude-sandbox-1", "claude-sandbox-2"
WORKSPACE = "wrkspc_01Sandbox"
VERSION = "2023-06-01"
STATUSES = ("active", "inactive", "archived")
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass
class AnthropicKnobs(Knobs):
    """How Anthropic may behave, where nobody documents it."""

    # By which status an archived key is refused.
    archived_by: int = 401
    # Whether archived keys are listed still.
    lists_archived: bool = True
    # How many keys a page of the list holds at most; and whether the list is empty, as one of another organization is.
    page: int = 1000
    lists_nothing: bool = False
    # Whether the admin key may do what an admin key may.
    admin_may: bool = True
    # How many of the next requests are answered by 529.
    overloaded: int = 0
    # Whether an answer names the organization.
    names_organization: bool = True


@dataclass
class ApiKey:
    """One key as it is listed."""

    id: str
    value: str
    name: str
    workspace: str | None = WORKSPACE
    status: str = "active"
    expires_at: str | None = None

    def listed(self) -> dict[str, object]:
        """Never its value."""
        return {
            "id": self.id,
            "type": "api_key",
            "name": self.name,
            "partial_key_hint": f"{self.value[:16]}...{self.value[-4:]}",
            "status": self.status,
            "workspace_id": self.workspace,
            "created_at": "2026-11-28T00:00:00Z",
            "created_by": {"id": "user_01Sandbox", "type": "user"},
            "expires_at": self.expires_at,
        }


class AnthropicKeys(Keys):
    """Those that are active live. ``delete`` is what its page calls Disable."""

    all: list[ApiKey]

    def mint(self) -> str:
        """Make one."""
        value = super().mint()
        self.all.append(ApiKey(f"apikey_{made_up.identifier()}", value, f"key {len(self.all) + 1}"))
        return value

    def delete(self, key: str) -> None:
        """Make it inactive. Raises ValueError for one that is not active."""
        super().delete(key)
        self.of(key).status = "inactive"

    def of(self, value: str) -> ApiKey:
        """The one with this value."""
        return next(one for one in self.all if one.value == value)

    def set(self, key: ApiKey, status: str) -> None:
        """Let it stand so."""
        if key.status == "active" and status != "active":
            self.delete(key.value)
        elif key.status != "active" and status == "active":
            self.living[made_up.identifier()] = key.value
            self._dying.remove(key.value)
            del self._ended_at[key.value]
        key.status = status

    def standing(self, status: str) -> dict[str, str]:
        """The values of those that stand so, by their ids."""
        return {one.id: one.value for one in self.all if one.status == status}

    def press(self, status: str, value: str) -> None:
        """As a person does on the page."""
        self.set(self.of(value), status)


def an_admin_key() -> str:
    """One of somebody who may administer an organization."""
    return made_up.token("sk-ant-admin01-", 95)


@dataclass
class Anthropic:
    """One organization."""

    organization: str = field(default_factory=made_up.identifier)
    admin_key: str = field(default_factory=an_admin_key, repr=False)
    models: set[str] = field(default_factory=lambda: {MODEL})
    knobs: AnthropicKnobs = field(default_factory=AnthropicKnobs)

    def __post_init__(self) -> None:
        self.keys = AnthropicKeys(partial(made_up.key, LOOK), knobs=self.knobs)
        self.keys.all = []
        # How many tokens were paid for.
        self.tokens = 0

    def routes(self) -> list[Route]:
        """Its APIs and its page."""
        keys = self.keys
        buttons = [
            page.Button("Make active", "activate", partial(keys.standing, "inactive"), partial(keys.press, "active")),
            page.Button("Archive", "archive", partial(keys.standing, "inactive"), partial(keys.press, "archived")),
        ]
        return [
            Route("/v1/models", self._models),
            Route("/v1/messages", self._messages, methods=["POST"]),
            Route("/v1/organizations/api_keys", self._list),
            Route("/v1/organizations/api_keys/{id}", self._update, methods=["POST"]),
            *page.routes("anthropic", "Anthropic: API keys", keys, keys.mint, ends="Disable", buttons=buttons),
        ]

    def _answer(self, body: object, status: int = 200) -> Response:
        named = {"anthropic-organization-id": self.organization} if self.knobs.names_organization else {}
        return JSONResponse(body, status, {"request-id": made_up.identifier(), **named})

    def _refused(self, request: Request) -> Response | None:
        """What whoever asks with this key is told; None when the key is accepted."""
        if self.knobs.overloaded > 0:
            self.knobs.overloaded -= 1
            return _error(529, "Overloaded")
        if request.headers.get("anthropic-version") != VERSION:
            return _error(400, "anthropic-version: header is required")
        key = request.headers.get("x-api-key")
        if self.keys.is_accepted(key) and not self._is_over(key or ""):
            return None
        archived = key in self.keys.standing("archived").values()
        return _error(self.knobs.archived_by if archived else 401, "invalid x-api-key")

    def _is_over(self, key: str) -> bool:
        ends = next((one.expires_at for one in self.keys.all if one.value == key), None)
        return ends is not None and datetime.fromisoformat(ends) <= datetime.fromtimestamp(time.time(), UTC)

    async def _models(self, request: Request) -> Response:
        models = [{"type": "model", "id": one, "display_name": one} for one in sorted(self.models)]
        return self._refused(request) or self._answer({"data": models, "has_more": False})

    async def _messages(self, request: Request) -> Response:
        refused = self._refused(request)
        if refused is not None:
            return refused
        asked = await _sent(request)
        model, most = asked.get("model"), asked.get("max_tokens")
        if not isinstance(most, int) or most < 1 or not asked.get("messages"):
            return _error(400, "max_tokens and messages: field required")
        if model not in {MODEL, OTHER_MODEL}:
            return _error(404, f"model: {model}")
        if model not in self.models:
            return _error(403, "Your API key does not have permission to use the specified resource.")
        self.tokens += 1
        return self._answer({
            "id": made_up.identifier(),
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [{"type": "text", "text": "1"}],
            "stop_reason": "max_tokens",
            "usage": {"input_tokens": 8, "output_tokens": 1},
        })  # fmt: skip

    def _not_admin(self, request: Request) -> Response | None:
        if request.headers.get("x-api-key") != self.admin_key:
            return _error(401, "invalid x-api-key")
        return None if self.knobs.admin_may else _error(403, "This API key does not have permission.")

    async def _list(self, request: Request) -> Response:
        refused = self._not_admin(request)
        if refused is not None:
            return refused
        after = request.query_params.get("after_id", "")
        most = min(self.knobs.page, int(request.query_params.get("limit", "20")))
        hidden = "" if self.knobs.lists_archived else "archived"
        keys = [] if self.knobs.lists_nothing else [one for one in self.keys.all if one.status != hidden]
        first = next((at + 1 for at, one in enumerate(keys) if one.id == after), 0)
        found = [one.listed() for one in keys[first : first + most]]
        more = first + most < len(keys)
        ends = {"first_id": found[0]["id"], "last_id": found[-1]["id"]} if found else {}
        return self._answer({"data": found, "has_more": more, "first_id": None, "last_id": None, **ends})

    async def _update(self, request: Request) -> Response:
        refused = self._not_admin(request)
        if refused is not None:
            return refused
        key = next((one for one in self.keys.all if one.id == request.path_params["id"]), None)
        status = (await _sent(request)).get("status")
        if key is None:
            return _error(404, "API key not found")
        # An archived key stays so: nobody documents how that is refused.
        if status not in STATUSES or (key.status == "archived" and status != "archived"):
            return _error(400, "status: cannot be set")
        self.keys.set(key, str(status))
        return self._answer(key.listed())


async def _sent(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; an empty one for anything else."""
    try:
        sent = parsed(await request.body())
    except ValueError:
        sent = None
    return sent if isinstance(sent, dict) else {}


def _error(status: int, message: str) -> Response:
    return refusal({"type": "error", "error": {"type": TYPES[status], "message": message}}, status)
