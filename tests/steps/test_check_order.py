"""The check order proves that the running application may trade with the new pair, and none is ever left open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from prefect.client.schemas.objects import State
from pydantic import SecretStr

from blocks.issuers.alpaca.check_order import prove_write_authority
from blocks.issuers.alpaca.check_orders_left import left_open
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from blocks.issuers.alpaca.session import REFUSALS
from blocks.issuers.alpaca.table import AlpacaTable, CheckOrder
from blocks.issuers.terms import WriteProbe
from blocks.ledger.ledger import Ledger
from blocks.ledger.row import Action
from blocks.model.rotation import Reason, Rotation
from blocks.proofs import Record
from blocks.runtimes.raptor import RaptorApplication, RaptorClient
from deployments.sandbox.alpaca.orders import SandboxOrder
from deployments.sandbox.estate import PAPER, Estate
from deployments.sandbox.faults import Fault, FaultKind
from tasks.rotate.write_probe import application_of, probe_of
from tests.steps.support import alone, shipped, told

# The settings with short waits come with the ledger.
pytestmark = pytest.mark.usefixtures("prefect", "ledger")
ORDERS = "/api/trading/orders"
ONE_ORDER = f"{ORDERS}/.+"


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


@pytest.fixture
def desk(estate: Estate) -> Iterator[Desk]:
    """Clients of this estate, which need no blocks."""
    values = estate.vault_values()
    with AlpacaClient(estate.url("alpaca-paper"), "paper") as alpaca:
        yield Desk(estate, Pair(values[PAPER[0]], SecretStr(values[PAPER[1]])), alpaca)


def test_it_is_seen_at_alpaca_and_gone_again(desk: Desk) -> None:
    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == ["Check order through raptor-prod: seen at Alpaca, then canceled."]
    assert desk.statuses == ["canceled"]
    assert desk.orders[0].client_order_id == f"rekey-r-test-{desk.pair.fingerprint}"


def test_asking_again_places_no_second_one(desk: Desk) -> None:
    """A continued rotation verifies again; the order of its first run is proof enough."""
    desk.check()
    state, _ = desk.check(earlier=desk.orders[0].id)

    assert state.is_completed()
    assert len(desk.orders) == 1


def test_a_cancellation_that_takes_its_time_is_waited_for(desk: Desk) -> None:
    desk.estate.alpaca.knobs.cancel_lag_s = 0.5

    state, record = desk.check()

    assert state.is_completed()
    assert record.facts["check_order_status"] == "canceled"


@pytest.mark.parametrize("body", [None, {"message": "forbidden."}, {"code": 40310099, "message": "no"}])
def test_a_refusal_because_the_owner_suspended_trading_shows_that_alpaca_takes_the_pair(
    desk: Desk, body: object
) -> None:
    """The application passes on only one of these refusals as what it is."""
    desk.estate.paper.flags["trade_suspended_by_user"] = True
    if body:
        desk.estate.server.plan.add(
            Fault("alpaca-paper", FaultKind.ANSWER, "POST", "/v2/orders", 403, body, times=None)
        )

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == [
        "Alpaca accepts the new pair, and refuses the check order like any. Trading is suspended by the account's "
        'owner ("Trades suspended" at Alpaca).'
    ]
    assert desk.orders == []


@pytest.mark.parametrize(("is_suspended", "status"), [(False, 403), (True, 500)])
def test_no_other_refusal_is_taken_for_the_owners(desk: Desk, is_suspended: bool, status: int) -> None:
    desk.estate.paper.flags["trade_suspended_by_user"] = is_suspended
    desk.estate.server.plan.add(
        Fault("alpaca-paper", FaultKind.ANSWER, "POST", "/v2/orders", status, {"message": "no"}, times=None)
    )

    state, record = desk.check()

    assert state.is_failed()
    assert record.proofs == []


def test_alpacas_refusal_of_the_price_shows_that_it_takes_the_pair(desk: Desk) -> None:
    desk.estate.alpaca.knobs.order_price_check = True

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == [
        "raptor-prod reached Alpaca with the new pair: Alpaca refused the order itself (42210000)."
    ]
    assert desk.orders == []


def test_the_applications_own_refusal_proves_nothing(desk: Desk) -> None:
    desk.answer(403, {"error": "orders_disabled"})

    state, record = desk.check()

    assert "code orders_disabled" in told(state)
    assert "Ask the trading application's log why it refused the check order." in told(state)
    assert record.proofs == []


def test_a_refusal_of_the_pair_is_no_refusal_of_the_order(desk: Desk) -> None:
    """40110000 is Alpaca's own number too, and says the opposite."""
    desk.answer(403, {"error": "alpaca_rejected", "code": 40110000}, times=REFUSALS)

    state, record = desk.check()

    assert "Alpaca refuses the keys that this instance runs with" in told(state)
    assert record.proofs == []
    assert desk.orders == []


