"""The twin of Raptor with its app at Heroku and its accounts at Alpaca."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.heroku.app import HerokuSandbox
from deployments.sandbox.raptor.app import RaptorSandbox
from deployments.sandbox.server import SandboxServer

APP = "raxx-api-prod"

PAPER = ("ALPACA_PAPER_API_KEY_ID", "ALPACA_PAPER_API_SECRET_KEY")

LIVE = ("ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY")

SOP_PAPER_ORDER = {
    "symbol": "AAPL",
    "qty": 1,
    "side": "buy",
    "type": "market",
    "time_in_force": "day",
    "mode": "paper",
}

SOP_LIVE_ORDER = {**SOP_PAPER_ORDER, "type": "limit", "limit_price": "1.00", "mode": "live"}


@dataclass(frozen=True)
class Scene:
    """Alpaca, Heroku and a Raptor that runs there with both pairs."""

    alpaca: AlpacaSandbox
    heroku: HerokuSandbox
    raptor: RaptorSandbox
    server: SandboxServer
    paper: SandboxAccount
    live: SandboxAccount

    def ask(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """A request to Raptor."""
        return httpx.request(method, self.server.url("raptor") + path, trust_env=False, timeout=10, **more)

    def install(self, account: SandboxAccount, names: tuple[str, str]) -> None:
        """Regenerate the account's pair and give it to the app."""
        for name, value in zip(names, account.regenerate(), strict=True):
            self.heroku.set_by_hand(APP, name, value)
