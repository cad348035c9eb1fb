"""All small issuers behind one address: their paths differ."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.applications import Starlette

from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.issuers.anthropic import Anthropic
from deployments.sandbox.issuers.github import GithubTokens
from deployments.sandbox.issuers.oanda import Oanda
from deployments.sandbox.issuers.postmark import Postmark
from deployments.sandbox.issuers.stripe import Stripe


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
                # Before Stripe's, which has every other path of one part below /v1.
                *self.anthropic.routes(),
                *self.stripe.routes(),
            ]
        )
