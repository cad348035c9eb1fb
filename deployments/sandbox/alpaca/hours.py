"""The hours of the simulated market: half past nine to four in New York, Monday to Friday, but for holidays.

The holidays are reckoned by the rules that NYSE Group's announcements for 2022 to 2028 follow (read 2026-11-29): one on
a Saturday is kept on Friday (New Year's Day is not kept then), one on a Sunday on Monday. Before Independence Day and
Christmas, and after Thanksgiving, the market closes at one and the trading after hours at five. What was otherwise
before 2022, and days of mourning, are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
_OPENS, _CLOSES, _CLOSES_EARLY = time(9, 30), time(16, 0), time(13, 0)
# When the trading before and after hours begins and ends.
_SESSION_OPENS, _SESSION_CLOSES, _SESSION_CLOSES_EARLY = time(4, 0), time(20, 0), time(17, 0)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
Hour = Callable[[date], time]


def opens(_: date) -> time:
    """When the market opens on a day of the market."""
    return _OPENS


def closes(day: date) -> time:
    """When it closes."""
    return _CLOSES_EARLY if _is_short(day) else _CLOSES


def session_opens(_: date) -> time:
    """When the trading before hours begins."""
    return _SESSION_OPENS


def session_closes(day: date) -> time:
    """When the trading after hours ends."""
    return _SESSION_CLOSES_EARLY if _is_short(day) else _SESSION_CLOSES


def is_market_day(day: date) -> bool:
    """Whether the market opens at all."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def following(hour: Hour, after: datetime) -> datetime:
    """The next time of a market day that it is this ``hour`` in New York."""
    after = after.astimezone(EASTERN)
    day: date = after.date()
    while True:
        moment = datetime.combine(day, hour(day), EASTERN)
        if moment > after and is_market_day(day):
            return moment
        day += timedelta(days=1)


def next_market_day(day: date) -> date:
    """The one after this day, on which its trades settle."""
    day += timedelta(days=1)
    while not is_market_day(day):
        day += timedelta(days=1)
    return day


def _is_short(day: date) -> bool:
    is_eve = (day.month, day.day) in {(7, 3), (12, 24)} and day.weekday() <= _THURSDAY
    return is_eve or day == _nth(day.year, 11, _THURSDAY, 4) + timedelta(days=1)


@cache
def _holidays(year: int) -> frozenset[date]:
    new_year = date(year, 1, 1)
    fixed = [date(year, 6, 19), date(year, 7, 4), date(year, 12, 25)]
    if new_year.weekday() != _SATURDAY:
        fixed.append(new_year)
    return frozenset(
        (
            *map(_kept, fixed),
            _nth(year, 1, _MONDAY, 3),
            _nth(year, 2, _MONDAY, 3),
            _easter(year) - timedelta(days=2),
            # The last Monday of May.
            _nth(year, 6, _MONDAY, 1) - timedelta(days=7),
            _nth(year, 9, _MONDAY, 1),
            _nth(year, 11, _THURSDAY, 4),
        )
    )


def _kept(day: date) -> date:
    return day + timedelta(days={_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0))


@cache
def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _easter(year: int) -> date:
    """The Sunday of Easter, by the Gregorian reckoning (Oudin's)."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - epact // 28 * (1 - epact // 28 * (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    days = moon - weekday
    month = 3 + (days + 40) // 44
    return date(year, month, days + 28 - 31 * (month // 4))
