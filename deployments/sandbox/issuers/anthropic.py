"""Anthropic's API as far as an API key is rotated: any number live beside each other, in workspaces of an organization.

Of its documentation (platform.claude.com/docs, "API overview", "Errors" and "Admin API", read 2026-11-29): the body of
an error, the header anthropic-organization-id, and how an admin key lists keys page by page and sets them to a status.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import anthropic_messages as messages
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.anthropic_answers import (
    NotTakenError,
    answer,
    error,
    key_of,
    not_authenticated,
    numbered,
    paged,
    sent,
    version_of,
    wrong_version,
)
from deployments.sandbox.issuers.anthropic_keys import WORKSPACE, AnthropicKeys, ApiKey, change, matching
from deployments.sandbox.issuers.keys import Knobs

__all__ = ["MODEL", "OTHER_MODEL", "WORKSPACE", "Anthropic", "an_admin_key"]

LOOK = "sk-ant-api03-{base64url:93}AA"
MODEL, OTHER_MODEL = "claude-sandbox-1", "claude-sandbox-2"
KEYS = "/v1/organizations/api_keys"
# Credit and limit by public reports (anthropics/claude-code 66314, and 91322: counting tokens, too), which quote how
# they begin; payment by the documentation. That the model is looked at later is inferred.
UNPAID = {
    "credit": (400, "Your credit balance is too low. Buy some."),
    "limit": (400, "You have reached your specified API usage limits. They begin anew next month."),
    "payment": (402, "The payment did not go through."),
}
Endpoint = Callable[[Request], Awaitable[Response]]


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
    # Why the organization gets no message: one of UNPAID.
    unpaid: str = ""
    # Whether an answer names the organization.
    names_organization: bool = True


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
        self._api = [
            Route("/v1/models", self._checked(self._models, self._refused)),
            Route("/v1/models/{id}", self._checked(self._model, self._refused)),
            Route("/v1/messages", self._checked(self._message, self._refused), methods=["POST"]),
            Route("/v1/messages/count_tokens", self._checked(self._count, self._refused), methods=["POST"]),
            Route(KEYS, self._checked(self._list, self._not_admin)),
            Route(f"{KEYS}/{{id}}", self._checked(self._key, self._not_admin), methods=["GET", "POST"]),
        ]

    def routes(self) -> list[Route]:
        """Its APIs and its page."""
        keys = self.keys
        buttons = [
            page.Button("Make active", "activate", partial(keys.standing, "inactive"), partial(keys.press, "active")),
            page.Button("Archive", "archive", partial(keys.standing, "inactive"), partial(keys.press, "archived")),
        ]
        title = "Anthropic: API keys"
        return [*self._api, *page.routes("anthropic", title, keys, keys.mint, ends="Disable", buttons=buttons)]

    def is_asked(self, request: Request) -> bool:
        """Whether a path that nobody here has is asked of this vendor: only its clients send these headers."""
        return any(name in request.headers for name in ("anthropic-version", "x-api-key")) or self._is_known(request)

    async def elsewhere(self, request: Request) -> Response:
        """What it has not, or not with this method."""
        return error(405, "Method Not Allowed") if self._is_known(request) else error(404, "Not found")

    def _is_known(self, request: Request) -> bool:
        return any(route.matches(request.scope)[0] is not Match.NONE for route in self._api)

    def _checked(self, done: Endpoint, refused: Callable[[Request], Response | None]) -> Endpoint:
        async def answered(request: Request) -> Response:
            told = refused(request)
            if told is not None:
                return told
            try:
                return await done(request)
            except NotTakenError as wrong:
                return error(400, str(wrong))

        return answered

    @property
    def _named(self) -> dict[str, str]:
        return {"anthropic-organization-id": self.organization} if self.knobs.names_organization else {}

    def _refused(self, request: Request) -> Response | None:
        """What whoever asks with this key is told; None when the key is accepted."""
        if self.knobs.overloaded > 0:
            self.knobs.overloaded -= 1
            return error(529, "Overloaded")
        wrong, key = wrong_version(request), key_of(request)
        if wrong is not None:
            return wrong
        if self.keys.is_accepted(key) and not any(one.value == key and one.is_over for one in self.keys.all):
            return None
        archived = key in self.keys.standing("archived").values()
        return not_authenticated(request, self.knobs.archived_by if archived else 401)

    async def _models(self, request: Request) -> Response:
        return answer(paged([_model(one) for one in sorted(self.models)], request.query_params), headers=self._named)

    async def _model(self, request: Request) -> Response:
        model = request.path_params["id"]
        return answer(_model(model), headers=self._named) if model in self.models else error(404, f"model: {model}")

    async def _message(self, request: Request) -> Response:
        asked = await sent(request)
        messages.demand(asked, version_of(request), counts=False)
        refused = self._of_no_use(asked["model"])
        if refused is not None:
            return refused
        self.tokens += 1
        whole = messages.message(asked["model"])
        if asked.get("stream") is True:
            return messages.streamed(whole, {"request-id": numbered("req"), **self._named})
        return answer(whole, headers=self._named)

    async def _count(self, request: Request) -> Response:
        asked = await sent(request)
        messages.demand(asked, version_of(request), counts=True)
        return self._of_no_use(asked["model"]) or answer(messages.counted(), headers=self._named)

    def _of_no_use(self, model: object) -> Response | None:
        if self.knobs.unpaid:
            return error(*UNPAID[self.knobs.unpaid])
        if model not in {MODEL, OTHER_MODEL}:
            return error(404, f"model: {model}")
        if model not in self.models:
            return error(403, "Your API key does not have permission to use the specified resource.")
        return None

    def _not_admin(self, request: Request) -> Response | None:
        wrong = wrong_version(request)
        if wrong is not None:
            return wrong
        if key_of(request) != self.admin_key:
            return not_authenticated(request)
        return None if self.knobs.admin_may else error(403, "This API key does not have permission.")

    async def _list(self, request: Request) -> Response:
        hidden = "" if self.knobs.lists_archived else "archived"
        keys = [] if self.knobs.lists_nothing else [one for one in self.keys.all if one.status != hidden]
        rows = matching([one.listed(version_of(request)) for one in keys], request.query_params)
        return answer(paged(rows, request.query_params, self.knobs.page), headers=self._named)

    async def _key(self, request: Request) -> Response:
        key: ApiKey | None = next((one for one in self.keys.all if one.id == request.path_params["id"]), None)
        if key is None:
            return error(404, "API key not found")
        if request.method == "POST":
            change(self.keys, key, await sent(request))
        return answer(key.listed(version_of(request)), headers=self._named)


def _model(name: str) -> dict[str, object]:
    """As the list of models shows it. When it was released is not said: then it is the beginning of 1970."""
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": "1970-01-01T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
    }
