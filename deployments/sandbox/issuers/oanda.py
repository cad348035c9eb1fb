"""OANDA's v20 API as far as a token is rotated: one token lives, and making another one ends it.

Of the documentation at developer.oanda.com (v20, "Authentication" and "Account Endpoints"), from general knowledge: not
read again. One token opens all accounts of its owner.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deployments.sandbox import made_up
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.keys import Keys, bearer, refusal

LOOK = "{hex:32}-{hex:32}"


@dataclass
class Oanda:
    """One owner with one practice account, and one with a live one."""

    account: str = "101-004-1234567-001"
    keys: Keys = field(default_factory=lambda: Keys(partial(made_up.key, LOOK), slots=1))
    live_account: str = "001-004-7654321-001"
    live: Keys = field(default_factory=lambda: Keys(partial(made_up.key, LOOK), slots=1))

    def routes(self) -> list[Route]:
        """Its API and its page."""
        return [
            Route("/v3/accounts", self._accounts),
            *page.routes("oanda", "OANDA: manage API access (practice)", self.keys, self.keys.replace),
            *page.routes("oanda", "OANDA: manage API access (live)", self.live, self.live.replace, "live-keys"),
        ]

    async def _accounts(self, request: Request) -> Response:
        key = bearer(request)
        for keys, account in ((self.keys, self.account), (self.live, self.live_account)):
            if keys.is_accepted(key):
                return JSONResponse({"accounts": [{"id": account, "tags": []}]})
        return refusal({"errorMessage": "Insufficient authorization to perform request."})
