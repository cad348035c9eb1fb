"""The twin of Raptor with its app at Heroku and its accounts at Alpaca."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.raptor import scene as ours
from tests.vendors.raptor.scene import APP

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
class Scene(ours.Scene):
    """Alpaca, Heroku and a Raptor that runs there with both pairs, and how it is asked without rekey."""

    def ask(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """A request to Raptor."""
        return httpx.request(method, self.server.url("raptor") + path, trust_env=False, timeout=10, **more)

    def install(self, account: SandboxAccount, names: tuple[str, str]) -> None:
        """Regenerate the account's pair and give it to the app."""
        for name, value in zip(names, account.regenerate(), strict=True):
            self.heroku.set_by_hand(APP, name, value)
