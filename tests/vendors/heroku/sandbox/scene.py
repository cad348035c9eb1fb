"""The twin of Heroku with an app, and heroku3 before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.apps import SandboxApp

ACCEPT = "application/vnd.heroku+json; version=3"


@dataclass(frozen=True)
class Scene:
    """One simulated Heroku with an app."""

    heroku: HerokuSandbox
    url: str
    app: SandboxApp

    def ask(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """A request as the heroku CLI makes it."""
        headers = {"Accept": ACCEPT, "Authorization": f"Bearer {self.heroku.token}", **more.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, trust_env=False, timeout=10, **more)
