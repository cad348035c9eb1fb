"""What an issuer needs to prove that the new pair may write: the running application, and what earlier tries told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from blocks.errors import VendorError
from blocks.issuers.terms import Application, WriteProbe
from blocks.model.rotation import Rotation
from blocks.prefect_api import estate, recording
from blocks.proofs import Record
from blocks.runtimes.raptor import Raptor, RaptorClient
from blocks.runtimes.raptor_errors import KEYS_REFUSED, TRADING_DISABLED
from blocks.secret import Pair


@dataclass(frozen=True, slots=True)
class RaptorApplication:
    """One instance of Raptor, by the name of its block."""

    name: str
    connect: Callable[[], RaptorClient]

    def place_order(self, order: Mapping[str, str | int], *, mode: str, client_order_id: str) -> str:
        """Place an order through it; return the order's ID. Raises Raptor's errors."""
        with self.connect() as raptor:
            return raptor.place_order(order, mode=mode, client_order_id=client_order_id).order_id

    def cancel_order(self, order_id: str, mode: str) -> None:
        """Ask for cancellation. Raises Raptor's errors."""
        with self.connect() as raptor:
            raptor.cancel_order(order_id, mode)

    def is_braked(self, error: VendorError) -> bool:
        """Whether it refuses because trading is disabled there."""
        return error.code == TRADING_DISABLED

    def lacks_keys(self, error: VendorError) -> bool:
        """Whether it says that its keys are not accepted."""
        return error.code in KEYS_REFUSED


def application_of(rotation: Rotation) -> Application | None:
    """The first application that runs with the pair; None where the catalog names none."""
    runtimes = rotation.credential.runtimes
    return RaptorApplication(runtimes[0], lambda: estate.loaded(Raptor, runtimes[0]).get_client()) if runtimes else None


def probe_of(rotation: Rotation, pair: Pair, record: Record, application: Application | None) -> WriteProbe:
    """All that has to be known of a write probe with this pair. Raises LedgerError."""
    told = recording.history_of(rotation).notices.check_orders
    return WriteProbe(rotation.credential, rotation.id, rotation.started_at, pair, record, application, told)
