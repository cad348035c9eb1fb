"""Lists that alpaca-py reads beside orders and positions, and the settings of the account."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.enums import AssetClass, AssetExchange, CorporateActionType
from alpaca.trading.requests import (
    CreateWatchlistRequest,
    GetAssetsRequest,
    GetCorporateAnnouncementsRequest,
    GetOptionContractsRequest,
    UpdateWatchlistRequest,
)

from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.served import PAPER, ServedAlpaca


def refused(call: Any, *arguments: Any) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        call(*arguments)
    return caught.value.status_code, caught.value.code, caught.value.message


def symbols(watchlist: Any) -> list[str]:
    return [asset.symbol for asset in watchlist.assets]


def test_a_watchlist_is_made_changed_and_deleted(theirs: Any, account: SandboxAccount) -> None:
    assert theirs.get_watchlists() == []
    made = theirs.create_watchlist(CreateWatchlistRequest(name="First", symbols=["MSFT", "AAPL"]))
    assert (str(made.account_id), made.name, symbols(made)) == (account.id, "First", ["MSFT", "AAPL"])
    assert [(one.id, one.assets) for one in theirs.get_watchlists()] == [(made.id, None)]
    assert symbols(theirs.add_asset_to_watchlist_by_id(made.id, "TSLA")) == ["MSFT", "AAPL", "TSLA"]
    assert symbols(theirs.remove_asset_from_watchlist_by_id(made.id, "MSFT")) == ["AAPL", "TSLA"]
    changed = theirs.update_watchlist_by_id(made.id, UpdateWatchlistRequest(name="Second"))
    assert (changed.name, symbols(changed)) == ("Second", ["AAPL", "TSLA"])
    assert symbols(theirs.update_watchlist_by_id(made.id, UpdateWatchlistRequest(symbols=["MSFT"]))) == ["MSFT"]
    assert theirs.get_watchlist_by_id(made.id).updated_at > made.updated_at
    theirs.delete_watchlist_by_id(made.id)
    assert refused(theirs.get_watchlist_by_id, made.id) == (404, 40410000, f"watchlist not found: {made.id}")
    assert refused(theirs.get, "/watchlists/first") == (422, 40010001, "watchlist is required")


def test_a_watchlist_may_be_named_by_its_name(theirs: Any) -> None:
    made = theirs.post("/watchlists", {"name": "My list", "symbols": ["AAPL"]})
    assert theirs.get("/watchlists:by_name", {"name": "My list"})["id"] == made["id"]
    assert refused(theirs.get, "/watchlists:by_name")[:2] == (422, 40010001)
    assert refused(theirs.get, "/watchlists:by_name", {"name": "x"}) == (404, 40410000, "watchlist not found: x")
    theirs.delete("/watchlists:by_name", {"name": "My list"})
    assert theirs.get_watchlists() == []


def test_a_watchlist_that_cannot_be_is_refused(theirs: Any, account: SandboxAccount) -> None:
    made = theirs.create_watchlist(CreateWatchlistRequest(name="First", symbols=[]))
    assert refused(theirs.post, f"/watchlists/{made.id}", {})[:2] == (422, 40010001)
    again = {"name": "First", "symbols": []}
    assert refused(theirs.post, "/watchlists", again) == (422, 40010001, "watchlist name must be unique")
    assert refused(theirs.post, "/watchlists", {"symbols": []})[:2] == (422, 40010001)
    too_long = (422, 40010001, "name must be no more than 64 characters")
    assert refused(theirs.post, "/watchlists", {"name": "x" * 65}) == too_long
    assert refused(theirs.post, "/watchlists", {"name": "x", "symbols": ["ZZZZQX"]})[:2] == (422, 42210000)
    account.reset()
    assert account.watchlists == []


@pytest.mark.filterwarnings("ignore:get_corporate_announcements is deprecated")
def test_there_are_no_options_and_no_corporate_actions(theirs: Any) -> None:
    found = theirs.get_option_contracts(GetOptionContractsRequest(underlying_symbols=["AAPL"]))
    assert (found.option_contracts, found.next_page_token) == ([], None)
    wanted = "TSLA231110C00021000"
    assert refused(theirs.get_option_contract, wanted) == (404, 40410000, f"option contract {wanted} not found")
    asked = GetCorporateAnnouncementsRequest(
        ca_types=[CorporateActionType.DIVIDEND], since=date(2026, 7, 1), until=date(2026, 7, 31)
    )
    assert theirs.get_corporate_announcements(asked) == []
    without = refused(theirs.get, "/corporate_actions/announcements", {"ca_types": "dividend", "since": "2026-07-01"})
    assert without == (422, 40010001, "invalid param: both since & until required")


def test_assets_are_filtered_by_exchange_and_by_attributes(theirs: Any) -> None:
    def counted(**query: Any) -> int:
        return len(theirs.get_all_assets(GetAssetsRequest(**query)))

    assert counted() > counted(exchange=AssetExchange.NASDAQ) > 0
    assert counted(exchange=AssetExchange.OTC) == 0
    assert counted(attributes="has_options,ipo") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"max_margin_multiplier": "3"},
        {"trade_confirm_email": "some"},
        {"max_options_trading_level": 4},
        {"no_shorting": "true"},
    ],
)
def test_a_setting_that_is_none_of_the_named_values_is_refused(
    theirs: Any, account: SandboxAccount, change: dict[str, Any]
) -> None:
    before = dict(account.configurations)
    (name,) = change
    wanted = (422, 40010001, f"{name} value is invalid")
    assert refused(theirs.patch, "/account/configurations", {**change, "suspend_trade": True}) == wanted
    assert (account.configurations, account.flags["trade_suspended_by_user"]) == (before, False)
    theirs.patch("/account/configurations", {"max_margin_multiplier": "4", "max_options_trading_level": 0})
    assert theirs.get("/account/configurations")["max_margin_multiplier"] == "4"


def test_what_is_not_held_is_not_exercised(theirs: Any) -> None:
    contract = "AAPL240223C00095000"
    wanted = (404, 40410000, f"long position not found: {contract}")
    assert refused(theirs.exercise_options_position, contract) == wanted
    assert refused(theirs.post, f"/positions/{contract}/do-not-exercise", {}) == wanted
    assert refused(theirs.exercise_options_position, "AAPL") == (422, 42210000, "invalid symbol")


def test_well_known_assets_are_listed_before_anybody_asks_for_them(theirs: Any) -> None:
    shares = {one.symbol: one for one in theirs.get_all_assets()}
    assert {"AAPL", "SPY", "TSLA", "BRK.B"} <= shares.keys()
    assert [shares[name].exchange for name in ("AAPL", "SPY", "BRK.B")] == ["NASDAQ", "ARCA", "NYSE"]
    assert list(shares) == sorted(shares)
    pairs = theirs.get_all_assets(GetAssetsRequest(asset_class=AssetClass.CRYPTO))
    assert {"BTC/USD", "ETH/USD", "SOL/USD"} <= {pair.symbol for pair in pairs}
    assert {pair.exchange for pair in pairs} == {AssetExchange.CRYPTO}


def test_an_asset_has_the_id_that_examples_name(theirs: Any) -> None:
    known = {
        "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415": "AAPL",
        "b28f4066-5c6d-479b-a2af-85dc1a8f16fb": "SPY",
        "276e2673-764b-4ab6-a611-caf665ca6340": "BTC/USD",
    }
    assert {one: theirs.get_asset(one).symbol for one in known} == known


def test_there_are_no_wallets_and_no_locates(alpaca: ServedAlpaca, keys: tuple[str, str]) -> None:
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))
    with httpx.Client(base_url=alpaca.server.url(PAPER), headers=headers, trust_env=False) as http:
        for path in ("/v2/wallets", "/v2/wallets/transfers", "/v2/wallets/whitelists", "/v2/tokenization/requests"):
            answer = http.get(path)
            assert (answer.status_code, answer.json()) == (200, [])
        assert http.get("/v1/locates").json() == {"locates": [], "next_page_token": None}


def test_a_coin_costs_about_what_coins_cost(theirs: Any) -> None:
    bought = {"side": "buy", "type": "market", "time_in_force": "gtc"}
    for symbol, qty in (("BTC/USD", "0.001"), ("ETHUSD", "0.01"), ("DOGE/USD", "100")):
        placed = theirs.post("/orders", {**bought, "symbol": symbol, "qty": qty})
        assert theirs.get(f"/orders/{placed['id']}")["status"] == "filled"
    held = {one.symbol: float(one.current_price) for one in theirs.get_all_positions()}
    assert held["BTCUSD"] > held["ETHUSD"] > 100
    assert held["DOGEUSD"] < 1
