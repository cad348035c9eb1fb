"""The hours of the simulated market: half past nine to four in New York, Monday to Friday. It knows no holidays."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
OPENS, CLOSES = time(9, 30), time(16, 0)
# When the trading before and after hours begins and ends.
SESSION_OPENS, SESSION_CLOSES = time(4, 0), time(20, 0)


def following(at: time, after: datetime) -> datetime:
    """The next time of a market day that it is ``at`` in New York."""
    after = after.astimezone(EASTERN)
    day: date = after.date()
    while True:
        moment = datetime.combine(day, at, EASTERN)
        if moment > after and day.weekday() < 5:
            return moment
        day += timedelta(days=1)
