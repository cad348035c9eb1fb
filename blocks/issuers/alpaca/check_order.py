"""The check order: placed through the running application, seen at Alpaca, cancelled, seen gone.

It has a client order ID of its own, so an ambiguous answer is resolved by looking it up, never by placing it again; and
none is left open, whatever happens. The order of an application that drops that ID (the one of the written operating
procedure has none) is known by its looks: the same symbol, side, quantity and limit, submitted since the rotation
began. A live application whose brake is on refuses it, as it should: that is evidence for the brake, and the same order
is sent straight to Alpaca.
"""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

from prefect.logging import get_run_logger

from blocks.answer import Answer
from blocks.errors import Refused, Rejected, StepError, Transient, Unclear, Unreachable, VendorError
from blocks.issuers.alpaca.account import SUSPENDED_BY_OWNER
from blocks.issuers.alpaca.check_order_ends import SUSPENDED, bought, ended_by_itself, suspended
from blocks.issuers.alpaca.check_orders_left import client_order_id, is_asked_for, left_open
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.models import Order, is_business_code
from blocks.issuers.alpaca.open_orders import Connect
from blocks.issuers.alpaca.session import REFUSALS
from blocks.issuers.alpaca.table import check_order_of
from blocks.issuers.terms import Application, WriteProbe
from blocks.ledger import lease
from blocks.settings import read_settings
from blocks.wire.poll import wait_for

GONE_TIMEOUT_S = 30.0
EARLIER = "of an earlier try"
# How a check order ends that bought nothing: cancelled by rekey, or by Alpaca at the end of its day.
GONE_UNFILLED = frozenset({"canceled", "expired"})


def prove_write_authority(connect: Connect, probe: WriteProbe, earlier: str | None) -> None:
    """Place and cancel the check order through the first running application. Raises the vendors' errors.

    ``earlier`` is what ``placed_before`` found a moment ago.
    """
    if not is_asked_for(probe) or probe.application is None:
        probe.record.prove("No check order: the catalog asks for none.")
        return
    with connect() as alpaca:
        CheckOrder(probe, alpaca, probe.application).run(earlier)


