"""Orders that the twin refuses by their bodies, with the codes and the words of Alpaca."""

from __future__ import annotations

from typing import Any

import pytest
from alpaca.common.exceptions import APIError

from deployments.sandbox.alpaca.account import SandboxAccount
from tests.vendors.alpaca.served import limit_order

BAD_PARAMETER, INVALID_STATE = 40010001, 42210000
SUB_PENNY = "sub-penny increment does not fulfill minimum pricing criteria"
EXTENDED = "extended hours order must be DAY or GTC limit orders"
BOTH = "stop limit orders require both stop and limit price"
NO_TRAIL = "trailing stop orders must specify one of trail_price or trail_percent"
PROFIT, LOSS = {"take_profit": {"limit_price": "300"}}, {"stop_loss": {"stop_price": "0.5"}}


def market_order(**changes: Any) -> dict[str, Any]:
    """A market order for one share."""
    return {"symbol": "AAPL", "side": "buy", "qty": "1", "type": "market", "time_in_force": "day", **changes}


def refusal(theirs: Any, order: dict[str, Any]) -> tuple[int, int, str]:
    with pytest.raises(APIError) as caught:
        theirs.post("/orders", order)
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.parametrize(
    ("order", "code", "message"),
    [
        (market_order(limit_price="1"), BAD_PARAMETER, "market orders require no stop or limit price"),
        (market_order(stop_price="1"), BAD_PARAMETER, "market orders require no stop or limit price"),
        (market_order(notional="100"), BAD_PARAMETER, "only one of qty or notional is accepted"),
        (market_order(type="stop_limit", stop_price="300"), BAD_PARAMETER, BOTH),
        (market_order(type="stop_limit", limit_price="300"), BAD_PARAMETER, BOTH),
        (market_order(type="trailing_stop"), BAD_PARAMETER, NO_TRAIL),
        (market_order(type="trailing_stop", trail_price="5", trail_percent="5"), BAD_PARAMETER, NO_TRAIL),
        (market_order(extended_hours=True), INVALID_STATE, EXTENDED),
        (limit_order(extended_hours=True, time_in_force="ioc"), INVALID_STATE, EXTENDED),
        (limit_order(limit_price="290.123"), INVALID_STATE, f"invalid limit_price 290.123. {SUB_PENNY}"),
        (limit_order(limit_price=0.12345), INVALID_STATE, f"invalid limit_price 0.12345. {SUB_PENNY}"),
        (market_order(type="stop", stop_price="290.123"), INVALID_STATE, f"invalid stop_price 290.123. {SUB_PENNY}"),
    ],
)
def test_a_body_that_contradicts_itself_is_refused(
    theirs: Any, account: SandboxAccount, order: dict[str, Any], code: int, message: str
) -> None:
    assert refusal(theirs, order) == (422, code, message)
    assert account.orders == []


@pytest.mark.parametrize(
    "changes",
    [
        {"order_class": "bracket", "take_profit": "99999", "stop_loss": "0"},
        {"order_class": "bracket", **PROFIT, "stop_loss": {"stop_price": "0,5"}},
        {"limit_price": "290,12"},
        {"qty": ""},
        {"qty": True},
        {"notional": "NaN"},
        {"symbol": ["AAPL"]},
        {"client_order_id": 7},
        {"extended_hours": "true"},
        {"legs": {}},
    ],
)
def test_a_value_of_another_kind_than_its_field_has_is_refused(
    theirs: Any, account: SandboxAccount, changes: dict[str, Any]
) -> None:
    assert refusal(theirs, limit_order(**changes)) == (400, 40010000, "request body format is invalid")
    assert account.orders == []


@pytest.mark.parametrize(
    "order",
    [
        limit_order(limit_price="290.1200"),
        limit_order(limit_price="0.1234"),
        limit_order(extended_hours=True, time_in_force="gtc"),
        market_order(type="stop_limit", stop_price="300", limit_price="301"),
    ],
)
def test_what_is_just_allowed_is_taken(theirs: Any, account: SandboxAccount, order: dict[str, Any]) -> None:
    assert theirs.post("/orders", order)["id"] == account.orders[0].id


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (LOSS, BAD_PARAMETER, "bracket orders require take_profit.limit_price"),
        (PROFIT, BAD_PARAMETER, "bracket orders require stop_loss.stop_price"),
        ({**PROFIT, "stop_loss": {"limit_price": "1"}}, BAD_PARAMETER, "bracket orders require stop_loss.stop_price"),
        (
            {"order_class": "oto", "stop_loss": {"trail_percent": "10"}},
            BAD_PARAMETER,
            "oto orders require stop_loss.stop_price",
        ),
        (
            {**PROFIT, "stop_loss": {"stop_price": "301"}},
            INVALID_STATE,
            "take_profit.limit_price must be > stop_loss.stop_price",
        ),
        (
            {**PROFIT, **LOSS, "side": "sell", "limit_price": "900"},
            INVALID_STATE,
            "take_profit.limit_price must be < stop_loss.stop_price",
        ),
        (
            {**LOSS, "take_profit": {"limit_price": "746.961"}},
            INVALID_STATE,
            f"invalid take_profit.limit_price 746.961. {SUB_PENNY}",
        ),
    ],
)
def test_exits_that_cannot_be_are_refused_and_leave_no_entry(
    theirs: Any, account: SandboxAccount, changes: dict[str, Any], code: int, message: str
) -> None:
    assert refusal(theirs, limit_order(**{"order_class": "bracket", **changes})) == (422, code, message)
    assert account.orders == []


def test_an_asset_may_be_named_by_its_id(theirs: Any) -> None:
    wanted = theirs.get_asset("TSLA").id
    assert theirs.post("/orders", limit_order(symbol=str(wanted)))["symbol"] == "TSLA"
    nobody = "00000000-0000-0000-0000-000000000000"
    assert refusal(theirs, limit_order(symbol=nobody)) == (422, INVALID_STATE, f'asset "{nobody}" not found')
