from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from blocks.answer import Answer
from blocks.errors import CatalogError, Refused, Rejected, Unclear
from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.issuer import Alpaca
from blocks.issuers.alpaca.pair import Pair
from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.state import SandboxPosition
from deployments.sandbox.faults import FaultKind
from tests.vendors.alpaca.served import ServedAlpaca, made_up_pair


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


def test_an_account_whose_owner_suspended_trading_is_healthy_and_says_so(
    client: AlpacaClient, account: SandboxAccount, pair: Pair
) -> None:
    assert not client.account(pair).suspended
    account.flags["trade_suspended_by_user"] = True
    seen = client.account(pair)
    assert (seen.healthy, seen.suspended) == (True, True)


@pytest.mark.parametrize("flag", ["trading_blocked", "account_blocked"])
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
    assert block.page("paper") == "https://app.alpaca.markets/paper/dashboard/overview"
    assert block.page("live") == "https://app.alpaca.markets/live/dashboard/overview"
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
def test_a_pair_that_cannot_be_a_header_is_never_sent(pair: Pair, broken: str) -> None:
    # Nothing listens there: a request would be Unreachable.
    client = AlpacaClient("http://127.0.0.1:9", "paper")
    value = pair.secret.get_secret_value()
    bad = Pair(pair.key_id, SecretStr(value[:20] + broken + value[20:] if broken else ""))
    with pytest.raises(Rejected, match="nothing was sent") as caught:
        client.account(bad)
    assert value[:20] not in str(vars(caught.value))
    assert caught.value.__context__ is None
    assert client.accepts(bad) is Answer.UNKNOWN
    client.close()


def test_a_pair_that_nobody_issued_is_refused(client: AlpacaClient) -> None:
    with pytest.raises(Refused):
        client.account(made_up_pair())
