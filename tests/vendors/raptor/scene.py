"""The simulated Raptor, how a test reaches it, and what its tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from blocks.runtimes.raptor import Raptor, RaptorClient
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.raptor.app import RaptorSandbox
from deployments.sandbox.server import SandboxServer

APP = "raxx-api-prod"

PAPER = ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY")

LIVE = ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY")

NAMES = {"paper": PAPER, "live": LIVE}

FAR_ORDER: dict[str, str | int | float] = {
    "symbol": "AAPL",
    "qty": 1,
    "side": "buy",
    "type": "limit",
    "time_in_force": "day",
    "limit_price": "1.00",
}

SHORT_S = 0.2


@dataclass(frozen=True)
class Scene:
    """Alpaca, Heroku and a Raptor that runs there with both pairs."""

    alpaca: AlpacaSandbox
    heroku: HerokuSandbox
    raptor: RaptorSandbox
    server: SandboxServer
    paper: SandboxAccount
    live: SandboxAccount

    def client(self, token: str | None = None, read_timeout_s: float = 10) -> RaptorClient:
        """A client as a step gets it."""
        bearer = SecretStr(token) if token else None
        return Raptor(url=self.server.url("raptor"), token=bearer, read_timeout_s=read_timeout_s).get_client()

    def fault(self, kind: FaultKind, **fields: Any) -> None:
        """Set a fault of this Raptor."""
        self.server.plan.add(Fault("raptor", kind, **fields))

    def says(self, status: int, body: Any) -> None:
        """Let the account page answer this."""
        self.raptor.knobs.account_answer = (status, body)
