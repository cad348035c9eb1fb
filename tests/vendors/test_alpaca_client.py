from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from blocks.answer import Answer
from blocks.errors import CatalogError, Missing, Refused, Rejected, Unclear, Unreachable
from blocks.secret import Pair
from blocks.vendors import alpaca_client
from blocks.vendors.alpaca import Alpaca, AlpacaClient
from deployments.sandbox.alpaca_account import SandboxAccount
from deployments.sandbox.alpaca_state import SandboxPosition
from deployments.sandbox.faults import FaultKind
from tests.vendors.alpaca_support import ServedAlpaca, limit_order, made_up_pair, pair_of, served_alpaca, wait_until


@pytest.fixture(scope="module")
def estate() -> Iterator[ServedAlpaca]:
    with served_alpaca() as served:
        yield served


@pytest.fixture
def alpaca(estate: ServedAlpaca) -> Iterator[ServedAlpaca]:
    yield estate
    estate.calm()


@pytest.fixture
def account(alpaca: ServedAlpaca) -> SandboxAccount:
    return alpaca.sandbox.add_account("paper", cash="1000000")


@pytest.fixture
def pair(account: SandboxAccount) -> Pair:
    return pair_of(account)


@pytest.fixture
def client(alpaca: ServedAlpaca) -> Iterator[AlpacaClient]:
    with alpaca.client() as opened:
        yield opened


def test_the_account_is_read_with_its_identity_and_its_money(
    client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal(-2), Decimal(200))
    seen = client.account(pair)
    assert (seen.id, seen.account_number, seen.status, seen.currency) == (account.id, account.number, "ACTIVE", "USD")
    assert seen.created_at == datetime.fromisoformat(account.created_at)
    assert seen.cash == Decimal(1000000)
    assert seen.equity == account.equity == Decimal(1000000) - 2 * account.market.price("AAPL")
    assert seen.flags == ()
    assert seen.healthy


@pytest.mark.parametrize("flag", ["trading_blocked", "account_blocked", "trade_suspended_by_user"])
def test_an_active_account_with_a_block_flag_is_not_healthy(
    client: AlpacaClient, account: SandboxAccount, pair: Pair, flag: str
) -> None:
    account.flags[flag] = True
    seen = client.account(pair)
    assert (seen.status, seen.flags, seen.healthy) == ("ACTIVE", (flag,), False)


def test_an_account_with_a_status_that_nobody_knows_is_read_and_is_not_healthy(
    client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    account.status = "SOMETHING_NEW"
    assert not client.account(pair).healthy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[(name, None) for name in ("id", "account_number", "status", "created_at", "currency", "equity", "cash")],
        ("trading_blocked", None),
        ("trade_suspended_by_user", "false"),
        ("id", ""),
        ("account_number", 12),
        ("created_at", "2023-01-01T18:20:20"),
        ("created_at", "yesterday"),
        ("equity", 123346.11),
        ("equity", "NaN"),
        ("cash", "a lot"),
    ],
)
def test_an_account_whose_fields_are_missing_or_malformed_is_unclear(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, field: str, value: Any
) -> None:
    headers = {"APCA-API-KEY-ID": pair.key_id, "APCA-API-SECRET-KEY": pair.secret.get_secret_value()}
    body = httpx.get(f"{alpaca.server.url('alpaca-paper')}/v2/account", headers=headers).json() | {field: value}
    alpaca.fault(FaultKind.ANSWER, status=200, body=body)
    with pytest.raises(Unclear, match=f"field {field} is missing or malformed"):
        client.account(pair)


