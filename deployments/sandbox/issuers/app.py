"""All small issuers behind one address: their paths differ."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.issuers.anthropic import Anthropic
from deployments.sandbox.issuers.github import GithubTokens
from deployments.sandbox.issuers.oanda import Oanda
from deployments.sandbox.issuers.postmark import Postmark
from deployments.sandbox.issuers.stripe import Stripe

METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH")


@dataclass
class IssuersSandbox:
    """One account at each."""

    anthropic: Anthropic = field(default_factory=Anthropic)
    github: GithubTokens = field(default_factory=lambda: GithubTokens(GithubSandbox()))
    oanda: Oanda = field(default_factory=Oanda)
    postmark: Postmark = field(default_factory=Postmark)
    stripe: Stripe = field(default_factory=Stripe)

    def app(self) -> Starlette:
        """Their APIs and pages."""
        return Starlette(
            routes=[
                *self.github.routes(),
                *self.oanda.routes(),
                *self.postmark.routes(),
                *self.anthropic.routes(),
                *self.stripe.routes(),
                # After all of these: what else is below /v1.
                Route("/v1/{path:path}", self._elsewhere, methods=METHODS),
            ]
        )

    async def _elsewhere(self, request: Request) -> Response:
        """Two have their paths there, and each answers for what it has not."""
        asked = self.anthropic.elsewhere if self.anthropic.is_asked(request) else self.stripe.asked
        return await asked(request)
