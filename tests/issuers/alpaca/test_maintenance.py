from __future__ import annotations

import sys
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.errors import CatalogError, StepError
from blocks.issuers.alpaca import maintenance
from blocks.issuers.alpaca.maintenance import in_maintenance, next_maintenance


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # Summer time: 09:00 in New York is 13:00 UTC.
        ("2026-07-11T12:59:59Z", False),
        ("2026-07-11T13:00:00Z", True),
        ("2026-07-11T15:29:59Z", True),
        ("2026-07-11T15:30:00Z", False),
        # Winter time: 14:00 UTC.
        ("2026-11-14T13:30:00Z", False),
        ("2026-11-14T14:00:00Z", True),
        ("2026-11-14T09:30:00-05:00", True),
        # The first and the third Saturday, a second Sunday, a second Friday.
        ("2026-11-07T15:00:00Z", False),
        ("2026-11-21T15:00:00Z", False),
        ("2026-11-08T15:00:00Z", False),
        ("2026-11-13T15:00:00Z", False),
        # A month that begins on a Saturday (second: the 8th), and one that begins on a Sunday (second: the 14th).
        ("2026-08-08T14:00:00Z", True),
        ("2026-02-14T15:00:00Z", True),
    ],
)
def test_maintenance_is_on_the_second_saturday_from_nine_to_half_past_eleven_eastern(
    moment: str, expected: bool
) -> None:
    assert in_maintenance(datetime.fromisoformat(moment)) is expected


@pytest.mark.parametrize(
    ("moment", "starts"),
    [
        ("2026-11-21T20:00:00Z", "2026-12-12T09:00:00-05:00"),
        ("2026-12-12T16:30:00Z", "2027-01-09T09:00:00-05:00"),
        ("2026-01-31T12:00:00Z", "2026-02-14T09:00:00-05:00"),
        # Still the last evening of the month in New York.
        ("2026-07-01T01:00:00Z", "2026-07-11T09:00:00-04:00"),
    ],
)
def test_the_next_maintenance_is_known(moment: str, starts: str) -> None:
    window = next_maintenance(datetime.fromisoformat(moment))
    assert window.starts_at == datetime.fromisoformat(starts)
    assert window.ends_at - window.starts_at == timedelta(hours=2, minutes=30)


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2050, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone itself
def test_the_next_window_ends_later_and_is_at_most_five_weeks_away(now: datetime) -> None:
    window = next_maintenance(now)
    assert now < window.ends_at <= now + timedelta(weeks=5, hours=3)
    assert (window.starts_at.weekday(), 8 <= window.starts_at.day <= 14) == (5, True)
    assert in_maintenance(now) is (window.starts_at <= now)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without an offset"):
        in_maintenance(datetime(2026, 11, 14, 9, 30))  # noqa: DTZ001 - that is the point


def test_a_system_without_time_zones_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[])
    try:
        with pytest.raises(CatalogError, match="tzdata"):
            in_maintenance(datetime(2026, 11, 14, tzinfo=UTC))
    finally:
        zoneinfo.reset_tzpath()


def test_in_a_maintenance_no_rotation_begins() -> None:
    """Second Saturday of the month, 09:00 to 11:30 in New York."""
    with pytest.raises(StepError, match="Alpaca is in its monthly maintenance"):
        maintenance.demand_none(datetime(2026, 12, 12, 14, 0, tzinfo=UTC))

    assert maintenance.demand_none(datetime(2026, 12, 12, 16, 30, tzinfo=UTC)).endswith("2027-01-09 14:00 UTC.")
