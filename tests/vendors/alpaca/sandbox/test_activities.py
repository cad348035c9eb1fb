"""The account's activities, as paging clients ask for them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from alpaca.common.exceptions import APIError

from deployments.sandbox.alpaca.account import SandboxAccount
from deployments.sandbox.alpaca.orders import SandboxOrder, timestamp

NOON = 1_784_635_200_000_000_000  # 2026-07-21, 12:00 in UTC: summer in New York
DAY = 86_400_000_000_000


def filled(account: SandboxAccount, *moments: int) -> list[str]:
    """Orders that filled then, by their ids."""
    for moment in moments:
        order = SandboxOrder("AAPL", "buy", "market", qty=Decimal(1), sequence=len(account.orders), status="filled")
        order.filled_qty, order.filled_avg_price = Decimal(1), Decimal(230)
        order.stamps["filled_at"] = timestamp(moment)
        account.orders.append(order)
    return [order.id for order in account.orders]


def asked(theirs: Any, path: str = "/account/activities", **query: Any) -> list[str]:
    """The ids of the orders that the activities are of."""
    return [row["order_id"] for row in theirs.get(path, query)]


def test_a_paging_client_comes_to_an_end_and_sees_each_activity_once(theirs: Any, account: SandboxAccount) -> None:
    orders = filled(account, *(NOON + number // 3 for number in range(230)))
    seen: list[dict[str, Any]] = []
    sizes = []
    while True:
        token = {"page_token": seen[-1]["id"]} if seen else {}
        page = theirs.get("/account/activities", {"activity_types": "FILL", **token})
        sizes.append(len(page))
        seen += page
        if not page:
            break

    assert (sizes, [row["order_id"] for row in seen]) == ([100, 100, 30, 0], orders[::-1])


def test_the_way_the_size_and_the_time_of_a_page_are_asked_for(theirs: Any, account: SandboxAccount) -> None:
    yesterday, noon, later, tomorrow = filled(account, NOON - DAY, NOON, NOON + 1, NOON + DAY)
    assert asked(theirs) == [tomorrow, later, noon, yesterday]
    assert asked(theirs, direction="asc", page_size=2) == [yesterday, noon]
    assert asked(theirs, date="2026-07-21") == asked(theirs, date="2026-07-21T09:00:00Z") == [later, noon]
    assert asked(theirs, after="2026-07-21T12:00:00Z") == [tomorrow, later]
    assert asked(theirs, until="2026-07-21T12:00:00Z") == asked(theirs, until="2026-07-21") == [yesterday]


def test_a_type_is_asked_for_by_the_path_or_by_a_parameter(theirs: Any, account: SandboxAccount) -> None:
    orders = filled(account, NOON)
    assert asked(theirs, "/account/activities/FILL") == asked(theirs, activity_types="DIV,FILL") == orders
    assert asked(theirs, category="trade_activity") == orders
    assert asked(theirs, "/account/activities/DIV") == asked(theirs, activity_types="DIV") == []
    assert asked(theirs, category="non_trade_activity") == []


@pytest.mark.parametrize(
    ("path", "query"), [("/account/activities/FFFFF", {}), ("/account/activities", {"activity_types": "FILL,FFFFF"})]
)
def test_a_type_that_is_none_is_refused(theirs: Any, path: str, query: dict[str, str]) -> None:
    with pytest.raises(APIError) as caught:
        theirs.get(path, query)
    wanted = (422, 40010001, "invalid activity type: FFFFF")
    assert (caught.value.status_code, caught.value.code, caught.value.message) == wanted


def test_an_id_is_the_time_in_new_york_to_the_millisecond(theirs: Any, account: SandboxAccount) -> None:
    filled(account, NOON + 981_482_000)
    (row,) = theirs.get("/account/activities")
    local = datetime.fromtimestamp(NOON // 1_000_000_000, ZoneInfo("America/New_York"))
    moment, execution = row["id"].split("::")
    assert (moment, row["transaction_time"]) == (f"{local:%Y%m%d%H%M%S}981", "2026-07-21T12:00:00.981482000Z")
    assert moment.startswith("2026072108")
    assert execution != row["order_id"]


@pytest.mark.parametrize(
    "query",
    [{"page_size": "101"}, {"page_size": "0"}, {"page_token": "x"}, {"after": "x"}, {"date": "x"}],
)
def test_a_page_that_cannot_be_is_refused(theirs: Any, account: SandboxAccount, query: dict[str, str]) -> None:
    filled(account, NOON)
    with pytest.raises(APIError) as caught:
        theirs.get("/account/activities", query)
    assert (caught.value.status_code, caught.value.code) == (422, 40010001)
