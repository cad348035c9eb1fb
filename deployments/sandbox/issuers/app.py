"""All small issuers behind one address: their paths differ."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.applications import Starlette

from deployments.sandbox.issuers.oanda import Oanda
from deployments.sandbox.issuers.postmark import Postmark


@dataclass
class IssuersSandbox:
    """One account at each."""

    oanda: Oanda = field(default_factory=Oanda)
    postmark: Postmark = field(default_factory=Postmark)

    def app(self) -> Starlette:
        """Their APIs and pages."""
        return Starlette(routes=[*self.oanda.routes(), *self.postmark.routes()])