class CheckOrder:
    """One check order, from placing it to seeing it gone."""

    def __init__(self, probe: WriteProbe, alpaca: AlpacaClient, application: Application) -> None:
        self._probe = probe
        self._pair = probe.pair
        self._record = probe.record
        self._alpaca = alpaca
        self._application = application
        self._mode = probe.credential.realm
        self._has_brakes = bool(probe.credential.brakes)
        self._check = check_order_of(probe.credential)
        self._client_order_id = client_order_id(probe)
        # How the order came to Alpaca, as the proof tells it.
        self._how = ""

    def run(self, earlier: str | None) -> None:
        """Prove it. Raises the vendors' errors, and StepError for an order that bought something."""
        try:
            self._placed_and_cancelled(earlier)
        except BaseException:
            self._leave_none()
            raise

    def _placed_and_cancelled(self, earlier: str | None) -> None:
        runtime, record = self._application.name, self._record
        # Which way an earlier try took is not known.
        self._how = EARLIER if earlier else f"through {runtime}"
        reached = f"{runtime} reached Alpaca"
        order_id = earlier or self._placed()
        if isinstance(order_id, Rejected) and self._application.is_braked(order_id) and self._has_brakes:
            record.prove(f"{runtime} refuses the check order because trading is disabled: the brake holds.")
            self._how, reached = "sent straight to Alpaca", "Alpaca was reached"
            order_id = self._placed_directly()
        if isinstance(order_id, Rejected):
            record.note(check_order_refused=order_id.code)
            if order_id.code == SUSPENDED:
                record.prove(f"Alpaca accepts the new pair, and refuses the check order like any. {SUSPENDED_BY_OWNER}")
                return
            record.prove(f"{reached} with the new pair: Alpaca refused the order itself ({order_id.code}).")
            return
        try:
            seen = self._alpaca.order(self._pair, order_id)
        except VendorError:
            self._cancel(order_id)
            raise
        if not seen.is_terminal:
            self._cancel(order_id)
        self._judge(self._gone(order_id))

    def _judge(self, final: Order) -> None:
        """Nothing may have been bought, unless the catalog asks for that. What was is told once, then it is known."""
        record = self._record
        record.note(check_order=final.id, check_order_status=final.status)
        is_bought = bool(final.filled_qty) or final.status == "filled"
        is_meant = final.status == "filled" and self._check.kind == "market"
        if is_meant or (final.status in GONE_UNFILLED and not is_bought):
            record.prove(f"Check order {self._how}: seen at Alpaca, then {final.status}.")
            return
        if final.id in self._probe.told:
            record.prove(f"Check order {final.id} ended as {final.status}; that was told, and somebody chose to go on.")
            return
        record.note(check_order_told=final.id)
        raise bought(final) if is_bought else ended_by_itself(final)

    def _found(self, problem: VendorError) -> str | None:
        """The order whose answer was lost, or of an earlier try when the answer says that its ID is taken."""
        order = self._alpaca.order_by_client_id(self._pair, self._client_order_id)
        if isinstance(problem, Rejected):
            self._how = EARLIER if order else self._how
        elif order is None:
            # The application may have dropped the ID. Every earlier check order was cancelled before this one.
            alike = left_open(self._probe, self._alpaca.open_orders(self._pair))
            order = alike[0] if alike else None
        return order.id if order else None

    def _sent(self) -> str:
        """The order's ID. Raises the application's errors.

        Sent again while the application says that its keys are refused: no order came of that, and one refusal proves
        nothing.
        """
        for _ in range(REFUSALS - 1):
            try:
                return self._sent_once()
            except VendorError as error:
                if not self._application.lacks_keys(error):
                    raise
        return self._sent_once()

    def _sent_once(self) -> str:
        lease.prove()
        return self._application.place_order(self._order(), mode=self._mode, client_order_id=self._client_order_id)

    def _placed(self) -> str | Rejected:
        """The order's ID, or Alpaca's own refusal of the order, which proves that the pair was accepted."""
        try:
            return self._sent()
        except (Rejected, Unreachable, Unclear) as error:
            problem = error
        # Also after a refusal: it may say that this client order ID is taken.
        found = self._found(problem)
        if found is not None:
            return found
        if self._application.is_braked(problem) and self._has_brakes and isinstance(problem, Rejected):
            return problem
        if self._is_for_the_suspension(problem):
            return suspended(problem)
        if not isinstance(problem, Rejected):
            raise problem
        if not is_business_code(problem.code, problem.status):
            raise StepError(str(problem), "Ask the trading application's log why it refused the check order.")
        return problem

    def _placed_directly(self) -> str | Rejected:
        """The order's ID, or Alpaca's own refusal of it: placed without the application, whose brake refuses orders."""
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
        except (Refused, Rejected, Unreachable, Unclear) as error:
            problem = error
        found = self._found(problem)
        if found is not None:
            return found
        if self._is_for_the_suspension(problem):
            return suspended(problem)
        if isinstance(problem, Rejected) and is_business_code(problem.code, problem.status):
            return problem
        raise problem

    def _is_for_the_suspension(self, problem: VendorError) -> bool:
        """Whether it is a refusal, and Alpaca, which accepts the pair, says that trading is suspended by its owner.

        With which number and words such an order is refused is not documented.
        """
        if problem.status != HTTPStatus.FORBIDDEN and not self._application.lacks_keys(problem):
            return False
        try:
            return self._alpaca.account(self._pair).suspended
        except VendorError:
            return False

    def _leave_none(self) -> None:
        """After anything that went wrong: an order whose answer was lost may have been placed all the same."""
        try:
            for order in left_open(self._probe, self._alpaca.open_orders(self._pair)):
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
            self._application.cancel_order(order_id, self._mode)
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
