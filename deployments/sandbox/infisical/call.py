"""One request to the simulated vault, after login and rate limit."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from deployments.sandbox.infisical.identity import Identity
from deployments.sandbox.infisical.input import Input


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, and with which fields."""

    request: Request
    identity: Identity
    fields: Input

    @property
    def is_query(self) -> bool:
        """Whether the fields come from the query."""
        return self.request.method in {"GET", "HEAD"}
