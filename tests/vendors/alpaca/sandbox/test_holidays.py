"""The days on which the twin's market is closed, or closes early, as NYSE Group announced them.

Announcements of 2021-12-27, 2024-11-08 and 2025-12-23 (Mondo Visione, read 2026-11-29).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from alpaca.common.exceptions import APIError
from alpaca.trading.requests import GetCalendarRequest

from deployments.sandbox.alpaca.market import days_view
from deployments.sandbox.alpaca.orders import SandboxOrder

CLOSED = {
    2022: ("01-17", "02-21", "04-15", "05-30", "06-20", "07-04", "09-05", "11-24", "12-26"),
    2023: ("01-02", "01-16", "02-20", "04-07", "05-29", "06-19", "07-04", "09-04", "11-23", "12-25"),
    2024: ("01-01", "01-15", "02-19", "03-29", "05-27", "06-19", "07-04", "09-02", "11-28", "12-25"),
    2025: ("01-01", "01-20", "02-17", "04-18", "05-26", "06-19", "07-04", "09-01", "11-27", "12-25"),
    2026: ("01-01", "01-19", "02-16", "04-03", "05-25", "06-19", "07-03", "09-07", "11-26", "12-25"),
    2027: ("01-01", "01-18", "02-15", "03-26", "05-31", "06-18", "07-05", "09-06", "11-25", "12-24"),
    2028: ("01-17", "02-21", "04-14", "05-29", "06-19", "07-04", "09-04", "11-23", "12-25"),
}
EARLY = {
    2022: ("11-25",),
    2023: ("07-03", "11-24"),
    2024: ("07-03", "11-29", "12-24"),
    2025: ("07-03", "11-28", "12-24"),
    2026: ("11-27", "12-24"),
    2027: ("11-26",),
    2028: ("07-03", "11-24"),
}


def days_of(theirs: Any, start: str, end: str, **query: str) -> dict[str, dict[str, str]]:
    rows = theirs.get("/calendar", {"start": start, "end": end, **query})
    return {row["date"]: row for row in rows}


@pytest.mark.parametrize("year", CLOSED)
def test_a_year_has_the_holidays_that_were_announced(theirs: Any, year: int) -> None:
    days = days_of(theirs, f"{year}-01-01", f"{year}-12-31")
    first = date(year, 1, 1)
    weekdays = [day for day in (first + timedelta(number) for number in range(366)) if day.weekday() < 5]
    missing = [f"{day:%m-%d}" for day in weekdays if day.year == year and day.isoformat() not in days]
    assert tuple(missing) == CLOSED[year]
    early = [row["date"][5:] for row in days.values() if row["close"] != "16:00"]
    assert tuple(early) == EARLY[year]


def test_a_day_that_closes_early_says_so(theirs: Any) -> None:
    wanted = days_of(theirs, "2026-11-25", "2026-11-30")
    assert list(wanted) == ["2026-11-25", "2026-11-27", "2026-11-30"]
    after = wanted["2026-11-27"]
    assert (after["open"], after["close"], after["session_close"]) == ("09:30", "13:00", "1700")
    assert wanted["2026-11-25"]["settlement_date"] == "2026-11-27"
    (day,) = theirs.get_calendar(GetCalendarRequest(start=date(2026, 12, 24), end=date(2026, 12, 25)))
    assert (day.date, day.close.hour) == (date(2026, 12, 24), 13)
    (row,) = days_view({"start": "2026-11-27", "end": "2026-11-27"})
    assert (row["core_end"], row["post_end"]) == ("2026-11-27T13:00:00-05:00", "2026-11-27T17:00:00-05:00")


def test_days_may_be_asked_for_by_their_settlement(theirs: Any) -> None:
    assert list(days_of(theirs, "2026-11-27", "2026-11-30", date_type="SETTLEMENT")) == ["2026-11-25", "2026-11-27"]


def test_without_bounds_the_whole_calendar_is_there(theirs: Any) -> None:
    days = theirs.get("/calendar")
    assert (days[0]["date"], days[-1]["date"]) == ("1970-01-02", "2029-12-31")


@pytest.mark.parametrize(
    ("submitted", "expires"),
    [("2026-11-25T22:00:00", "2026-11-27T18:00:00Z"), ("2026-12-24T18:00:01", "2026-12-28T21:00:00Z")],
)
def test_a_day_order_lives_until_its_market_day_ends(submitted: str, expires: str) -> None:
    moment = datetime.fromisoformat(submitted).replace(tzinfo=UTC)
    order = SandboxOrder("AAPL", "buy", "market", submitted_ns=int(moment.timestamp()) * 1_000_000_000)
    assert order.as_json()["expires_at"] == expires


@pytest.mark.parametrize("query", [{"start": "soon"}, {"end": "2026-02-30"}])
def test_a_day_that_is_none_is_a_bad_request(theirs: Any, query: dict[str, str]) -> None:
    with pytest.raises(APIError) as caught:
        theirs.get("/calendar", query)
    assert caught.value.status_code == 400


@pytest.mark.parametrize("date_type", ["TRADING", "SETTLEMENT"])
def test_beyond_its_years_the_calendar_is_empty(theirs: Any, date_type: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        assert theirs.get("/calendar", {"start": day, "end": day, "date_type": date_type}) == []
