"""The page of the simulated GitHub on which a person makes tokens; its API is deployments/sandbox/github."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.routing import Route

from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.issuers import page
from deployments.sandbox.issuers.keys import Keys

YEAR_S = 366 * 24 * 3600


class _Tokens(Keys):
    """Its list of them; what lives there, GitHub itself says."""

    github: GithubSandbox

    def delete(self, key: str) -> None:
        """End it at GitHub, too."""
        super().delete(key)
        self.github.revoke_token(key)


@dataclass
class GithubTokens:
    """The tokens of one person that are rotated."""

    github: GithubSandbox
    lives_s: float = YEAR_S

    def __post_init__(self) -> None:
        self.keys = _Tokens(self._made)
        self.keys.github = self.github

    def mint(self) -> str:
        """Make one, as a person does."""
        return self.keys.mint()

    def routes(self) -> list[Route]:
        """The page."""
        return page.routes("github", "GitHub: fine-grained personal access tokens", self.keys, self.mint)

    def _made(self) -> str:
        return self.github.add_token({"secrets": "read"}, ends_at=time.time() + self.lives_s)
