"""The simulated GitHub, how a test reaches it, and what its tests share."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.consumers.github.block import Github
from blocks.consumers.github.client import GithubClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.github.app import GithubSandbox
from deployments.sandbox.server import SandboxServer

KEY, SECRET = "ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"

# For a fault that never answers; everything else may take its time on a busy machine.
SHORT_S, LONG_S = 0.3, 10.0


@dataclass(frozen=True)
class Scene:
    """The simulated GitHub and how to reach it."""

    github: GithubSandbox
    server: SandboxServer

    def client(self, token: str | None = None, prefix: str = "", **fields: Any) -> GithubClient:
        """A client as a step gets it."""
        return Github(
            url=self.server.url("github") + prefix,
            token=SecretStr(token or self.github.token),
            **{"read_timeout_s": LONG_S, **fields},
        ).get_client()

    def client_for(self, fault: dict[str, Any]) -> GithubClient:
        """A client that does not wait long for an answer that never comes."""
        return self.client(read_timeout_s=SHORT_S if fault["kind"] is FaultKind.HANG else LONG_S)

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this GitHub."""
        self.server.plan.add(Fault("github", kind, **fields))

    def requests(self, repository: str, count: int) -> list[tuple[str, str]]:
        """Method and last part of the path of all requests so far; waits for the last, journaled after its answer."""
        deadline = time.monotonic() + 5
        while len(seen := [one for one in self.server.journal.of("github") if f"/{repository}/" in one.path]) < count:
            assert time.monotonic() < deadline, f"only {len(seen)} requests were journaled"
        return [(one.method, one.path.rpartition("/")[2]) for one in seen]


def new_pair() -> dict[str, SecretStr]:
    return {KEY: SecretStr(made_up.alpaca_key_id("PK")), SECRET: SecretStr(made_up.alpaca_secret())}
