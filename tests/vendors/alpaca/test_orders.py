"""Orders: what is open, what was placed, what is cancelled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from blocks.errors import Missing, Refused, Rejected, Unclear, Unreachable
from blocks.issuers.alpaca import client as alpaca_client
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.faults import FaultKind
from tests.vendors.alpaca.served import ServedAlpaca, limit_order, wait_until


def test_open_orders_are_read_over_all_pages(client: AlpacaClient, account: SandboxAccount, pair: Pair) -> None:
    placed = [account.place(limit_order()) for _ in range(1203)]
    for order in placed[:200]:
        account.cancel(order)
    assert [order.id for order in client.open_orders(pair)] == [order.id for order in placed[200:]]


@pytest.mark.parametrize("count", [0, 1, 500, 501])
def test_a_page_that_is_exactly_full_is_not_the_end(
    client: AlpacaClient, account: SandboxAccount, pair: Pair, count: int
) -> None:
    for _ in range(count):
        account.place(limit_order())
    assert len({order.id for order in client.open_orders(pair)}) == count


def test_a_held_leg_of_a_bracket_order_counts_as_an_open_order(
    client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    exits = {"take_profit": {"limit_price": "300"}, "stop_loss": {"stop_price": "0.5"}}
    account.place(limit_order(order_class="bracket", **exits))
    assert [order.status for order in client.open_orders(pair)] == ["accepted", "held", "held"]


def test_pages_that_do_not_end_are_unclear_and_never_a_short_list(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    page = [account.place(limit_order()).as_json() for _ in range(500)]
    alpaca.fault(FaultKind.ANSWER, path="/v2/orders", status=200, body=page, times=None)
    with pytest.raises(Unclear, match="same page came twice"):
        client.open_orders(pair)


def test_more_orders_than_rekey_reads_are_unclear(
    monkeypatch: pytest.MonkeyPatch, client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    monkeypatch.setattr(alpaca_client, "PAGE_SIZE", 2)
    monkeypatch.setattr(alpaca_client, "MAX_PAGES", 3)
    for _ in range(5):
        account.place(limit_order())
    assert len(client.open_orders(pair)) == 5
    account.place(limit_order())
    with pytest.raises(Unclear, match="more than 6 orders"):
        client.open_orders(pair)


def test_an_order_is_found_by_its_id_and_by_our_own(client: AlpacaClient, account: SandboxAccount, pair: Pair) -> None:
    placed = account.place(limit_order(qty="1.50", client_order_id="check-1"))
    seen = client.order(pair, placed.id)
    assert (seen.id, seen.client_order_id, seen.symbol, seen.side) == (placed.id, "check-1", "AAPL", "buy")
    assert (seen.qty, seen.type, seen.status, seen.is_terminal) == (Decimal("1.5"), "limit", "accepted", False)
    assert abs(seen.submitted_at.timestamp() - placed.submitted_ns / 1e9) < 0.001
    assert client.order_by_client_id(pair, "check-1") == seen


def test_an_order_that_does_not_exist_is_missing_by_id_and_none_by_our_own_id(client: AlpacaClient, pair: Pair) -> None:
    with pytest.raises(Missing) as caught:
        client.order(pair, "00000000-0000-0000-0000-000000000000")
    assert caught.value.code == "40410000"
    assert client.order_by_client_id(pair, "never placed") is None


@pytest.mark.parametrize("rule", [{"kind": FaultKind.HTML, "status": 404}, {"kind": FaultKind.ANSWER, "status": 404}])
def test_no_order_is_reported_as_none_only_on_the_vendors_own_404(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, rule: dict[str, Any]
) -> None:
    alpaca.fault(**rule)
    if rule["kind"] is FaultKind.HTML:
        with pytest.raises(Unclear):
            client.order_by_client_id(pair, "check-1")
    else:
        assert client.order_by_client_id(pair, "check-1") is None


def place(client: AlpacaClient, pair: Pair, **changes: Any) -> Any:
    order = {"symbol": "AAPL", "side": "buy", "qty": Decimal(1), "limit_price": Decimal("1.00")}
    return client.place_limit_order(pair, client_order_id="check-1", **{**order, **changes})


def test_a_limit_order_is_placed_and_cancelled(client: AlpacaClient, pair: Pair) -> None:
    order = place(client, pair)
    assert (order.client_order_id, order.status) == ("check-1", "accepted")
    client.cancel_order(pair, order.id)
    assert client.order(pair, order.id).is_terminal
    assert client.open_orders(pair) == []


@pytest.mark.parametrize(("kind", "applied"), [(FaultKind.DROP_AFTER, True), (FaultKind.DROP_BEFORE, False)])
def test_after_a_lost_answer_our_own_id_tells_whether_the_order_was_placed(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, kind: FaultKind, applied: bool
) -> None:
    alpaca.fault(kind, method="POST")
    with pytest.raises(Unreachable):
        place(client, pair)
    assert (client.order_by_client_id(pair, "check-1") is not None) == applied


def test_a_business_refusal_with_403_is_rejected_and_not_a_refused_pair(client: AlpacaClient, pair: Pair) -> None:
    with pytest.raises(Rejected) as caught:
        place(client, pair, qty=Decimal(10_000_000), limit_price=Decimal(200))
    assert (caught.value.status, caught.value.code) == (403, "40310000")


def test_a_price_too_far_away_is_rejected_with_a_code(alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair) -> None:
    alpaca.sandbox.knobs.order_price_check = True
    with pytest.raises(Rejected) as caught:
        place(client, pair)
    assert (caught.value.status, caught.value.code) == (422, "42210000")


@pytest.mark.parametrize("legacy", [False, True])
def test_an_order_with_a_dead_pair_is_refused(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, pair: Pair, legacy: bool
) -> None:
    account.regenerate()
    alpaca.sandbox.knobs.legacy_auth_errors = legacy
    with pytest.raises(Refused):
        place(client, pair)
    with pytest.raises(Refused):
        client.cancel_order(pair, "00000000-0000-0000-0000-000000000000")


def test_cancelling_what_is_done_or_unknown_is_no_error(
    client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    order = account.place(limit_order())
    account.cancel(order)
    client.cancel_order(pair, order.id)
    client.cancel_order(pair, "00000000-0000-0000-0000-000000000000")
    assert client.order(pair, order.id).status == "canceled"


@pytest.mark.parametrize(("status", "raised"), [(422, False), (404, False), (400, True), (409, True)])
def test_only_404_and_422_mean_that_there_is_nothing_to_cancel(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, status: int, raised: bool
) -> None:
    alpaca.fault(FaultKind.ANSWER, method="DELETE", status=status)
    if raised:
        with pytest.raises(Rejected):
            client.cancel_order(pair, "1")
    else:
        client.cancel_order(pair, "1")


def test_a_cancellation_that_lingers_is_seen_until_it_is_done(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    alpaca.sandbox.knobs.cancel_lag_s = 0.3
    order = account.place(limit_order())
    client.cancel_order(pair, order.id)
    assert client.order(pair, order.id).status == "pending_cancel"
    assert len(client.open_orders(pair)) == 1
    wait_until(lambda: client.order(pair, order.id).is_terminal, "the order is cancelled")


def test_what_is_not_found_is_no_name_in_the_catalog(alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair) -> None:
    """A gateway's 404 comes of a wrong address, and Alpaca's own of an order that it does not have."""
    with pytest.raises(Missing) as order:
        client.order(pair, "00000000-0000-0000-0000-000000000000")
    alpaca.fault(kind=FaultKind.ANSWER, status=404)
    with pytest.raises(Missing) as address:
        client.account(pair)

    assert order.value.remedy == "Look at the account's orders in Alpaca's dashboard."
    assert address.value.remedy.startswith("Compare the paper address in the Alpaca block (Prefect UI, Blocks)")
