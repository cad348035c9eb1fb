"""The twin of GitHub with a repository, and PyGithub before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import github
import httpx

from deployments.sandbox.github.app import GithubSandbox
from tests.vendors.github import scene as ours

# What `gh secret set` sends besides the token.
GH_HEADERS = {
    "Accept": "application/vnd.github+json",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "GitHub CLI 2.103.3",
    "X-GitHub-Api-Version": "2022-11-28",
}

# No connection is left to the garbage collector.
NONE_KEPT = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True)
class Scene(ours.Scene):
    """The simulated GitHub, and how others reach it."""

    @property
    def sandbox(self) -> GithubSandbox:
        """What listens there."""
        return self.github

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.url("github")

    def pygithub(self, token: str | None = None, prefix: str = "", **fields: Any) -> github.Github:
        """PyGithub, without its pauses between requests."""
        return github.Github(
            base_url=self.url + prefix,
            auth=github.Auth.Token(token or self.sandbox.token),
            seconds_between_requests=0,
            seconds_between_writes=0,
            **{"retry": None, **fields},
        )

    def gh(self, token: str | None = None) -> httpx.Client:
        """Requests as gh makes them."""
        authorization = {"Authorization": f"token {token or self.sandbox.token}"}
        return httpx.Client(
            base_url=self.url, headers={**GH_HEADERS, **authorization}, trust_env=False, limits=NONE_KEPT
        )
