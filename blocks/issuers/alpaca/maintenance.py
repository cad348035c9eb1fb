"""Alpaca's regular maintenance: the second Saturday of each month, 09:00 to 11:30 US Eastern (seen 2026-11-21)."""

from __future__ import annotations

from calendar import SATURDAY
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from blocks.errors import CatalogError, StepError

STARTS = time(9, 0)
ENDS = time(11, 30)
_ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """One maintenance window, in Eastern time. The end does not belong to it."""

    starts_at: datetime
    ends_at: datetime


def in_maintenance(now: datetime) -> bool:
    """Whether ``now`` (with its offset) lies in a window. Raises ValueError for a time without an offset."""
    return next_maintenance(now).starts_at <= now


def next_maintenance(now: datetime) -> Maintenance:
    """The window that ``now`` lies in, or the next one. Raises ValueError for a time without an offset."""
    if now.tzinfo is None:
        raise ValueError("a time without an offset can be anywhere")
    eastern = _eastern()
    here = now.astimezone(eastern)
    this_month = _window(here.year, here.month, eastern)
    if here < this_month.ends_at:
        return this_month
    next_month = here.date().replace(day=1) + timedelta(days=31)
    return _window(next_month.year, next_month.month, eastern)


def demand_none(now: datetime) -> str:
    """Not in the monthly maintenance, in which a new key might not become active. Raises StepError when it is."""
    begins = next_maintenance(now).starts_at.astimezone(UTC)
    if in_maintenance(now):
        raise StepError(
            "Alpaca is in its monthly maintenance (second Saturday, 09:00 to 11:30 US Eastern).",
            "Start the rotation again when it is over.",
        )
    return f"Alpaca is not in maintenance; the next one begins {begins:%Y-%m-%d %H:%M} UTC."


def _window(year: int, month: int, zone: ZoneInfo) -> Maintenance:
    # The second Saturday is the one among the days 8 to 14.
    eighth = date(year, month, 8)
    day = eighth + timedelta(days=(SATURDAY - eighth.weekday()) % 7)
    return Maintenance(datetime.combine(day, STARTS, zone), datetime.combine(day, ENDS, zone))


def _eastern() -> ZoneInfo:
    try:
        return ZoneInfo(_ZONE)
    except ZoneInfoNotFoundError:
        pass
    raise CatalogError(
        f"This system knows no time zone {_ZONE}, so Alpaca's maintenance window cannot be computed.",
        "Install the system's tzdata package (or `pip install tzdata`) where the worker runs.",
    )