def test_an_order_is_sent_again_when_the_pair_is_refused_once(desk: Desk) -> None:
    """Alpaca refuses a living pair now and then, and nothing was ordered by that."""
    desk.answer(403, {"error": "alpaca_rejected", "code": 40110000}, times=REFUSALS - 1)

    state, _ = desk.check()

    assert state.is_completed(), state.message
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER])
def test_an_order_whose_answer_was_lost_is_found_by_its_client_order_id(desk: Desk, kind: FaultKind) -> None:
    desk.fail("POST", kind)

    state, _ = desk.check()

    assert state.is_completed()
    assert desk.statuses == ["canceled"]


def test_an_order_that_was_never_placed_is_an_error_that_is_worth_another_try(desk: Desk) -> None:
    desk.fail("POST", FaultKind.DROP_BEFORE)

    state, record = desk.check()

    assert "Raptor: place paper order failed: connection failed" in told(state)
    assert record.proofs == []
    assert desk.orders == []


def test_a_client_order_id_that_is_taken_leads_to_the_order_that_has_it(desk: Desk) -> None:
    """Alpaca did not show the order when it was looked for first: it is neither refused nor left open."""
    desk.alpaca.place_limit_order(
        desk.pair,
        symbol="AAPL",
        side="buy",
        qty=Decimal(1),
        limit_price=Decimal("1.00"),
        client_order_id=f"rekey-r-test-{desk.pair.fingerprint}",
    )

    state, record = desk.check(earlier=None)

    assert state.is_completed()
    assert desk.statuses == ["canceled"]
    assert record.facts["check_order"] == desk.orders[0].id


@pytest.mark.parametrize("status", [404, 500])
def test_an_order_that_cannot_be_looked_at_is_not_left_open(desk: Desk, status: int) -> None:
    desk.fail("GET", FaultKind.ANSWER, "/v2/orders/.+", "alpaca-paper", status=status)

    state, record = desk.check()

    assert "Alpaca: read order failed" in told(state)
    assert record.proofs == []
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize("kind", [FaultKind.ANSWER, FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER])
def test_what_the_application_cannot_cancel_is_cancelled_at_alpaca(desk: Desk, kind: FaultKind) -> None:
    desk.fail("DELETE", kind, ONE_ORDER)

    state, record = desk.check()

    assert state.is_completed()
    assert record.facts["check_order_status"] == "canceled"
    assert desk.statuses == ["canceled"]


@pytest.mark.parametrize(("is_open", "status"), [(True, "filled"), (False, "canceled")])
def test_the_sops_market_order_fills_only_while_the_market_is_open(desk: Desk, is_open: bool, status: str) -> None:
    desk.estate.alpaca.knobs.clock_is_open = is_open

    state, record = desk.check(CheckOrder(kind="market", symbol="MSFT", quantity=2))

    assert state.is_completed()
    assert desk.statuses == [status]
    assert (desk.orders[0].type, desk.orders[0].symbol, str(desk.orders[0].qty)) == ("market", "MSFT", "2")
    assert record.proofs == [f"Check order through raptor-prod: seen at Alpaca, then {status}."]


