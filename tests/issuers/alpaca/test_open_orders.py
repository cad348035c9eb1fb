"""Open orders before a live rotation: what a person reads of them, and which ones rekey cancels unasked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import SecretStr

from blocks.issuers.alpaca.client import AlpacaClient
from blocks.issuers.alpaca.instructions import left_open
from blocks.issuers.alpaca.open_orders import CANCEL, LOOK_AGAIN, is_check_order, obstacle_of, table
from blocks.issuers.alpaca.pair import Pair
from blocks.model.rotation import Snapshot
from tests.issuers.alpaca.figures import NOW, an_order

NOBODY = Pair("", SecretStr(""))


def nobody_is_asked() -> AlpacaClient:
    """A connection that must not be made."""
    return pytest.fail("nobody is asked before a person chose")


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47, minutes=59), "47 h"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_the_age_of_an_order_is_told_in_one_unit(age: timedelta, told: str) -> None:
    assert table([an_order()], NOW + age).splitlines()[-1] == f"| MSFT | buy | 2 | limit | {told} |"


def test_an_order_by_amount_and_one_of_several_legs_are_shown_as_such() -> None:
    by_amount, of_legs = table([an_order(qty=None), an_order(symbol="", side="")], NOW).splitlines()[2:]

    assert by_amount == "| MSFT | buy | \\- | limit | 0 min |"
    assert of_legs == "| (several legs) |  | 2 | limit | 0 min |"


def test_what_a_vendor_says_of_an_order_is_no_link() -> None:
    assert "https://" not in table([an_order(symbol="https://example.net")], NOW)


@pytest.mark.parametrize(("count", "told"), [(1, "1 order is open"), (3, "3 orders are open")])
def test_a_person_chooses_among_two_remedies(count: int, told: str) -> None:
    found = obstacle_of(nobody_is_asked, NOBODY, [an_order(id=str(one)) for one in range(count)])

    assert found.told == told
    assert told in found.text
    assert [one.choice for one in found.remedies] == [CANCEL, LOOK_AGAIN]
    assert [one.act is None for one in found.remedies] == [False, True]


def test_only_orders_with_an_id_of_rekeys_are_its_own() -> None:
    assert is_check_order(an_order(client_order_id="rekey-r-1-abc"))
    assert not is_check_order(an_order(client_order_id="not-rekey-r-1"))


@pytest.mark.parametrize(
    ("in_flight", "told"), [(1, "1 order was open in Alpaca account 8A4B"), (2, "2 orders were open in Alpaca account")]
)
def test_what_a_dead_pair_left_open_is_told(in_flight: int, told: str) -> None:
    assert left_open(Snapshot("8A4B", in_flight)).startswith(told)
    assert left_open(Snapshot("8A4B", 0)) == ""


def test_the_table_of_many_orders_has_a_line_for_each() -> None:
    orders = [an_order(id=str(number), qty=Decimal(number + 1)) for number in range(501)]

    assert len(table(orders, datetime.now(UTC)).splitlines()) == 503
