"""The simulated Heroku, how a test reaches it, and what its tests share."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.consumers.heroku.block import Heroku
from blocks.consumers.heroku.client import HerokuClient
from deployments.sandbox import made_up
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.heroku.apps import SandboxApp
from deployments.sandbox.server import SandboxServer

KEY, SECRET = "ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY"

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Scene:
    """The simulated Heroku and how to reach it."""

    heroku: HerokuSandbox
    server: SandboxServer

    def client(self, token: str | None = None, read_timeout_s: float = 10) -> HerokuClient:
        """A client as a step gets it."""
        block = Heroku(
            url=self.server.url("heroku"), token=SecretStr(token or self.heroku.token), read_timeout_s=read_timeout_s
        )
        return block.get_client()

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Heroku."""
        self.server.plan.add(Fault("heroku", kind, **fields))

    def requests(self, app: SandboxApp) -> list[tuple[str, str]]:
        """Method and path below the app of all requests so far; waits for the first, journaled after its answer."""
        deadline = time.monotonic() + 5
        while not (seen := [entry for entry in self.server.journal.of("heroku") if f"/{app.name}/" in entry.path]):
            assert time.monotonic() < deadline, "no request was journaled"
            threading.Event().wait(0.005)
        return [(entry.method, entry.path.partition(app.name)[2]) for entry in seen]


def new_pair() -> dict[str, SecretStr]:
    return {KEY: SecretStr(made_up.alpaca_key_id("PK")), SECRET: SecretStr(made_up.alpaca_secret())}


def clear(values: dict[str, SecretStr]) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in values.items()}
