"""The day on which a key was made before rekey knew of it, as people wrote it into the catalog."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

# Somewhere it is already that day: no time zone is further ahead.
_FURTHEST_AHEAD = timedelta(hours=14)


def _is_over(day: date) -> date:
    if day > (datetime.now(UTC) + _FURTHEST_AHEAD).date():
        raise ValueError("that day is in the future: write the one on which the key was made")
    return day


MadeOn = Annotated[date, AfterValidator(_is_over)]
