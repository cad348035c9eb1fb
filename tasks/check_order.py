"""The check order: placed through the running application, seen at Alpaca, cancelled, seen gone.

It has a client order ID of its own, so an ambiguous answer is resolved by looking it up, never by placing it again; and
none is left open, whatever happens.
"""

from __future__ import annotations

from blocks import estate
from blocks.answer import Answer
from blocks.errors import Rejected, StepError, Transient, Unclear, Unreachable, VendorError
from blocks.poll import wait_for
from blocks.recording import Record
from blocks.rotation import Rotation
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.vendors.alpaca import AlpacaClient, Order
from blocks.vendors.raptor import RaptorClient

GONE_TIMEOUT_S = 30.0


def prove_write_authority(rotation: Rotation, pair: Pair, record: Record) -> None:
    """Place and cancel the check order through the first running application. Raises the vendors' errors."""
    check = rotation.credential.verification.check_order
    if check.kind == "none" or not rotation.credential.runtimes:
        record.prove("No check order: the catalog asks for none.")
        return
    runtime = rotation.credential.runtimes[0]
    with (
        estate.alpaca().get_client(rotation.credential.environment) as alpaca,
        estate.raptor(runtime).get_client() as raptor,
    ):
        _Check(rotation, pair, alpaca, raptor).run(runtime, record)


class _Check:
    """One check order, from placing it to seeing it gone."""

    def __init__(self, rotation: Rotation, pair: Pair, alpaca: AlpacaClient, raptor: RaptorClient) -> None:
        self._rotation = rotation
        self._pair = pair
        self._alpaca = alpaca
        self._raptor = raptor
        self._check = rotation.credential.verification.check_order
        # The new pair's fingerprint in it: a rotation that needs a second pair needs a second order.
        self._client_order_id = f"rekey-{rotation.id}-{pair.fingerprint}"

    def run(self, runtime: str, record: Record) -> None:
        order = self._found() or self._placed()
        if order is None:
            record.prove(f"{runtime} reached Alpaca with the new pair: Alpaca refused the check order for its price.")
            return
        try:
            seen = self._alpaca.order(self._pair, order.id)
            self._cancel(seen)
        finally:
            final = self._gone(order.id)
        record.note(check_order=order.id, check_order_status=final.status)
        record.prove(f"Check order through {runtime}: seen at Alpaca, then {final.status}.")

    def _found(self) -> Order | None:
        """The order of an earlier attempt, whose answer may have been lost."""
        return self._alpaca.order_by_client_id(self._pair, self._client_order_id)

    def _placed(self) -> Order | None:
        problem: VendorError | None = None
        try:
            placed = self._raptor.place_order(
                self._order(), mode=self._rotation.credential.environment, client_order_id=self._client_order_id
            )
        except Rejected as error:
            self._accept_only_alpacas_refusal(error)
            return None
        except (Unreachable, Unclear) as error:
            problem = error
        if problem is not None:
            order = self._found()
            if order is None:
                raise problem
            return order
        return self._alpaca.order(self._pair, placed.order_id)

    def _accept_only_alpacas_refusal(self, error: Rejected) -> None:
        """A refusal with Alpaca's own code proves that the pair was accepted; any other refusal proves nothing."""
        if error.code is None or not error.code.isdigit():
            raise StepError(str(error), "Ask the trading application's log why it refused the check order.")

    def _order(self) -> dict[str, str | int]:
        order: dict[str, str | int] = {
            "symbol": self._check.symbol,
            "qty": self._check.quantity,
            "side": "buy",
            "type": self._check.kind,
            "time_in_force": "day",
        }
        if self._check.kind == "limit":
            order["limit_price"] = self._check.limit_price
        return order

    def _cancel(self, order: Order) -> None:
        if order.is_terminal:
            return
        try:
            self._raptor.cancel_order(order.id, self._rotation.credential.environment)
        except VendorError:
            # The application could not: Alpaca is asked directly, because no check order may stay open.
            self._alpaca.cancel_order(self._pair, order.id)

    def _gone(self, order_id: str) -> Order:
        last = self._alpaca.order(self._pair, order_id)

        def terminal() -> Answer:
            nonlocal last
            last = self._alpaca.order(self._pair, order_id)
            return Answer.YES if last.is_terminal else Answer.NO

        if wait_for(terminal, timeout_s=GONE_TIMEOUT_S, interval_s=read_settings().probe_interval_s) is not Answer.YES:
            self._alpaca.cancel_order(self._pair, order_id)
            raise Transient(f"Check order {order_id} is still {last.status} at Alpaca.", "It is cancelled once more.")
        return last
