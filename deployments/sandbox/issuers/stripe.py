"""Stripe's API as far as a restricted key is rotated: any number of them live beside each other, in two modes.

Of its documentation (docs.stripe.com/keys, read 2026-11-27): "Rotate key" ends the old one now, or later as chosen; and
docs.stripe.com/api (read 2026-11-29): the key stands behind Bearer, or is the user of HTTP Basic. The account is empty,
and its keys may write nothing. That an unknown path is answered before the key is looked at is inferred.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import page, stripe_errors
from deployments.sandbox.issuers.keys import Keys, Knobs, bearer
from deployments.sandbox.issuers.stripe_errors import answer
from deployments.sandbox.issuers.stripe_resources import OWN_ACCOUNT, SEARCHED, SINGLE, Wanted, wanted


def _keys(mode: str, knobs: Knobs) -> Keys:
    return Keys(partial(made_up.key, f"rk_{mode}_{{base62:48}}"), knobs=knobs)


@dataclass
class Stripe:
    """One account. ``permissions`` are the resources that its restricted keys may read; few may read the account."""

    account: str = "acct_1RaxxSandbox"
    permissions: set[str] = field(default_factory=lambda: {"charges"})
    knobs: Knobs = field(default_factory=Knobs)

    def __post_init__(self) -> None:
        self.live, self.test = _keys("live", self.knobs), _keys("test", self.knobs)

    def routes(self) -> list[Route]:
        """Its API and its page, of test mode alone."""
        return [
            Route("/v1/account", self._account),
            *page.routes(
                "stripe/test", "Stripe: restricted keys (test)", self.test, self.test.mint, "apikeys", rotates=True
            ),
        ]

    def _refusal(self, key: str | None) -> Response | None:
        keys = self.live if (key or "").startswith("rk_live_") else self.test
        return None if keys.is_accepted(key) else stripe_errors.not_authenticated(key, ended=keys.has_ended(key))

    async def _account(self, request: Request) -> Response:
        key = _key(request)
        refused = self._refusal(key)
        if refused is None and OWN_ACCOUNT.resource not in self.permissions:
            return stripe_errors.not_permitted(key or "", self.account, OWN_ACCOUNT)
        return refused or answer({"id": self.account, "object": "account"})

    async def asked(self, request: Request) -> Response:
        """Everything else below /v1."""
        asked = wanted(request.method, request.path_params["path"])
        if asked is None:
            return stripe_errors.no_such_path(request.method, request.url.path)
        key = _key(request)
        refused = self._refusal(key)
        if refused is not None:
            return refused
        if asked.right == "write" or asked.resource not in self.permissions:
            return stripe_errors.not_permitted(key or "", self.account, asked)
        return self._found(asked, request.url.path, is_live=(key or "").startswith("rk_live_"))

    def _found(self, asked: Wanted, path: str, *, is_live: bool) -> Response:
        """Nothing: the account is empty."""
        if asked.resource in SINGLE:
            amounts: dict[str, list[object]] = {"available": [], "pending": []} if asked.resource == "balance" else {}
            name = asked.resource.replace("/", ".")
            return answer({"object": name, **amounts, "livemode": is_live})
        if asked.one is None:
            return answer({"object": "list", "url": path, "has_more": False, "data": []})
        if asked.one == "search" and asked.resource in SEARCHED:
            return answer({"object": "search_result", "url": path, "has_more": False, "data": []})
        return stripe_errors.not_there(asked)


def _key(request: Request) -> str | None:
    """The key, as Bearer or as the user of HTTP Basic, which has no password: ``curl -u rk_test_...:``."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return bearer(request)
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[0] or None
    except (binascii.Error, UnicodeDecodeError):
        return None
