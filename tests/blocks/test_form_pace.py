"""How often a form is looked at: soon while somebody is there, and never without a bound."""

from __future__ import annotations

from itertools import accumulate, repeat, takewhile

from blocks.prefect_api.prefect_page import SOON_S, pause_s
from blocks.settings import read_settings

MINUTE_S = 60.0


def test_what_is_submitted_in_the_first_minutes_is_seen_within_a_fifth_of_a_second() -> None:
    """So the half second from Submit to validate is for the work."""
    assert pause_s(read_settings().form_poll_s, 0) < 0.2
    assert pause_s(read_settings().form_poll_s, SOON_S - 1) < 0.2


def test_a_form_asks_prefect_for_no_more_than_the_settings_say() -> None:
    """A form may be open for days, and several at once."""
    poll_s = read_settings().form_poll_s
    looks = list(takewhile(lambda at: at < SOON_S + MINUTE_S, accumulate(repeat(poll_s), _next)))
    first = [at for at in looks if at < MINUTE_S]
    later = [at for at in looks if at >= SOON_S]

    assert len(first) <= 360
    assert len(later) <= 121


def _next(at: float, poll_s: float) -> float:
    return at + pause_s(poll_s, at)