def test_the_catalog_may_ask_for_none() -> None:
    record = Record()
    rotation = rotation_with(CheckOrder(kind="none"))
    probe = probe_of(rotation, Pair("", SecretStr("")), record, application_of(rotation))

    state = alone(lambda: prove_write_authority(lambda: pytest.fail("nobody is asked"), probe, None))

    assert state.is_completed()
    assert record.proofs == ["No check order: the catalog asks for none."]


@pytest.mark.parametrize("answer", [(403, {"code": 403}), (400, {"code": 400}), (422, {"code": 40010001})])
def test_a_number_that_is_not_alpacas_own_for_a_refused_order_proves_nothing(
    desk: Desk, answer: tuple[int, dict[str, int]]
) -> None:
    """A gateway that repeats the status as its code never asked Alpaca; a bad parameter says nothing of the account."""
    desk.answer(*answer)

    state, record = desk.check()

    assert told(state)
    assert record.proofs == []
    assert desk.orders == []


def test_an_order_that_was_filled_is_told_once_with_what_to_do(desk: Desk, ledger: Ledger) -> None:
    def filled() -> None:
        order = desk.orders[0]
        order.filled_qty = order.qty or Decimal(0)
        order.close("filled", "filled_at")

    desk.meanwhile(filled)
    state, record = desk.check()

    message = told(state)
    assert f"check order {desk.orders[0].id} was FILLED: 1 AAPL were bought with the new pair" in message
    assert "Sell them in Alpaca's dashboard if they are not wanted, and lower limit_price" in message
    assert record.proofs == []
    ledger.append(Action.STEP, rotation="r-test", credential="alpaca-paper", actor="somebody", context=record.facts)

    state, record = desk.check(earlier=desk.orders[0].id)

    assert state.is_completed()
    assert record.proofs == [
        f"Check order {desk.orders[0].id} ended as filled; that was told, and somebody chose to go on."
    ]


def test_only_a_cancelled_order_is_proof(desk: Desk) -> None:
    desk.meanwhile(lambda: desk.orders[0].close("rejected", "failed_at"))

    state, record = desk.check()

    assert "was placed with the new pair and then ended as rejected" in told(state)
    assert record.proofs == []


def test_an_order_that_ended_with_its_day_bought_nothing(desk: Desk) -> None:
    desk.meanwhile(lambda: desk.orders[0].close("expired", "expired_at"))

    state, record = desk.check()

    assert state.is_completed()
    assert record.proofs == ["Check order through raptor-prod: seen at Alpaca, then expired."]


def test_which_way_an_earlier_try_took_is_not_made_up(desk: Desk) -> None:
    desk.check()

    _, record = desk.check(earlier=desk.orders[0].id)

    assert record.proofs == ["Check order of an earlier try: seen at Alpaca, then canceled."]


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ANSWER_AFTER])
def test_an_order_whose_id_the_application_drops_is_found_by_its_looks(desk: Desk, kind: FaultKind) -> None:
    """The order of the operating procedure has no client order ID, so the application may know none."""
    desk.estate.raptors["raptor-prod"].knobs.forwards_client_order_id = False
    desk.fail("POST", kind)

    state, _ = desk.check()

    assert state.is_completed()
    assert desk.statuses == ["canceled"]


def test_orders_that_others_placed_do_not_look_like_it(desk: Desk) -> None:
    placed = {"symbol": "AAPL", "qty": "1", "side": "buy", "type": "limit", "limit_price": "1.00"}
    placed["time_in_force"] = "day"
    unlike = [{"symbol": "MSFT"}, {"qty": "2"}, {"side": "sell"}, {"limit_price": "1.01"}, {"type": "market"}]
    for other in [{}, *unlike]:
        desk.estate.paper.place({**placed, **other})
    orders = desk.alpaca.open_orders(desk.pair)

    def probe(rotation: Rotation) -> WriteProbe:
        return probe_of(rotation, desk.pair, Record(), None)

    assert [one.id for one in left_open(probe(rotation_with(CheckOrder())), orders)] == [desk.orders[0].id]
    later = replace(rotation_with(CheckOrder()), started_at=datetime.now(UTC) + timedelta(hours=1))
    assert left_open(probe(later), orders) == []
    market = rotation_with(CheckOrder(kind="market"))
    assert left_open(probe(market), orders) == []
