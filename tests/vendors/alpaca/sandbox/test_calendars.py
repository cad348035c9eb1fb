"""The newer calendar and clock, the portfolio's history, and lists of what the twin has nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from alpaca.trading.models import PortfolioHistory
from alpaca.trading.requests import GetPortfolioHistoryRequest

from tests.vendors.alpaca.served import PAPER, ServedAlpaca


@pytest.fixture
def http(alpaca: ServedAlpaca, keys: tuple[str, str]) -> Iterator[httpx.Client]:
    headers = dict(zip(("APCA-API-KEY-ID", "APCA-API-SECRET-KEY"), keys, strict=True))
    with httpx.Client(base_url=alpaca.server.url(PAPER), headers=headers, trust_env=False) as client:
        yield client


@pytest.mark.parametrize(("wanted", "acronym", "code"), [("NYSE", "NYSE", "XNYS"), ("XNAS", "NASDAQ", "XNAS")])
def test_a_market_is_named_by_its_acronym_or_its_code(http: httpx.Client, wanted: str, acronym: str, code: str) -> None:
    (clock,) = http.get("/v3/clock", params={"markets": wanted}).json()["clocks"]
    calendar = http.get(f"/v3/calendar/{wanted}").json()
    assert [(one["acronym"], one["mic"]) for one in (clock["market"], calendar["market"])] == [(acronym, code)] * 2
    for unknown in (http.get("/v3/clock", params={"markets": "X"}), http.get("/v3/calendar/X")):
        assert (unknown.status_code, unknown.json()["message"]) == (400, "invalid market: X")


def test_the_newer_calendar_has_the_sessions_of_each_day(http: httpx.Client) -> None:
    # The example of OpenAPI, and a day in summer.
    winter = http.get("/v3/calendar/NYSE", params={"start": "2025-01-02", "end": "2025-01-05"}).json()["calendar"]
    assert [day["date"] for day in winter] == ["2025-01-02", "2025-01-03"]
    assert winter[0] == {
        "date": "2025-01-02",
        "pre_start": "2025-01-02T04:00:00-05:00",
        "pre_end": "2025-01-02T09:30:00-05:00",
        "core_start": "2025-01-02T09:30:00-05:00",
        "core_end": "2025-01-02T16:00:00-05:00",
        "post_start": "2025-01-02T16:00:00-05:00",
        "post_end": "2025-01-02T20:00:00-05:00",
        "settlement_date": "2025-01-03",
    }
    asked = {"start": "2026-07-01", "end": "2026-07-01", "timezone": "UTC"}
    (summer,) = http.get("/v3/calendar/NYSE", params=asked).json()["calendar"]
    assert (summer["core_start"], summer["post_end"]) == ("2026-07-01T13:30:00+00:00", "2026-07-02T00:00:00+00:00")
    assert 5 <= len(http.get("/v3/calendar/NYSE").json()["calendar"]) <= 6, "a week from today"


@pytest.mark.parametrize(
    ("query", "timeframe"),
    [
        ({}, "1D"),
        ({"period": "1D"}, "1Min"),
        ({"period": "1W"}, "15Min"),
        ({"period": "1W", "timeframe": "1H"}, "1H"),
        ({"period": "1A"}, "1D"),
        ({"start": "2026-11-01T00:00:00Z", "end": "2026-11-03T00:00:00Z"}, "1Min"),
    ],
)
def test_the_history_says_its_timeframe(theirs: Any, query: dict[str, str], timeframe: str) -> None:
    assert theirs.get("/account/portfolio/history", query)["timeframe"] == timeframe


@pytest.mark.parametrize(
    "query",
    [
        {"timeframe": "7D"},
        {"timeframe": "1Min", "period": "3M"},
        {"period": "month"},
        {"period": "1D", "start": "2026-11-01T00:00:00Z", "end": "2026-11-03T00:00:00Z"},
        {"start": "yesterday"},
    ],
)
def test_a_history_that_cannot_be_asked_for_is_refused(http: httpx.Client, query: dict[str, str]) -> None:
    refused = http.get("/v2/account/portfolio/history", params=query)
    assert (refused.status_code, refused.json()["code"]) == (422, 40010001)


def test_alpaca_py_reads_the_history_with_its_cash_flow(theirs: Any) -> None:
    history = theirs.get_portfolio_history(GetPortfolioHistoryRequest(period="1W", timeframe="1D"))
    assert isinstance(history, PortfolioHistory)
    assert (history.timeframe, history.cashflow, len(history.timestamp)) == ("1D", {}, 1)


def test_what_the_twin_has_none_of_is_an_empty_list_or_not_found(http: httpx.Client) -> None:
    for name in ("us_treasuries", "us_corporates"):
        assert http.get(f"/v2/assets/fixed_income/{name}").json() == {name: []}
    missing = http.get("/v2/corporate_actions/announcements/be3c368a-4c7c-4384-808e-f02c9f5a8afe")
    assert (missing.status_code, missing.json()["code"]) == (404, 40410000)
