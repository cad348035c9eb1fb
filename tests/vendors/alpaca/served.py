"""A served Alpaca sandbox and what the Alpaca tests share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, Literal

from pydantic import SecretStr

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox import made_up
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.app import AlpacaSandbox
from deployments.sandbox.alpaca.dashboard import dashboard_app
from deployments.sandbox.alpaca.state import AlpacaKnobs
from deployments.sandbox.faults import Fault, FaultKind
from deployments.sandbox.server import SandboxServer

PAPER, LIVE, DASHBOARD = "alpaca-paper", "alpaca-live", "alpaca-dashboard"
DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class ServedAlpaca:
    """Both hosts and the dashboard, on loopback."""

    sandbox: AlpacaSandbox
    server: SandboxServer

    def client(self, environment: Literal["paper", "live"] = "paper", read_timeout_s: float = 15.0) -> AlpacaClient:
        """A client of one host, to be closed."""
        name = {"paper": PAPER, "live": LIVE}[environment]
        return AlpacaClient(self.server.url(name), environment, read_timeout_s=read_timeout_s)

    @property
    def issuer(self) -> Alpaca:
        """The block of both hosts."""
        return Alpaca(paper_url=self.server.url(PAPER), live_url=self.server.url(LIVE))

    def fault(self, kind: FaultKind, **rule: Any) -> None:
        """Set a fault of the paper host."""
        self.server.plan.add(Fault(vendor=PAPER, kind=kind, **rule))

    def calm(self) -> None:
        """No faults, all knobs as they were."""
        self.server.plan.clear()
        self.server.journal.clear()
        for knob in fields(AlpacaKnobs):
            setattr(self.sandbox.knobs, knob.name, knob.default)


@contextmanager
def served_alpaca() -> Iterator[ServedAlpaca]:
    sandbox = AlpacaSandbox()
    apps = {PAPER: sandbox.host("paper"), LIVE: sandbox.host("live"), DASHBOARD: dashboard_app(sandbox)}
    server = SandboxServer(apps)
    server.start()
    try:
        yield ServedAlpaca(sandbox, server)
    finally:
        server.stop()


def pair_of(account: SandboxAccount) -> Pair:
    """A fresh pair of the account, as rekey holds it."""
    key_id, secret = account.regenerate()
    return Pair(key_id, SecretStr(secret))


def made_up_pair(prefix: str = "PK") -> Pair:
    """A pair that nobody issued."""
    return Pair(made_up.alpaca_key_id(prefix), SecretStr(made_up.alpaca_secret()))


def limit_order(**changes: Any) -> dict[str, Any]:
    """The body of a limit order far below the market."""
    order = {"symbol": "AAPL", "side": "buy", "qty": "1", "type": "limit", "limit_price": "1", "time_in_force": "day"}
    return {**order, **changes}


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Ask again and again, until it is so or the deadline is over."""
    deadline, pause = time.monotonic() + DEADLINE_S, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        # Asking without a pause would use the account's allowance up.
        pause.wait(0.05)
