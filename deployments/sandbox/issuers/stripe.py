"""Stripe's API as far as a restricted key is rotated: any number of them live beside each other, in two modes.

Of its documentation (docs.stripe.com/keys, read 2026-11-27): "Rotate key" ends the old one now, or later as chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.keys import Keys, Knobs, bearer, refusal


def _keys(mode: str, knobs: Knobs) -> Keys:
    return Keys(partial(made_up.key, f"rk_{mode}_{{base62:48}}"), knobs=knobs)


@dataclass
class Stripe:
    """One account. ``permissions`` are the resources that its restricted keys may read."""

    account: str = "acct_1RaxxSandbox"
    permissions: set[str] = field(default_factory=lambda: {"charges"})
    knobs: Knobs = field(default_factory=Knobs)

    def __post_init__(self) -> None:
        self.live, self.test = _keys("live", self.knobs), _keys("test", self.knobs)

    def routes(self) -> list[Route]:
        """Its API and its page, of test mode alone."""
        return [
            Route("/v1/account", self._account),
            Route("/v1/{resource}", self._resource),
            *page.routes(
                "stripe/test", "Stripe: restricted keys (test)", self.test, self.test.mint, "apikeys", rotates=True
            ),
        ]

    def _refusal(self, request: Request) -> Response | None:
        key = bearer(request)
        keys = self.live if (key or "").startswith("rk_live_") else self.test
        return None if keys.is_accepted(key) else refusal({"error": {"type": "invalid_request_error"}})

    async def _account(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse({"id": self.account, "object": "account"})

    async def _resource(self, request: Request) -> Response:
        refused = self._refusal(request)
        if refused is not None:
            return refused
        if request.path_params["resource"] not in self.permissions:
            return refusal({"error": {"type": "invalid_request_error", "code": "more_permissions_required"}}, 403)
        return JSONResponse({"object": "list", "data": []})
