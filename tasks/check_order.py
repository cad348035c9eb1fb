"""The check order: placed through the running application, seen at Alpaca, cancelled, seen gone.

It has a client order ID of its own, so an ambiguous answer is resolved by looking it up, never by placing it again; and
none is left open, whatever happens. A live application whose brake is on refuses it, as it should: that is evidence for
the brake, and the same order is sent straight to Alpaca.
"""

from __future__ import annotations

from decimal import Decimal

from prefect.logging import get_run_logger

from blocks import estate, lease
from blocks.answer import Answer
from blocks.errors import Rejected, StepError, Transient, Unclear, Unreachable, VendorError
from blocks.poll import wait_for
from blocks.recording import Record
from blocks.rotation import Rotation
from blocks.secret import Pair
from blocks.settings import read_settings
from blocks.vendors.alpaca import AlpacaClient, Order
from blocks.vendors.raptor import TRADING_DISABLED, RaptorClient

GONE_TIMEOUT_S = 30.0
DIRECT = "Alpaca"
# How every check order's own ID begins, whichever rotation placed it.
PREFIX = "rekey-"


def is_check_order(order: Order) -> bool:
    """Whether rekey placed it. One that is open was left by a rotation that was killed."""
    return order.client_order_id.startswith(PREFIX)


def placed_before(rotation: Rotation, pair: Pair) -> str | None:
    """The ID of the check order of an earlier attempt, whose answer may have been lost. Raises Alpaca's errors."""
    if not _is_asked_for(rotation):
        return None
    with estate.alpaca().get_client(rotation.credential.environment) as alpaca:
        order = alpaca.order_by_client_id(pair, _client_order_id(rotation, pair))
    return order.id if order else None


def prove_write_authority(rotation: Rotation, pair: Pair, earlier: str | None, record: Record) -> None:
    """Place and cancel the check order through the first running application. Raises the vendors' errors.

    ``earlier`` is what ``placed_before`` found a moment ago.
    """
    if not _is_asked_for(rotation):
        record.prove("No check order: the catalog asks for none.")
        return
    runtime = rotation.credential.runtimes[0]
    with (
        estate.alpaca().get_client(rotation.credential.environment) as alpaca,
        estate.raptor(runtime).get_client() as raptor,
    ):
        _Check(rotation, pair, alpaca, raptor).run(runtime, earlier, record)


def _is_asked_for(rotation: Rotation) -> bool:
    return rotation.credential.verification.check_order.kind != "none" and bool(rotation.credential.runtimes)


def _client_order_id(rotation: Rotation, pair: Pair) -> str:
    """The new pair's fingerprint is in it: a rotation that needs a second pair needs a second order."""
    return f"{PREFIX}{rotation.id}-{pair.fingerprint}"


class _Check:
    """One check order, from placing it to seeing it gone."""

    def __init__(self, rotation: Rotation, pair: Pair, alpaca: AlpacaClient, raptor: RaptorClient) -> None:
        self._rotation = rotation
        self._pair = pair
        self._alpaca = alpaca
        self._raptor = raptor
        self._check = rotation.credential.verification.check_order
        self._client_order_id = _client_order_id(rotation, pair)

    def run(self, runtime: str, earlier: str | None, record: Record) -> None:
        try:
            self._placed_and_cancelled(runtime, earlier, record)
        except BaseException:
            self._leave_none()
            raise

    def _placed_and_cancelled(self, runtime: str, earlier: str | None, record: Record) -> None:
        order_id = earlier or self._placed()
        if isinstance(order_id, Rejected) and order_id.code == TRADING_DISABLED and self._rotation.credential.brakes:
            record.prove(f"{runtime} refuses the check order because trading is disabled: the brake holds.")
            runtime, order_id = DIRECT, self._placed_directly()
        if isinstance(order_id, Rejected):
            record.note(check_order_refused=order_id.code)
            record.prove(
                f"{runtime} was reached with the new pair: Alpaca refused the order itself ({order_id.code})."
                if runtime == DIRECT
                else f"{runtime} reached Alpaca with the new pair: Alpaca refused the order itself ({order_id.code})."
            )
            return
        try:
            seen = self._alpaca.order(self._pair, order_id)
        except VendorError:
            self._cancel(order_id)
            raise
        if not seen.is_terminal:
            self._cancel(order_id)
        final = self._gone(order_id)
        record.note(check_order=order_id, check_order_status=final.status)
        how = "sent straight to Alpaca" if runtime == DIRECT else f"through {runtime}"
        record.prove(f"Check order {how}: seen at Alpaca, then {final.status}.")

    def _found(self) -> str | None:
        """The order whose answer was lost."""
        order = self._alpaca.order_by_client_id(self._pair, self._client_order_id)
        return order.id if order else None

    def _placed(self) -> str | Rejected:
        """The order's ID, or Alpaca's own refusal of the order, which proves that the pair was accepted."""
        lease.prove()
        try:
            return self._raptor.place_order(
                self._order(), mode=self._rotation.credential.environment, client_order_id=self._client_order_id
            ).order_id
        except (Rejected, Unreachable, Unclear) as error:
            problem = error
        # Also after a refusal: it may say that this client order ID is taken.
        found = self._found()
        if found is not None:
            return found
        if not isinstance(problem, Rejected):
            raise problem
        if problem.code == TRADING_DISABLED and self._rotation.credential.brakes:
            return problem
        if problem.code is None or not problem.code.isdigit():
            raise StepError(str(problem), "Ask the trading application's log why it refused the check order.")
        return problem

    def _placed_directly(self) -> str | Rejected:
        """The same order without the application, whose brake refuses it."""
        lease.prove()
        try:
            return self._alpaca.place_limit_order(
                self._pair,
                symbol=self._check.symbol,
                side="buy",
                qty=Decimal(self._check.quantity),
                limit_price=Decimal(self._check.limit_price),
                client_order_id=self._client_order_id,
            ).id
        except (Rejected, Unreachable, Unclear) as error:
            problem = error
        found = self._found()
        if found is not None:
            return found
        if isinstance(problem, Rejected) and problem.code is not None:
            return problem
        raise problem

    def _leave_none(self) -> None:
        """After anything that went wrong: an order whose answer was lost may have been placed all the same."""
        try:
            order = self._alpaca.order_by_client_id(self._pair, self._client_order_id)
            if order is not None and not order.is_terminal:
                self._alpaca.cancel_order(self._pair, order.id)
        except VendorError as error:
            get_run_logger().warning(
                "Whether check order %s is open is unknown: %s. The next start looks for it.",
                self._client_order_id,
                error.problem,
            )

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

    def _cancel(self, order_id: str) -> None:
        try:
            self._raptor.cancel_order(order_id, self._rotation.credential.environment)
        except VendorError:
            # The application could not: Alpaca is asked directly, because no check order may stay open.
            self._alpaca.cancel_order(self._pair, order_id)

    def _gone(self, order_id: str) -> Order:
        seen: list[Order] = []

        def terminal() -> Answer:
            seen.append(self._alpaca.order(self._pair, order_id))
            return Answer.YES if seen[-1].is_terminal else Answer.NO

        if wait_for(terminal, timeout_s=GONE_TIMEOUT_S, interval_s=read_settings().probe_interval_s) is not Answer.YES:
            self._alpaca.cancel_order(self._pair, order_id)
            raise Transient(
                f"Check order {order_id} is still {seen[-1].status} at Alpaca.", "It is cancelled once more."
            )
        return seen[-1]
