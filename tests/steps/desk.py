"""Places check orders as the step verify does, through an application or at Alpaca."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect.client.schemas.objects import State

from blocks.issuers.alpaca.check_order import prove_write_authority
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.table import AlpacaTable, CheckOrder
from blocks.model.rotation import Reason, Rotation
from blocks.proofs import Record
from blocks.runtimes.raptor import RaptorApplication, RaptorClient
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.estate import Estate
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.write_probe import probe_of
from tests.steps.support import alone, shipped

ORDERS = "/api/trading/orders"


@dataclass
class Desk:
    """The running application, Alpaca behind it, and a check order to place."""

    estate: Estate
    pair: Pair
    alpaca: AlpacaClient

    def check(self, order: CheckOrder | None = None, earlier: str | None = None) -> tuple[State[None], Record]:
        """Place and cancel the check order, in a flow run (proofs go to its log)."""
        record = Record()
        application = RaptorApplication("raptor-prod", lambda: RaptorClient(self.estate.url("raptor-prod")))
        probe = probe_of(rotation_with(order or CheckOrder()), self.pair, record, application)
        return alone(lambda: prove_write_authority(self.connect, probe, earlier)), record

    def connect(self) -> AlpacaClient:
        """A client of Alpaca."""
        return AlpacaClient(self.estate.url("alpaca-paper"), "paper")

    def fail(self, method: str, kind: FaultKind, path: str = ORDERS, vendor: str = "raptor-prod", **more: int) -> None:
        """The next such request fails."""
        self.estate.server.plan.add(Fault(vendor, kind, method, path, **more))

    def meanwhile(self, action: Callable[[], object]) -> None:
        """Let something happen right before the order is looked at."""

        class Meanwhile(Fault):
            def strike(self) -> None:
                action()

        self.estate.server.plan.add(Meanwhile("alpaca-paper", FaultKind.SLOW, "GET", "/v2/orders/.+", seconds=0))

    def answer(self, status: int, body: object, times: int = 1) -> None:
        """The next order is answered so by the application, and not placed; so often, if it is sent again."""
        self.estate.server.plan.add(Fault("raptor-prod", FaultKind.ANSWER, "POST", ORDERS, status, body, times=times))

    @property
    def orders(self) -> list[SandboxOrder]:
        """Every order that Alpaca has."""
        return self.estate.paper.orders

    @property
    def statuses(self) -> list[str]:
        """What became of every order that Alpaca has."""
        return [order.status for order in self.orders]


def rotation_with(order: CheckOrder) -> Rotation:
    """A rotation whose catalog entry asks for this order."""
    credential = shipped(own=AlpacaTable(check_order=order))
    return Rotation("r-test", credential, Reason.SCHEDULED, "no-run", "somebody", datetime.now(UTC))