@pytest.mark.parametrize("body", [[], {}, "text", 7])
def test_an_account_that_is_not_an_object_with_fields_is_unclear(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, body: Any
) -> None:
    alpaca.fault(FaultKind.ANSWER, status=200, body=body)
    with pytest.raises(Unclear):
        client.account(pair)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_dead_pair_is_refused_with_words_for_the_operator(
    alpaca: ServedAlpaca, client: AlpacaClient, account: SandboxAccount, pair: Pair, legacy: bool
) -> None:
    account.regenerate()
    alpaca.sandbox.knobs.legacy_auth_errors = legacy
    with pytest.raises(Refused) as caught:
        client.account(pair)
    assert (caught.value.status, caught.value.code) == ((403, None) if legacy else (401, "40110000"))
    assert caught.value.request_id
    assert pair.fingerprint in caught.value.problem
    assert "paper trading" in caught.value.problem
    assert "other environment" in caught.value.remedy


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


def test_positions_are_read_long_and_short(client: AlpacaClient, account: SandboxAccount, pair: Pair) -> None:
    account.positions["AAPL"] = SandboxPosition("AAPL", Decimal("1.5"), Decimal(200))
    account.positions["MSFT"] = SandboxPosition("MSFT", Decimal(-3), Decimal(400))
    seen = {position.symbol: (position.side, position.qty) for position in client.positions(pair)}
    assert seen == {"AAPL": ("long", Decimal("1.5")), "MSFT": ("short", Decimal(-3))}


@pytest.mark.parametrize("is_open", [True, False])
def test_the_clock_says_whether_the_market_is_open(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, is_open: bool
) -> None:
    alpaca.sandbox.knobs.clock_is_open = is_open
    clock = client.clock(pair)
    assert clock.is_open is is_open
    assert abs((clock.timestamp - datetime.now(UTC)).total_seconds()) < 60
    assert (clock.next_close < clock.next_open) is is_open


@pytest.mark.parametrize("method", ["open_orders", "positions"])
def test_a_list_that_is_no_list_is_unclear(alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, method: str) -> None:
    alpaca.fault(FaultKind.ANSWER, status=200, body={"orders": []})
    with pytest.raises(Unclear, match="not a list"):
        getattr(client, method)(pair)


def test_the_block_knows_alpacas_addresses_and_holds_no_credentials() -> None:
    block = Alpaca()
    assert block.dashboard_url("paper") == "https://app.alpaca.markets/paper/dashboard/overview"
    assert block.dashboard_url("live") == "https://app.alpaca.markets/live/dashboard/overview"
    assert (block.paper_url, block.live_url) == ("https://paper-api.alpaca.markets", "https://api.alpaca.markets")
    with pytest.raises(ValidationError):
        Alpaca(read_timeout_s=0)


def test_the_blocks_client_asks_the_host_of_its_environment(alpaca: ServedAlpaca, pair: Pair) -> None:
    block = Alpaca(paper_url=alpaca.server.url("alpaca-paper"), live_url=alpaca.server.url("alpaca-live"))
    with block.get_client("paper") as paper, block.get_client("live") as live:
        assert (paper.accepts(pair), live.accepts(pair)) == (Answer.YES, Answer.NO)


def test_a_base_url_without_tls_is_refused_before_a_secret_leaves() -> None:
    with pytest.raises(CatalogError, match="not https"):
        Alpaca(live_url="http://api.alpaca.markets").get_client("live")


@pytest.mark.parametrize("broken", ["\u2013", "\n", " ", "\u200b", ""])
def test_a_pair_that_cannot_be_a_header_is_never_sent(
    alpaca: ServedAlpaca, client: AlpacaClient, pair: Pair, broken: str
) -> None:
    value = pair.secret.get_secret_value()
    bad = Pair(pair.key_id, SecretStr(value[:20] + broken + value[20:] if broken else ""))
    with pytest.raises(Rejected, match="nothing was sent") as caught:
        client.account(bad)
    assert value[:20] not in str(vars(caught.value))
    assert caught.value.__context__ is None
    assert client.accepts(bad) is Answer.UNKNOWN
    assert alpaca.server.journal.entries == []


def test_a_pair_that_nobody_issued_is_refused(client: AlpacaClient) -> None:
    with pytest.raises(Refused):
        client.account(made_up_pair())
